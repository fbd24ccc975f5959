//! The archive that a kernel unpacks into its first file system: cpio in the form `newc`.
//!
//! An appliance runs from it. The same entries always give the same bytes: they are sorted, numbered
//! in that order, and without times. Contents are streamed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use cpio::newc::{Builder, trailer};
use flate2::{Compression, GzBuilder};
use ruzstd::encoding::{CompressionLevel, FrameCompressor};

use super::error::Error;

/// Bytes of a gzip header without a name, where its flags are, and the one that says there is a name (RFC 1952).
const GZIP_HEADER: usize = 10;
const GZIP_FLAGS: usize = 3;
const GZIP_NAME: u8 = 8;

const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const LINK: u32 = 0o120_000;
const CHARACTERS: u32 = 0o020_000;
const BLOCKS: u32 = 0o060_000;

/// Entries of an archive, by path.
#[derive(Debug, Default)]
pub struct Initramfs<'a> {
    entries: BTreeMap<String, Entry<'a>>,
}

#[derive(Debug)]
struct Entry<'a> {
    mode: u32,
    owner: (u32, u32),
    device: (u32, u32),
    content: Content<'a>,
}

/// What is in a file.
#[derive(Debug)]
pub enum Content<'a> {
    /// These bytes.
    Bytes(Cow<'a, [u8]>),
    /// What is in a file of this machine when the archive is written.
    File(PathBuf),
}

/// How the archive is compressed. A kernel must have been built for it; all of them are for gzip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pressing {
    None,
    #[default]
    Gzip,
    Zstd,
}

impl<'a> Initramfs<'a> {
    /// An archive with nothing but the folders and devices that a kernel and any program expect:
    /// `/dev/console` is opened for the first program before it runs.
    pub fn new() -> Result<Self, Error> {
        let mut archive = Self::default();
        for folder in ["dev", "proc", "sys", "run"] {
            archive.folder(folder, 0o755)?;
        }
        archive.folder("tmp", 0o1777)?;
        archive.character_device("dev/console", 0o600, 5, 1)?;
        archive.character_device("dev/null", 0o666, 1, 3)?;
        Ok(archive)
    }

    /// Adds a folder, or sets the mode of one that is there.
    pub fn folder(&mut self, path: &str, mode: u32) -> Result<(), Error> {
        let path = clean(path)?;
        if let Some(entry) = self.entries.get_mut(&path)
            && entry.mode & !0o7777 == FOLDER
        {
            entry.mode = FOLDER | mode & 0o7777;
            return Ok(());
        }
        self.add(
            path,
            FOLDER | mode & 0o7777,
            (0, 0),
            Content::Bytes(Cow::Borrowed(&[])),
        )
    }

    /// Adds a file; folders on the way are made.
    pub fn file(
        &mut self,
        path: &str,
        mode: u32,
        bytes: impl Into<Cow<'a, [u8]>>,
    ) -> Result<(), Error> {
        let content = Content::Bytes(bytes.into());
        self.add(clean(path)?, FILE | mode & 0o7777, (0, 0), content)
    }

    /// Adds a file of this machine, which is read when the archive is written.
    pub fn file_of(&mut self, path: &str, mode: u32, from: &Path) -> Result<(), Error> {
        let content = Content::File(from.to_owned());
        self.add(clean(path)?, FILE | mode & 0o7777, (0, 0), content)
    }

    /// Adds a symbolic link.
    pub fn link(&mut self, path: &str, target: &str) -> Result<(), Error> {
        if target.is_empty() || target.contains('\0') || target.len() > 4095 {
            return Err(Error::InitramfsPath(target.to_owned()));
        }
        let target = Content::Bytes(target.as_bytes().to_vec().into());
        self.add(clean(path)?, LINK | 0o777, (0, 0), target)
    }

    /// Adds a device that takes and gives characters.
    pub fn character_device(
        &mut self,
        path: &str,
        mode: u32,
        major: u32,
        minor: u32,
    ) -> Result<(), Error> {
        let nothing = Content::Bytes(Cow::Borrowed(&[]));
        self.add(
            clean(path)?,
            CHARACTERS | mode & 0o7777,
            (major, minor),
            nothing,
        )
    }

