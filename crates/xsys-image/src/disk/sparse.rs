//! A disk image as a file with holes.
//!
//! Most of a card is empty, and what is empty is neither written nor kept in memory: the file gets its size,
//! and only blocks in which something is not zero are written. Which blocks those are is remembered for the
//! block map ([`super::bmap`]), so that it does not depend on what a file system makes of holes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

/// Bytes in a block of the map, as in bmaptool's files.
pub const BLOCK: u64 = 4096;

/// A new image. Nothing is cached: what is written is in the file.
#[derive(Debug)]
pub struct Sparse {
    file: File,
    size: u64,
    /// One bit for each block: whether something was written there.
    used: Vec<u64>,
}

impl Sparse {
    /// Makes an empty file one hole of `size` bytes.
    ///
    /// # Errors
    /// Where the file system has no files of that size.
    pub fn new(file: File, size: u64) -> io::Result<Self> {
        file.set_len(0)?;
        file.set_len(size)?;
        let blocks = usize::try_from(size.div_ceil(BLOCK)).map_err(io::Error::other)?;
        Ok(Self {
            file,
            size,
            used: vec![0; blocks.div_ceil(64)],
        })
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// The bytes `range` as a stream of its own.
    pub fn region(&mut self, range: Range<u64>) -> Region<'_> {
        debug_assert!(range.start <= range.end && range.end <= self.size);
        Region {
            image: self,
            range,
            position: 0,
        }
    }

    /// Writes zeros that count as data: whoever copies the image must copy them.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn zero(&mut self, range: Range<u64>) -> io::Result<()> {
        for block in range.start / BLOCK..range.end.div_ceil(BLOCK) {
            let (word, bit) = place(block);
            self.used[word] |= 1 << bit;
        }
        let length = range.end - range.start;
        let mut region = self.region(range);
        io::copy(&mut io::repeat(0).take(length), &mut region)?;
        Ok(())
    }

    /// Numbers of the blocks that are not holes, joined where they are neighbours.
    pub fn used(&self) -> Vec<Range<u64>> {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for block in 0..self.size.div_ceil(BLOCK) {
            if !self.is_used(block) {
                continue;
            }
            match ranges.last_mut() {
                Some(last) if last.end == block => last.end += 1,
                _ => ranges.push(block..block + 1),
            }
        }
        ranges
    }

    /// The file, complete.
    pub fn into_file(self) -> File {
        self.file
    }

    fn is_used(&self, block: u64) -> bool {
        let (word, bit) = place(block);
        self.used[word] >> bit & 1 == 1
    }

    /// Writes within one block.
    fn write_block(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let block = at / BLOCK;
        if !self.is_used(block) {
            if bytes.iter().all(|&byte| byte == 0) {
                return Ok(());
            }
            let (word, bit) = place(block);
            self.used[word] |= 1 << bit;
        }
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)
    }
}

fn place(block: u64) -> (usize, u32) {
    // Both fit: the vector has a bit for each block.
    ((block / 64) as usize, (block % 64) as u32)
}

/// A part of an image, such as a partition. Reads and writes stay inside it.
#[derive(Debug)]
pub struct Region<'a> {
    image: &'a mut Sparse,
    range: Range<u64>,
    position: u64,
}

impl Region<'_> {
    fn room(&self, wanted: usize) -> usize {
        let left = (self.range.end - self.range.start).saturating_sub(self.position);
        usize::try_from(left).map_or(wanted, |left| left.min(wanted))
    }
}

impl Read for Region<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.room(buffer.len());
        let start = SeekFrom::Start(self.range.start + self.position);
        self.image.file.seek(start)?;
        let count = self.image.file.read(&mut buffer[..count])?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Write for Region<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.room(bytes.len());
        let mut rest = &bytes[..count];
        while !rest.is_empty() {
            let at = self.range.start + self.position;
            // At most a block, so it fits.
            let in_block = (BLOCK - at % BLOCK) as usize;
            let (now, later) = rest.split_at(in_block.min(rest.len()));
            self.image.write_block(at, now)?;
            self.position += now.len() as u64;
            rest = later;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Region<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let length = self.range.end - self.range.start;
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => length.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        match position {
            Some(position) => {
                self.position = position;
                Ok(position)
            }
            None => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_holes_until_something_is_there() {
        let mut image = Sparse::new(tempfile::tempfile().unwrap(), 10 * BLOCK).unwrap();
        let mut part = image.region(2 * BLOCK..6 * BLOCK);
        part.write_all(&[0; 5000]).unwrap();
        part.seek(SeekFrom::Start(BLOCK - 1)).unwrap();
        part.write_all(&[1, 2]).unwrap();
        part.seek(SeekFrom::Start(BLOCK)).unwrap();
        part.write_all(&[0]).unwrap();
        part.seek(SeekFrom::Start(BLOCK - 1)).unwrap();
        let mut two = [9; 2];
        part.read_exact(&mut two).unwrap();
        assert_eq!(two, [1, 0]);
        assert_eq!(image.used(), vec![2..4]);
    }

    #[test]
    fn a_region_is_not_left() {
        let mut image = Sparse::new(tempfile::tempfile().unwrap(), 4 * BLOCK).unwrap();
        let mut part = image.region(BLOCK..2 * BLOCK);
        part.seek(SeekFrom::End(-1)).unwrap();
        assert_eq!(part.write(&[7, 7]).unwrap(), 1);
        assert_eq!(part.write(&[7]).unwrap(), 0);
        assert_eq!(part.read(&mut [0]).unwrap(), 0);
        assert!(part.seek(SeekFrom::Current(-9000)).is_err());
        assert_eq!(image.used(), vec![1..2]);
    }
}
