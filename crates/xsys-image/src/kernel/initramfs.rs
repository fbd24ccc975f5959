//! The archive that a kernel unpacks into its first file system: cpio in the form `newc`.
//!
//! An appliance runs from it. The same entries always give the same bytes: they are sorted, numbered
//! in that order, and without times. Contents are streamed.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use cpio::newc::{Builder, trailer};
use flate2::{Compression, GzBuilder};
use ruzstd::encoding::{CompressionLevel, FrameCompressor};

use super::error::Error;
use super::tree::{Content, DIRECTORY, Tree};

/// Bytes of a gzip header without a name, where its flags are, and the one that says there is a name (RFC 1952).
const GZIP_HEADER: usize = 10;
const GZIP_FLAGS: usize = 3;
const GZIP_NAME: u8 = 8;

/// How the archive is compressed. A kernel must have been built for it; all of them are for gzip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pressing {
    None,
    #[default]
    Gzip,
    Zstd,
}

impl Tree<'_> {
    /// Writes it as an archive; `name` is what it is called in messages.
    ///
    /// # Errors
    /// If a file of this machine cannot be read, or the archive cannot be written.
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
                // The compressor needs its bytes handed over, the other two read them.
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

    /// An archive to be joined with others, compressed by gzip. Linux unpacks each over the ones before it, and expects
    /// each to begin at a multiple of four bytes.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn piece(&self, name: &Path) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.write(&mut bytes, Pressing::Gzip, name)?;
        // A name in the header fills it up: Linux and all programs skip it. Some would report zeros at the end as
        // garbage.
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
            let links = if entry.mode & !0o7777 == DIRECTORY {
                2
            } else {
                1
            };
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

/// `io::copy` that tells which side failed.
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

/// The crate flushes after each file, which would cost the compressor its window.
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
    use crate::packing::Packing;
    use std::process::{Command, Stdio};

    fn sample() -> Tree<'static> {
        let mut archive = Tree::new().unwrap();
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

    fn written(archive: &Tree<'_>, pressing: Pressing) -> Vec<u8> {
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
        let directory = tempfile::tempdir().unwrap();
        let archive = directory.path().join("archive");
        std::fs::write(&archive, written(&sample(), Pressing::None)).unwrap();
        let run = |options: &[&str]| {
            let input = File::open(&archive).unwrap();
            let mut command = Command::new("cpio");
            command
                .args(options)
                .current_dir(directory.path())
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
        let hello = std::fs::read(directory.path().join("bin/hello")).unwrap();
        assert_eq!(hello, vec![7; 100_001]);
    }

    #[test]
    fn pieces_follow_each_other_at_multiples_of_four() {
        for size in 0..40 {
            let mut archive = Tree::default();
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
        assert!(archive.file(&"n".repeat(255), 0o644, vec![]).is_ok());
        assert!(archive.file(&"n".repeat(256), 0o644, vec![]).is_err());
        for path in ["init", "bin", "bin/hello/more"] {
            let error = archive.file(path, 0o644, vec![]).unwrap_err();
            assert!(matches!(error, Error::Twice(_)), "{path}");
        }
        assert!(archive.link("x", "").is_err());
        assert!(archive.owner("nobody", 1, 1).is_err());
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
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