    /// Adds a disk.
    pub fn block_device(
        &mut self,
        path: &str,
        mode: u32,
        major: u32,
        minor: u32,
    ) -> Result<(), Error> {
        let nothing = Content::Bytes(Cow::Borrowed(&[]));
        self.add(
            clean(path)?,
            BLOCKS | mode & 0o7777,
            (major, minor),
            nothing,
        )
    }

    /// Gives an entry to somebody else than root.
    pub fn owner(&mut self, path: &str, user: u32, group: u32) -> Result<(), Error> {
        let path = clean(path)?;
        match self.entries.get_mut(&path) {
            Some(entry) => {
                entry.owner = (user, group);
                Ok(())
            }
            None => Err(Error::NoFile {
                path,
                origins: Vec::new(),
            }),
        }
    }

    /// Something is there under this path.
    pub fn has(&self, path: &str) -> bool {
        clean(path).is_ok_and(|path| self.entries.contains_key(&path))
    }

    /// The paths of all entries, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    fn add(
        &mut self,
        path: String,
        mode: u32,
        device: (u32, u32),
        content: Content<'a>,
    ) -> Result<(), Error> {
        for (at, _) in path.match_indices('/') {
            let folder = self.entries.entry(path[..at].to_owned());
            let folder = folder.or_insert(Entry {
                mode: FOLDER | 0o755,
                owner: (0, 0),
                device: (0, 0),
                content: Content::Bytes(Cow::Borrowed(&[])),
            });
            if folder.mode & !0o7777 != FOLDER {
                return Err(Error::Twice(path[..at].to_owned()));
            }
        }
        if self.entries.contains_key(&path) {
            return Err(Error::Twice(path));
        }
        let entry = Entry {
            mode,
            owner: (0, 0),
            device,
            content,
        };
        self.entries.insert(path, entry);
        Ok(())
    }

    /// Writes the archive; `name` is what it is called in messages.
    pub fn write(&self, out: impl Write, pressing: Pressing, name: &Path) -> Result<(), Error> {
        let wrong = |error| Error::write(name)(error);
        match pressing {
            Pressing::None => self.write_plain(out, name),
            Pressing::Gzip => {
                let mut gzip = GzBuilder::new().write(out, Compression::default());
                self.write_plain(&mut gzip, name)?;
                gzip.finish().map(drop).map_err(wrong)
            }
            Pressing::Zstd => {
                // The compressor asks for bytes where the others are given them.
                let mut plain = Vec::new();
                self.write_plain(&mut plain, name)?;
                let mut compressor = FrameCompressor::new(CompressionLevel::Fastest);
                let mut pressed = Vec::new();
                compressor.set_source(&plain[..]);
                compressor.set_drain(&mut pressed);
                compressor.compress();
                drop(compressor);
                let mut out = out;
                out.write_all(&pressed).map_err(wrong)
            }
        }
    }

    /// The archive as one of several that lie one after the other, compressed by gzip. Linux unpacks each over what those
    /// before it made, and wants each to begin at a multiple of four bytes.
    pub fn piece(&self, name: &Path) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.write(&mut bytes, Pressing::Gzip, name)?;
        // A name in the header fills it up: that is what Linux skips in headers, and all programs do. Zeros at the end
        // would be garbage to some.
        if let missing @ 1.. = bytes.len().next_multiple_of(4) - bytes.len() {
            bytes[GZIP_FLAGS] |= GZIP_NAME;
            let name = std::iter::repeat_n(b'-', missing - 1).chain([0]);
            bytes.splice(GZIP_HEADER..GZIP_HEADER, name);
        }
        Ok(bytes)
    }

    fn write_plain(&self, out: impl Write, name: &Path) -> Result<(), Error> {
        let mut out = NoFlush(out);
        let wrong = |error| Error::write(name)(error);
        for (number, (path, entry)) in self.entries.iter().enumerate() {
            let links = if entry.mode & !0o7777 == FOLDER { 2 } else { 1 };
            let header = Builder::new(path)
                .ino(number as u32 + 1)
                .mode(entry.mode)
                .uid(entry.owner.0)
                .gid(entry.owner.1)
                .nlink(links)
                .rdev_major(entry.device.0)
                .rdev_minor(entry.device.1);
            match &entry.content {
                Content::Bytes(bytes) => {
                    let mut writer = header.write(&mut out, size(path, bytes.len() as u64)?);
                    writer.write_all(bytes).map_err(wrong)?;
                    writer.finish().map_err(wrong)?;
                }
                Content::File(from) => {
                    let mut file = File::open(from).map_err(Error::read(from))?;
                    let len = file.metadata().map_err(Error::read(from))?.len();
                    let mut writer = header.write(&mut out, size(path, len)?);
                    let copied = copy(&mut file, &mut writer, from, name)?;
                    if copied != len {
                        return Err(Error::InitramfsFile {
                            path: from.display().to_string(),
                            cause: "it changed while it was read",
                        });
                    }
                    writer.finish().map_err(wrong)?;
                }
            }
        }
        trailer(&mut out).map_err(wrong)?;
        Ok(())
    }
}

