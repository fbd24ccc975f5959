//! The files of a card in its directory: image, block map, compressed forms, manifest.
//!
//! Problem: an image may contain secrets, takes long to write, and its builder may be killed at any moment. So every
//! file is complete as soon as it has its name: files are made under another name (`….unfinished`), readable only by
//! their owner, and renamed. A private file, the *state*, is written last. It has a digest of all inputs, and sizes and
//! times of the outputs: if all of these still match, nothing is written. What a killed builder left is overwritten
//! with zeros and removed by the next one. Only one builder works in a directory at a time.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use xsys_diag::Diagnostic;
use xsys_image::digest::hex;
use xsys_image::disk::Disk;
use xsys_image::disk::bmap::BlockMap;
use xsys_image::disk::compress::Compression;

use super::card::{ENDINGS, MANIFEST};
use super::description::Form;
use super::{Image, imager};
use crate::error::{Failure, Result, file, reason};
use crate::ui::Ui;

/// The suffix of unfinished files.
const UNFINISHED: &str = "unfinished";

/// Where a card's files go.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub directory: PathBuf,
    /// The common part of the files' names, without suffixes.
    pub name: String,
    /// The fleet that the device belongs to: two fleets in a workspace, or with a common target directory, may have
    /// devices of one name.
    pub fleet: Option<String>,
}

/// The outputs that were made, and the digest of their inputs.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// The digest of all inputs.
    inputs: String,
    #[serde(default)]
    fleet: Option<String>,
    /// Bytes of the card, and how many of them are written.
    size: u64,
    mapped: u64,
    /// Sizes and times of the files.
    files: BTreeMap<String, Stamp>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    /// Nanoseconds since 1970.
    time: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let data = std::fs::metadata(path).ok().filter(|data| data.is_file())?;
        let time = data.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self {
            size: data.len(),
            time: u64::try_from(time.as_nanos()).ok()?,
        })
    }
}

/// A text that goes beside the image.
pub(crate) struct Text<'a> {
    /// Such as `manifest.json`.
    pub ending: &'a str,
    pub text: &'a str,
}

impl Output {
    fn path(&self, ending: &str) -> PathBuf {
        self.directory.join(format!("{}.{ending}", self.name))
    }

    pub(crate) fn image(&self) -> PathBuf {
        self.path("img")
    }

    /// Where [`MANIFEST`] goes.
    pub(crate) fn manifest(&self) -> PathBuf {
        self.path(MANIFEST)
    }

    /// The list for Raspberry Pi Imager.
    pub(crate) fn list(&self) -> PathBuf {
        self.path(imager::LIST)
    }

    fn state(&self) -> PathBuf {
        self.directory.join(format!(".{}.state", self.name))
    }

    /// Makes the directory.
    pub(crate) fn create(&self) -> Result<()> {
        std::fs::create_dir_all(&self.directory)
            .map_err(|error| file("create", &self.directory, &error).into())
    }

    /// Excludes other builders until it is dropped.
    pub(crate) fn lock(&self, ui: Ui) -> Result<Lock> {
        self.create()?;
        Lock::take(ui, &self.directory.join(format!(".{}.lock", self.name)))
    }

    /// The fleet that the files in the directory were made for.
    pub(crate) fn made_for(&self) -> Option<String> {
        let state = std::fs::read_to_string(self.state()).ok()?;
        let state: State = serde_json::from_str(&state).ok()?;
        state.fleet
    }

    /// The last state, if it is of this fleet.
    fn known(&self) -> Option<State> {
        let state = std::fs::read_to_string(self.state()).ok()?;
        let state: State = serde_json::from_str(&state).ok()?;
        (state.fleet == self.fleet).then_some(state)
    }

    /// The last state, if all its files are unchanged.
    fn whole(&self) -> Option<State> {
        let state = self.known()?;
        let whole = state
            .files
            .iter()
            .all(|(name, stamp)| Stamp::of(&self.directory.join(name)).as_ref() == Some(stamp));
        whole.then_some(state)
    }

    /// Bytes of the existing card, and how many of them are written.
    pub(crate) fn made(&self) -> Option<(u64, u64)> {
        self.whole().map(|state| (state.size, state.mapped))
    }

