//! Where partitions are on a disk that is there.
//!
//! Only what is needed to find them is read, and by our own code: the crates for tables take as much memory as a table
//! says it has entries.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::SECTOR;

/// Entries of a GPT that are looked at; tables have 128.
const MOST_PARTITIONS: u32 = 256;
/// The system identifier of an MBR that only protects a GPT.
const PROTECTIVE: u8 = 0xee;

/// The partitions of a disk in the order of their numbers, as ranges of bytes; unused entries are left out. Whether a
/// range is on the disk is the caller's to see. A disk without a table has none.
///
/// # Errors
/// Where the disk cannot be read, or a GPT is damaged.
pub fn partitions(disk: &mut (impl Read + Seek)) -> io::Result<Vec<Range<u64>>> {
    disk.seek(SeekFrom::Start(0))?;
    let mut first = Vec::new();
    disk.take(SECTOR).read_to_end(&mut first)?;
    if first.len() as u64 != SECTOR || first[510..] != [0x55, 0xaa] {
        return Ok(Vec::new());
    }
    let entries = first[446..510].chunks_exact(16);
    if entries.clone().any(|entry| entry[4] == PROTECTIVE) {
        return gpt(disk);
    }
    let used = entries.filter(|entry| entry[4] != 0);
    let range = |entry: &[u8]| {
        let at = |at: usize| u64::from(u32_at(entry, at)) * SECTOR;
        at(8)..at(8) + at(12)
    };
    Ok(used.map(range).collect())
}

fn gpt(disk: &mut (impl Read + Seek)) -> io::Result<Vec<Range<u64>>> {
    let damaged = || io::Error::other("its partition table is damaged");
    let mut header = [0; 92];
    disk.seek(SeekFrom::Start(SECTOR))?;
    disk.read_exact(&mut header)?;
    if !header.starts_with(b"EFI PART") {
        return Err(damaged());
    }
    let (count, size) = (u32_at(&header, 80), u64::from(u32_at(&header, 84)));
    let mut ranges = Vec::new();
    for number in 0..count.min(MOST_PARTITIONS) {
        let at = u64_at(&header, 72).checked_mul(SECTOR);
        let at = at.and_then(|at| at.checked_add(u64::from(number) * size));
        let mut entry = [0; 48];
        disk.seek(SeekFrom::Start(at.ok_or_else(damaged)?))?;
        disk.read_exact(&mut entry)?;
        let (start, end) = (u64_at(&entry, 32), u64_at(&entry, 40));
        if entry[..16] != [0; 16] && end >= start {
            let end = end.saturating_add(1).saturating_mul(SECTOR);
            ranges.push(start.saturating_mul(SECTOR)..end);
        }
    }
    Ok(ranges)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