/// `io::copy` that knows which side failed.
fn copy(from: &mut File, to: &mut impl Write, path: &Path, name: &Path) -> Result<u64, Error> {
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    loop {
        match from.read(&mut buffer).map_err(Error::read(path))? {
            0 => return Ok(total),
            read => {
                to.write_all(&buffer[..read]).map_err(Error::write(name))?;
                total += read as u64;
            }
        }
    }
}

fn size(path: &str, size: u64) -> Result<u32, Error> {
    // The kernel counts in 32 bits; some versions of it take the upper half for negative.
    let fits = u32::try_from(size)
        .ok()
        .filter(|size| *size <= i32::MAX as u32);
    fits.ok_or_else(|| Error::InitramfsFile {
        path: path.to_owned(),
        cause: "it has more than 2 GiB",
    })
}

/// A path without its first `/`.
fn clean(path: &str) -> Result<String, Error> {
    let inner = path.strip_prefix('/').unwrap_or(path);
    let good = inner
        .split('/')
        .all(|part| !matches!(part, "" | "." | ".."));
    let good = good && !inner.contains('\0') && inner.len() < 4096 && inner != "TRAILER!!!";
    match good {
        true => Ok(inner.to_owned()),
        false => Err(Error::InitramfsPath(path.to_owned())),
    }
}

/// The crate flushes after each file, which costs a compressor its memory of what was before.
struct NoFlush<W: Write>(W);