    /// The existing card, if its inputs were the same.
    pub(crate) fn unchanged(&self, inputs: &str) -> Option<Image> {
        let state = self.whole()?;
        (state.inputs == inputs).then(|| Image {
            path: self.image(),
            size: state.size,
            mapped: state.mapped,
            unchanged: true,
        })
    }

    /// Makes all files.
    pub(crate) fn make(
        &self,
        inputs: &str,
        disk: &Disk,
        texts: &[Text<'_>],
        forms: &[Form],
        entry: &imager::Entry<'_>,
    ) -> Result<Image> {
        self.sweep()?;
        // From here on the files do not match until the state is written again.
        remove(&self.state())?;
        let mut made = Vec::new();
        let image = self.image();
        let unfinished = Unfinished::new(&image)?;
        let failed = |error: std::io::Error| file("write", &image, &error);
        let mut copy = unfinished.file.try_clone().map_err(failed)?;
        let written = disk
            .write(unfinished.file.try_clone().map_err(failed)?)
            .map_err(no_disk)?;
        let map = BlockMap::new(&written, &mut copy).map_err(failed)?;
        unfinished.finish()?;
        made.push(image.clone());
        let mut list = None;
        // All versions of Imager accept the second.
        for form in [Form::Zstd, Form::Xz] {
            let path = self.path(form.ending());
            match forms.contains(&form) {
                true => {
                    list = entry.list(&compress(&image, &path, form)?);
                    made.push(path);
                }
                // A file of an earlier image would be taken for this one's.
                false => remove(&path)?,
            }
        }
        // These contain digests of the image.
        let path = self.path("bmap");
        private(&path, map.to_xml().as_bytes())?;
        made.push(path);
        let path = self.list();
        match list {
            Some(list) => {
                private(&path, list.as_bytes())?;
                made.push(path);
            }
            None => remove(&path)?,
        }
        for text in texts {
            let path = self.path(text.ending);
            open_to_all(&path, text.text)?;
            made.push(path);
        }
        let mut files = BTreeMap::new();
        for path in made {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if let Some(stamp) = Stamp::of(&path) {
                files.insert(name.into_owned(), stamp);
            }
        }
        let state = State {
            inputs: inputs.to_owned(),
            fleet: self.fleet.clone(),
            size: map.size,
            mapped: map.mapped(),
            files,
        };
        let text = serde_json::to_string(&state).unwrap_or_default();
        private(&self.state(), text.as_bytes())?;
        Ok(Image {
            path: image,
            size: state.size,
            mapped: state.mapped,
            unchanged: false,
        })
    }

    /// Removes all files that were made here, and the directory unless it contains something else; returns what stays.
    /// Nothing is done unless the state says that it was made for this fleet.
    pub(crate) fn discard(&self) -> Result<Option<Vec<String>>> {
        let Some(state) = self.known() else {
            return Ok(None);
        };
        self.sweep()?;
        for (name, stamp) in &state.files {
            let path = self.directory.join(name);
            let is_here = Path::new(name).file_name() == Some(name.as_ref());
            // A file that has changed since belongs to somebody else.
            if is_here && Stamp::of(&path).as_ref() == Some(stamp) {
                remove(&path)?;
            }
        }
        for ending in ENDINGS {
            remove(&self.path(ending))?;
        }
        // The state is removed last, because it says that the other files are ours.
        remove(&self.state())?;
        let left = std::fs::read_dir(&self.directory);
        let left = left.into_iter().flatten().flatten();
        let mut left: Vec<String> = left
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        if left.is_empty() {
            std::fs::remove_dir(&self.directory)
                .map_err(|error| file("remove", &self.directory, &error))?;
        }
        Ok(Some(left))
    }

    /// Removes what a killed builder left.
    pub(crate) fn sweep(&self) -> Result<()> {
        let entries = std::fs::read_dir(&self.directory);
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let ours = name.starts_with(&format!(".{}.", self.name))
                && Path::new(&name)
                    .extension()
                    .is_some_and(|ending| ending == UNFINISHED);
            if ours {
                let path = entry.path();
                wipe(&path).map_err(|error| file("remove", &path, &error))?;
            }
        }
        Ok(())
    }
}

/// A new file under a temporary name. It is removed unless it is finished.
pub(crate) struct Unfinished<'a> {
    pub file: File,
    path: PathBuf,
    name: &'a Path,
    finished: bool,
}

