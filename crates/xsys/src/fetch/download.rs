//! Downloads one file into a directory, under another name until it is complete and its digest is right.
//!
//! What was fetched before an interruption is kept as `.NAME.part` and continued, within a call and in the next.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use xsys_image::digest::hex;

use super::{Error, transport};
use crate::ui::{CopyProgress, Ui};

/// Attempts in a row that make progress without finishing.
const MOST_ATTEMPTS: usize = 5;

/// A file to be downloaded.
#[derive(Clone, Debug)]
pub(crate) struct Want<'a> {
    pub url: &'a str,
    /// Its name in the directory.
    pub file: &'a str,
    pub size: Option<u64>,
    pub sha256: &'a str,
    /// The size limit in bytes.
    pub most: u64,
}

/// Makes sure that the file is in the directory; returns whether it had to be fetched.
pub(crate) fn fetch(ui: Ui, want: &Want<'_>, directory: &Path) -> Result<bool, Error> {
    let path = directory.join(want.file);
    if is_there(want, &path)? {
        return Ok(false);
    }
    let part = directory.join(part_name(want.file));
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&part);
    let mut kept = Kept {
        file: file.map_err(told("write", &part))?,
        path: part,
        len: 0,
        digest: Sha256::new(),
    };
    // Another process may be fetching it; then it exists afterwards.
    kept.file.lock().map_err(told("lock", &kept.path))?;
    if is_there(want, &path)? {
        let _ = fs::remove_file(&kept.path);
        return Ok(false);
    }
    kept.begin(want.size)?;
    let mut from_before = kept.len > 0;
    let progress = CopyProgress::new(ui, "Fetching", want.size);
    progress.add(kept.len);
    let mut attempts = 0;
    loop {
        let before = kept.len;
        match once(want, &mut kept, &progress) {
            Ok(()) => {}
            Err(error @ (Error::Short { .. } | Error::Unreachable { .. })) => {
                attempts += 1;
                if kept.len <= before || attempts >= MOST_ATTEMPTS {
                    return Err(error);
                }
                continue;
            }
            Err(error) => {
                if matches!(error, Error::Long { .. }) {
                    kept.forget();
                }
                return Err(error);
            }
        }
        let is = hex(&kept.digest.clone().finalize());
        if is == want.sha256 {
            break;
        }
        // The partial file may be of another file.
        if std::mem::take(&mut from_before) {
            kept.restart()?;
            continue;
        }
        kept.forget();
        return Err(Error::Digest {
            url: want.url.to_owned(),
            is,
            wanted: want.sha256.to_owned(),
        });
    }
    drop(progress);
    kept.file.sync_all().map_err(told("write", &kept.path))?;
    fs::rename(&kept.path, &path).map_err(told("write", &path))?;
    Ok(true)
}

/// The path of the partial file.
pub(crate) fn part_name(file: &str) -> String {
    format!(".{file}.part")
}

/// Downloads a list of the mirror into memory. Without a digest it is accepted as it is.
pub(super) fn list(ui: Ui, url: &str, most: u64, sha256: Option<&str>) -> Result<Vec<u8>, Error> {
    let answer = transport::get(url, 0)?;
    let progress = CopyProgress::new(ui, "Fetching", None);
    let mut bytes = Vec::new();
    let mut body = answer.body.take(most + 1);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                bytes.extend_from_slice(&buffer[..count]);
                progress.add(count as u64);
            }
            Err(error) => {
                return Err(Error::Unreachable {
                    url: url.to_owned(),
                    cause: error.to_string(),
                });
            }
        }
    }
    if bytes.len() as u64 > most {
        return Err(Error::Long {
            url: url.to_owned(),
            size: most,
        });
    }
    let is = hex(&Sha256::digest(&bytes));
    match sha256 {
        Some(wanted) if wanted != is => Err(Error::Digest {
            url: url.to_owned(),
            is,
            wanted: wanted.to_owned(),
        }),
        _ => Ok(bytes),
    }
}

/// One attempt, from where the last one ended.
fn once(want: &Want<'_>, kept: &mut Kept, progress: &CopyProgress) -> Result<(), Error> {
    if want.size == Some(kept.len) {
        return Ok(());
    }
    let mut answer = transport::get(want.url, kept.len)?;
    if !answer.resumed && kept.len > 0 {
        kept.restart()?;
    }
    let mut buffer = vec![0; 256 << 10];
    let most = want.size.unwrap_or(want.most);
    let end = loop {
        match answer.body.read(&mut buffer) {
            Ok(0) => break Ok(()),
            Ok(count) => {
                if kept.len + count as u64 > most {
                    return Err(Error::Long {
                        url: want.url.to_owned(),
                        size: most,
                    });
                }
                kept.add(&buffer[..count])?;
                progress.add(count as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    match (want.size, end) {
        (Some(size), Ok(())) if kept.len == size => Ok(()),
        (None, Ok(())) => Ok(()),
        (Some(size), _) => Err(Error::Short {
            url: want.url.to_owned(),
            at: kept.len,
            size,
        }),
        (None, Err(error)) => Err(Error::Unreachable {
            url: want.url.to_owned(),
            cause: error.to_string(),
        }),
    }
}

/// Whether the file exists with the right content.
fn is_there(want: &Want<'_>, path: &Path) -> Result<bool, Error> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(told("read", path)(error)),
    };
    let len = file.metadata().map_err(told("read", path))?.len();
    if want.size.is_some_and(|size| size != len) {
        return Ok(false);
    }
    let mut digest = Sha256::new();
    io::copy(&mut file, &mut Hashing(&mut digest)).map_err(told("read", path))?;
    Ok(hex(&digest.finalize()) == want.sha256)
}

/// A partial file.
struct Kept {
    file: File,
    path: PathBuf,
    len: u64,
    digest: Sha256,
}

impl Kept {
    /// Continues with the existing part, if it can be one.
    fn begin(&mut self, size: Option<u64>) -> Result<(), Error> {
        let len = self
            .file
            .metadata()
            .map_err(told("read", &self.path))?
            .len();
        if size.is_some_and(|size| len > size) {
            return self.restart();
        }
        let copied = io::copy(&mut self.file, &mut Hashing(&mut self.digest));
        self.len = copied.map_err(told("read", &self.path))?;
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file
            .write_all(bytes)
            .map_err(told("write", &self.path))?;
        self.digest.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    fn restart(&mut self) -> Result<(), Error> {
        let emptied = self.file.set_len(0);
        let emptied = emptied.and_then(|()| self.file.seek(SeekFrom::Start(0)).map(drop));
        emptied.map_err(told("write", &self.path))?;
        (self.len, self.digest) = (0, Sha256::new());
        Ok(())
    }

    fn forget(&self) {
        // A part that stays is emptied by the next call.
        let _ = fs::remove_file(&self.path);
    }
}

fn told<'a>(doing: &'static str, path: &'a Path) -> impl Fn(io::Error) -> Error + 'a {
    move |error| Error::File {
        doing,
        path: path.to_owned(),
        error,
    }
}

struct Hashing<'a>(&'a mut Sha256);

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