impl<W: Write> Write for NoFlush<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::packing::Packing;
    use std::process::{Command, Stdio};

    fn sample() -> Initramfs<'static> {
        let mut archive = Initramfs::new().unwrap();
        archive
            .file("/init", 0o755, &b"#!/bin/hello\n"[..])
            .unwrap();
        archive.file("bin/hello", 0o755, vec![7; 100_001]).unwrap();
        archive.file("etc/empty", 0o644, vec![]).unwrap();
        archive.link("bin/sh", "hello").unwrap();
        archive.block_device("dev/vda", 0o660, 254, 0).unwrap();
        archive.file("home/me/notes", 0o600, &b"notes"[..]).unwrap();
        archive.owner("home/me", 1000, 1000).unwrap();
        archive
    }

    fn written(archive: &Initramfs<'_>, pressing: Pressing) -> Vec<u8> {
        let mut bytes = Vec::new();
        archive
            .write(&mut bytes, pressing, Path::new("initramfs"))
            .unwrap();
        bytes
    }

    #[test]
    fn the_same_entries_are_the_same_bytes_in_every_pressing() {
        let plain = written(&sample(), Pressing::None);
        assert_eq!(plain, written(&sample(), Pressing::None));
        for (pressing, packing) in [
            (Pressing::Gzip, Packing::Gzip),
            (Pressing::Zstd, Packing::Zstd),
        ] {
            let pressed = written(&sample(), pressing);
            assert_eq!(pressed, written(&sample(), pressing));
            assert_eq!(packing.unpack(&pressed[..], 1 << 20).unwrap(), plain);
            assert!(pressed.len() < plain.len() / 10);
        }
    }

    #[test]
    fn the_program_cpio_reads_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("archive");
        std::fs::write(&archive, written(&sample(), Pressing::None)).unwrap();
        let run = |options: &[&str]| {
            let input = File::open(&archive).unwrap();
            let mut command = Command::new("cpio");
            command
                .args(options)
                .current_dir(folder.path())
                .env("LC_ALL", "C")
                .env("TZ", "UTC");
            command.stdin(Stdio::from(input)).output()
        };
        let Ok(list) = run(&["--quiet", "-itvn"]) else {
            return;
        };
        let text = String::from_utf8_lossy(&list.stdout);
        assert!(list.status.success(), "{list:?}");
        let words = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        let lines: Vec<_> = words.map(|words| words.join(" ")).collect();
        for line in [
            "crw------- 1 0 0 5, 1 Jan 1 1970 dev/console",
            "brw-rw---- 1 0 0 254, 0 Jan 1 1970 dev/vda",
            "drwxrwxrwt 2 0 0 0 Jan 1 1970 tmp",
            "lrwxrwxrwx 1 0 0 5 Jan 1 1970 bin/sh -> hello",
            "-rwxr-xr-x 1 0 0 100001 Jan 1 1970 bin/hello",
            "drwxr-xr-x 2 1000 1000 0 Jan 1 1970 home/me",
            "-rw------- 1 0 0 5 Jan 1 1970 home/me/notes",
        ] {
            assert!(lines.iter().any(|found| found == line), "{line} in\n{text}");
        }
        assert_eq!(lines.len(), 17, "{text}");
        let unpacked = run(&["--quiet", "-id", "init", "bin/hello"]).unwrap();
        assert!(unpacked.status.success(), "{unpacked:?}");
        let hello = std::fs::read(folder.path().join("bin/hello")).unwrap();
        assert_eq!(hello, vec![7; 100_001]);
    }

    #[test]
    fn pieces_follow_each_other_at_multiples_of_four() {
        for size in 0..40 {
            let mut archive = Initramfs::default();
            let bytes: Vec<u8> = (0..size).map(|at: u8| at.wrapping_mul(37)).collect();
            archive.file("etc/x", 0o644, bytes).unwrap();
            let piece = archive.piece(Path::new("x")).unwrap();
            assert_eq!(piece.len() % 4, 0);
            let plain = Packing::Gzip.unpack(&piece[..], 1 << 20).unwrap();
            assert_eq!(plain, written(&archive, Pressing::None));
        }
    }

    #[test]
    fn impossible_entries_are_errors() {
        let mut archive = sample();
        for path in ["", "/", "a/../b", "a//b", "./a", "a\0b", "TRAILER!!!"] {
            let error = archive.file(path, 0o644, vec![]).unwrap_err();
            assert!(matches!(error, Error::InitramfsPath(_)), "{path}");
        }
        for path in ["init", "bin", "bin/hello/more"] {
            let error = archive.file(path, 0o644, vec![]).unwrap_err();
            assert!(matches!(error, Error::Twice(_)), "{path}");
        }
        assert!(archive.link("x", "").is_err());
        assert!(archive.owner("nobody", 1, 1).is_err());
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        archive.file_of("bin/missing", 0o755, &missing).unwrap();
        let error = archive
            .write(io::sink(), Pressing::None, Path::new("x"))
            .unwrap_err();
        assert!(matches!(error, Error::Read { .. }));
        std::fs::write(&missing, "here").unwrap();
        assert!(
            written(&archive, Pressing::None)
                .windows(4)
                .any(|part| part == b"here")
        );
    }
}
