//! A piece of a file as a stream of its own.
//!
//! Packages hold archives that hold files, disks hold partitions: each is read where it lies. Pieces of one file can be
//! read by several threads at once, for none of them moves the file's own position.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// `len` bytes of a file from `start`.
#[derive(Clone, Debug)]
pub struct Part {
    file: Arc<File>,
    start: u64,
    len: u64,
    at: u64,
}

impl Part {
    /// The caller has checked that the file is that long; if it gets shorter, reads end early.
    pub fn new(file: Arc<File>, start: u64, len: u64) -> Self {
        Self {
            file,
            start,
            len,
            at: 0,
        }
    }
}

impl Read for Part {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(self.at);
        let want = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if want == 0 {
            return Ok(0);
        }
        let read = read_at(&self.file, &mut buf[..want], self.start + self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Part {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buf: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buf, at)
}

// This moves the file's position, which nobody relies on.
#[cfg(windows)]
fn read_at(file: &File, buf: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buf, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_part_ends_where_it_ends() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let file = Arc::new(file);
        let mut part = Part::new(Arc::clone(&file), 2, 5);
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        assert_eq!(text, "23456");
        part.seek(SeekFrom::End(-2)).unwrap();
        text.clear();
        part.read_to_string(&mut text).unwrap();
        assert_eq!(text, "56");
        assert!(part.seek(SeekFrom::Current(-9)).is_err());
        part.seek(SeekFrom::Start(99)).unwrap();
        assert_eq!(part.read(&mut [0; 4]).unwrap(), 0);
        // A file that is shorter than claimed.
        let mut part = Part::new(file, 8, 100);
        let mut bytes = Vec::new();
        assert_eq!(part.read_to_end(&mut bytes).unwrap(), 2);
    }
}
