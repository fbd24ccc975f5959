//! Restores a damaged superblock from one of its copies.
//!
//! The kernel can mount with a copy (`sb=`), but copies are as old as the file system: a copy never says that the
//! journal is in use, so its records, the newest data of all, would be thrown away; and the copies of the descriptors
//! call groups unused that are full of files. So the copy is written in the superblock's place, with the flag that the
//! journal has to be replayed, and the rest is done by the kernel as usual. That is done only if the superblock alone
//! is damaged: checksums must show that the descriptors, which follow it, are intact.

use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::ext4::{BLOCK, DESCRIPTOR, PER_GROUP, crc32c, has_copy};

/// The superblock's place.
const PLACE: u64 = 1024;
const SIZE: usize = 1024;

/// `needs_recovery`, `filetype`, `extents`: the only features of our file systems that change how everything else is
/// read.
const RECOVERY: u32 = 0x4;
const KNOWN: u32 = RECOVERY | 0x2 | 0x40;
/// Checksums over all metadata.
const METADATA_CSUM: u32 = 0x400;

/// The first number of a journal, and that of its superblock in both versions.
const JOURNAL: u32 = 0xc03b_3998;

/// Where a journal may begin: behind the tables of group 0, in bytes.
const JOURNAL_SEARCHED: u64 = 32 << 20;

/// An intact superblock of one of our file systems.
struct Superblock {
    bytes: Vec<u8>,
}

impl Superblock {
    /// Reads the superblock of a group, on a partition of this size in bytes.
    fn read(disk: &mut (impl Read + Seek), group: u64, size: u64) -> io::Result<Option<Self>> {
        let place = match group {
            0 => PLACE,
            group => group * PER_GROUP * BLOCK as u64,
        };
        let found = Self {
            bytes: read(disk, place, SIZE)?,
        };
        // Kernels before 6.2 do not number the copies that they write.
        let numbered = [0, group].contains(&u64::from(found.half(90)));
        let (blocks, features) = (found.blocks(), found.word(96));
        let ours = found.half(56) == 0xef53
            && crc32c(!0, &found.bytes[..1020]) == found.word(1020)
            && numbered
            && found.word(20) == 0
            && found.word(24) == 2
            && u64::from(found.word(32)) == PER_GROUP
            && features & !KNOWN == 0
            && found.word(100) & METADATA_CSUM != 0
            && blocks >= 1024
            && blocks <= size / BLOCK as u64;
        Ok(ours.then_some(found))
    }

    fn word(&self, at: usize) -> u32 {
        let bytes = &self.bytes[at..at + 4];
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }

    fn half(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]])
    }

    fn blocks(&self) -> u64 {
        self.word(4).into()
    }

    fn groups(&self) -> u64 {
        self.blocks().div_ceil(PER_GROUP)
    }

    /// Whether the first descriptors are intact, and there are no more than the superblock says. A copy may be from a
    /// time when the file system was smaller.
    fn fits_descriptors(&self, disk: &mut (impl Read + Seek)) -> io::Result<bool> {
        let seed = crc32c(!0, &self.bytes[104..120]);
        let length = ((self.groups() + 1) as usize * DESCRIPTOR).next_multiple_of(BLOCK);
        let all = read(disk, BLOCK as u64, length)?;
        let mut whole = (0u32..)
            .zip(all.chunks_exact(DESCRIPTOR))
            .map(|(group, one)| {
                let mut one = one.to_vec();
                let said = u16::from_le_bytes([one[30], one[31]]);
                one[30..32].fill(0);
                said == crc32c(crc32c(seed, &group.to_le_bytes()), &one) as u16
            });
        let groups = self.groups() as usize;
        Ok(whole.by_ref().take(groups).all(|whole| whole) && whole.next() == Some(false))
    }

    /// Whether the journal has something to be replayed. None if it is damaged.
    fn journal_is_used(&self, disk: &mut (impl Read + Seek)) -> io::Result<Option<bool>> {
        // Its only extent: the header, then length and place.
        if self.half(268) != 0xf30a || self.half(270) != 1 {
            return Ok(None);
        }
        let block = u64::from(self.word(268 + 20)) | u64::from(self.half(268 + 18)) << 32;
        if block == 0 || block >= self.blocks() {
            return Ok(None);
        }
        let first = read(disk, block * BLOCK as u64, 32)?;
        let start = u32::from_be_bytes([first[28], first[29], first[30], first[31]]);
        Ok(is_journal(&first).then_some(start != 0))
    }

    /// The beginning of a partition.
    fn make_first(&mut self, replay: bool) {
        self.bytes[90..92].fill(0);
        let features = self.word(96) | if replay { RECOVERY } else { 0 };
        self.bytes[96..100].copy_from_slice(&features.to_le_bytes());
        let sum = crc32c(!0, &self.bytes[..1020]);
        self.bytes[1020..].copy_from_slice(&sum.to_le_bytes());
    }
}

fn is_journal(start: &[u8]) -> bool {
    let word = |at: usize| {
        start.get(at..at + 4).map_or(0, |bytes| {
            u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
        })
    };
    word(0) == JOURNAL && [3, 4].contains(&word(4))
}

/// Groups with copies on a partition of so many bytes.
fn groups_with_copies(size: u64) -> impl Iterator<Item = u64> {
    let groups = (size / BLOCK as u64).div_ceil(PER_GROUP);
    (1..groups).filter(|group| has_copy(*group))
}

/// Restores the superblock if it is damaged and nothing next to it is. Returns the group whose copy was used.
///
/// # Errors
/// If the partition cannot be read or written.
pub fn restore(disk: &mut (impl Read + Write + Seek), size: u64) -> io::Result<Option<u64>> {
    if Superblock::read(disk, 0, size)?.is_some() {
        return Ok(None);
    }
    for group in groups_with_copies(size) {
        let Some(mut copy) = Superblock::read(disk, group, size)? else {
            continue;
        };
        if !copy.fits_descriptors(disk)? {
            continue;
        }
        let Some(replay) = copy.journal_is_used(disk)? else {
            return Ok(None);
        };
        copy.make_first(replay);
        disk.seek(SeekFrom::Start(PLACE))?;
        disk.write_all(&copy.bytes)?;
        disk.flush()?;
        return Ok(Some(group));
    }
    Ok(None)
}

/// Whether there was a file system on a partition whose start is empty: a copy of a superblock shows it, or a journal.
///
/// # Errors
/// If the partition cannot be read.
pub fn has_traces(disk: &mut (impl Read + Seek), size: u64) -> io::Result<bool> {
    for group in groups_with_copies(size) {
        if Superblock::read(disk, group, size)?.is_some() {
            return Ok(true);
        }
    }
    let mut at = 0;
    while at < size.min(JOURNAL_SEARCHED) {
        let part = read(disk, at, 1 << 20)?;
        if part.chunks(BLOCK).any(is_journal) {
            return Ok(true);
        }
        at += part.len() as u64;
    }
    Ok(false)
}

/// Bytes at a place; zeros behind the end.
fn read(disk: &mut (impl Read + Seek), at: u64, length: usize) -> io::Result<Vec<u8>> {
    disk.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::with_capacity(length);
    disk.take(length as u64).read_to_end(&mut bytes)?;
    bytes.resize(length, 0);
    Ok(bytes)
}

#[cfg(test)]
mod tests;
