//! Partitions of a disk that is there: where they are, and their bytes.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use gptman::GPT;
use mbrman::MBR;

use super::SECTOR;

/// The system identifier of an MBR that only protects a GPT.
const PROTECTIVE: u8 = 0xee;

/// The partitions of a disk by their numbers, as ranges of bytes.
///
/// # Errors
/// Where there is no partition table, or one that says what cannot be.
pub fn partitions(disk: &mut (impl Read + Seek)) -> io::Result<Vec<Range<u64>>> {
    disk.seek(SeekFrom::Start(0))?;
    let table = MBR::read_from(disk, SECTOR as u32).map_err(io::Error::other)?;
    let protective = table.header.iter().any(|(_, part)| part.sys == PROTECTIVE);
    let mut found: Vec<(u64, u64)> = Vec::new();
    if protective {
        let table = GPT::read_from(disk, SECTOR).map_err(io::Error::other)?;
        for (_, part) in table.iter().filter(|(_, part)| part.is_used()) {
            let sectors = part.size().map_err(io::Error::other)?;
            found.push((part.starting_lba, sectors));
        }
    } else {
        let used = table.header.iter().filter(|(_, part)| part.is_used());
        found.extend(used.map(|(_, part)| (part.starting_lba.into(), part.sectors.into())));
    }
    let size = disk.seek(SeekFrom::End(0))?;
    let ranges = found.into_iter().map(|(start, sectors): (u64, u64)| {
        let end = start.checked_add(sectors)?.checked_mul(SECTOR)?;
        (end <= size).then(|| start * SECTOR..end)
    });
    let ranges: Option<Vec<Range<u64>>> = ranges.collect();
    ranges.ok_or_else(|| io::Error::other("a partition ends after the disk"))
}

/// A partition's bytes.
#[derive(Debug)]
pub struct Part<T> {
    disk: T,
    range: Range<u64>,
    position: u64,
}

impl<T: Read + Seek> Part<T> {
    pub fn new(disk: T, range: Range<u64>) -> Self {
        Self {
            disk,
            range,
            position: 0,
        }
    }
}

impl<T: Read + Seek> Read for Part<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = (self.range.end - self.range.start).saturating_sub(self.position);
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        self.disk
            .seek(SeekFrom::Start(self.range.start + self.position))?;
        let count = self.disk.read(&mut buffer[..most])?;
        self.position += count as u64;
        Ok(count)
    }
}

impl<T: Read + Seek> Seek for Part<T> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => (self.range.end - self.range.start).checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        // So far that sums with the partition's start stay numbers.
        let position = position.filter(|&position| position <= i64::MAX as u64 / 2);
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