impl<'a> Unfinished<'a> {
    /// Only its owner can read it.
    pub(crate) fn new(name: &'a Path) -> Result<Self> {
        let file_name = name.file_name().unwrap_or_default().to_string_lossy();
        let file_name = file_name.trim_start_matches('.');
        let path = name.with_file_name(format!(".{file_name}.{UNFINISHED}"));
        let failed = |error: std::io::Error| file("write", &path, &error);
        match wipe(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(error).into());
            }
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(failed)?;
        Ok(Self {
            file,
            path,
            name,
            finished: false,
        })
    }

    /// Renames it to its name.
    pub(crate) fn finish(mut self) -> Result<()> {
        std::fs::rename(&self.path, self.name).map_err(|error| file("write", self.name, &error))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // The next builder tries again.
            let _ = wipe(&self.path);
        }
    }
}

/// A file for its owner only.
pub(crate) fn private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut unfinished = Unfinished::new(path)?;
    unfinished
        .file
        .write_all(bytes)
        .map_err(|error| file("write", path, &error))?;
    unfinished.finish()
}

/// A file for everybody, with the permissions of the user's settings.
pub(crate) fn open_to_all(path: &Path, text: &str) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = path.with_file_name(format!(".{name}.{UNFINISHED}"));
    let failed = |error: std::io::Error| file("write", path, &error);
    let written = std::fs::write(&unfinished, text);
    written
        .and_then(|()| std::fs::rename(&unfinished, path))
        .map_err(|error| {
            let _ = std::fs::remove_file(&unfinished);
            failed(error).into()
        })
}

fn compress(image: &Path, path: &Path, form: Form) -> Result<imager::Image> {
    let mut unfinished = Unfinished::new(path)?;
    let from = File::open(image).map_err(|error| file("read", image, &error))?;
    let mut from = Hashing::new(from);
    let kind = match form {
        Form::Zstd => Compression::Zstd,
        Form::Xz => Compression::Xz,
    };
    let failed = |error: std::io::Error| file("write", path, &error);
    kind.compress(&mut from, &unfinished.file).map_err(failed)?;
    // Bytes that were not read are part of the digest, too.
    std::io::copy(&mut from, &mut std::io::sink()).map_err(failed)?;
    unfinished.file.rewind().map_err(failed)?;
    let mut packed = Hashing::new(&unfinished.file);
    std::io::copy(&mut packed, &mut std::io::sink()).map_err(failed)?;
    let ((size, sha256), (packed_size, packed_sha256)) = (from.end(), packed.end());
    unfinished.finish()?;
    let packed = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(imager::Image {
        size,
        sha256,
        packed: packed.into_owned(),
        packed_size,
        packed_sha256,
    })
}

/// A reader that computes the digest of what is read.
struct Hashing<R> {
    from: R,
    size: u64,
    digest: Sha256,
}

impl<R: Read> Hashing<R> {
    fn new(from: R) -> Self {
        Self {
            from,
            size: 0,
            digest: Sha256::new(),
        }
    }

    fn end(self) -> (u64, String) {
        (self.size, hex(&self.digest.finalize()))
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.digest.update(&buffer[..count]);
        self.size += count as u64;
        Ok(count)
    }
}

pub(crate) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(file("remove", path, &error).into())
        }
        _ => Ok(()),
    }
}

/// Overwrites a file with zeros, and removes it. Holes stay holes, because a full disk has no room for them. If it
/// cannot be overwritten it is removed all the same.
fn wipe(path: &Path) -> std::io::Result<()> {
    let overwritten = overwrite(path);
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) => Err(overwritten.err().unwrap_or(error)),
    }
}

fn overwrite(path: &Path) -> std::io::Result<()> {
    const BLOCK: usize = 4096;
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut buffer = vec![0; 256 * BLOCK];
    let mut at = 0;
    loop {
        file.seek(SeekFrom::Start(at))?;
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let used = |block: &[u8]| block.iter().any(|&byte| byte != 0);
        let mut blocks = buffer[..count].chunks(BLOCK).enumerate().peekable();
        // Neighbouring blocks are written at once.
        while let Some((first, block)) = blocks.next() {
            if !used(block) {
                continue;
            }
            let mut length = block.len();
            while let Some((_, block)) = blocks.next_if(|(_, block)| used(block)) {
                length += block.len();
            }
            file.seek(SeekFrom::Start(at + (first * BLOCK) as u64))?;
            std::io::copy(&mut std::io::repeat(0).take(length as u64), &mut file)?;
        }
        at += count as u64;
    }
}

/// Excludes other builders, like cargo's locks.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "it is held")] File);

impl Lock {
    /// Waits if another builder has it, and says so.
    pub(crate) fn take(ui: Ui, path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| file("lock", path, &error);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let lock = options.open(path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                ui.status("Waiting", &format!("for another xsys ({})", path.display()));
                lock.lock().map_err(failed)?;
            }
            // Some file systems have no locks.
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(failed(error).into()),
        }
        Ok(Self(lock))
    }
}

pub(crate) fn no_disk(error: xsys_image::disk::Error) -> Failure {
    use xsys_image::disk::Error;
    let cause = std::error::Error::source(&error).map(|cause| {
        let of_system = cause.downcast_ref::<std::io::Error>();
        format!(": {}", of_system.map_or_else(|| cause.to_string(), reason))
    });
    let problem = Diagnostic::error(format!("{error}{}", cause.unwrap_or_default()));
    match error {
        Error::DiskTooLarge { .. } => {
            problem.help("make partitions smaller: `boot` and `data` in `[image]` are in MiB")
        }
        Error::PartitionTooSmall { .. } => {
            problem.help("make it larger: `[image]` with `boot = 256` (MiB)")
        }
        _ => problem,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wiped_is_overwritten_but_for_its_holes() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("a"), directory.path().join("b"));
        let mut file = File::create(&path).unwrap();
        for at in [0, 5 << 20, (5 << 20) + 4096, (7 << 20) - 3] {
            file.seek(SeekFrom::Start(at)).unwrap();
            file.write_all(b"secret").unwrap();
        }
        // The content is still there under another name (a hard link).
        std::fs::hard_link(&path, &other).unwrap();
        #[cfg(unix)]
        let blocks = || std::os::unix::fs::MetadataExt::blocks(&std::fs::metadata(&other).unwrap());
        #[cfg(unix)]
        let before = blocks();
        wipe(&path).unwrap();
        assert!(!path.exists());
        let left = std::fs::read(&other).unwrap();
        assert_eq!(left.len(), (7 << 20) + 3);
        assert!(left.iter().all(|byte| *byte == 0));
        #[cfg(unix)]
        assert!(blocks() <= before);
        assert!(wipe(&path).is_err());
    }

    #[test]
    fn what_was_not_made_for_this_fleet_is_not_discarded() {
        let directory = tempfile::tempdir().unwrap();
        let output = |fleet: &str| Output {
            directory: directory.path().join("shop"),
            name: "shop".to_owned(),
            fleet: Some(fleet.to_owned()),
        };
        let one = output("one");
        one.create().unwrap();
        let made = ["shop.img", "shop.bmap"];
        for name in made.iter().chain(&["shop.card", ".shop.img.unfinished"]) {
            std::fs::write(one.directory.join(name), name).unwrap();
        }
        let outside = directory.path().join("outside");
        std::fs::write(&outside, "mine").unwrap();
        let stamp = |name: &str| {
            (
                name.to_owned(),
                Stamp::of(&one.directory.join(name)).unwrap(),
            )
        };
        let mut files: BTreeMap<_, _> = made.into_iter().map(stamp).collect();
        // A state whose paths lead outside of the directory.
        files.insert("../outside".to_owned(), Stamp::of(&outside).unwrap());
        let state = State {
            fleet: one.fleet.clone(),
            files,
            ..State::default()
        };
        std::fs::write(one.state(), serde_json::to_string(&state).unwrap()).unwrap();
        assert_eq!(output("other").discard().unwrap(), None);
        assert!(one.image().exists());
        // Somebody has replaced the file since.
        std::fs::write(one.directory.join("shop.bmap"), "something else").unwrap();
        assert_eq!(one.discard().unwrap(), Some(vec!["shop.bmap".to_owned()]));
        assert!(outside.exists() && !one.image().exists());
        assert_eq!(one.discard().unwrap(), None);
    }
}
