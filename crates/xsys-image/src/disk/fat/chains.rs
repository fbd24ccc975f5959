//! Finds things on a FAT volume of unknown origin: its boot sector, and chains of clusters.
//!
//! The crates for FAT trust a volume: clusters outside of it overflow their arithmetic, and chains may be circular.
//! Here every number is checked against the volume before it is used.

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes of the FAT that are read at once.
const WINDOW: u64 = 4096;

/// How large the entries of the FAT are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    Fat12,
    Fat16,
    Fat32,
}

/// The numbers of a boot sector, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Geometry {
    width: Width,
    /// Where the FAT in use begins.
    fat: u64,
    /// Where cluster 2 begins, and how many clusters there are.
    data: u64,
    clusters: u64,
    pub cluster: u64,
    /// The root directory has a place of its own (offset and size), or is a chain.
    pub root: Root,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Root {
    Fixed(u64, u64),
    Chain(u32),
}

impl Geometry {
    /// Reads a boot sector.
    pub(super) fn read(partition: &mut (impl Read + Seek)) -> io::Result<Self> {
        let mut sector = [0; 512];
        let size = partition.seek(SeekFrom::End(0))?;
        partition.seek(SeekFrom::Start(0))?;
        partition.read_exact(&mut sector)?;
        let parsed = Self::parse(&sector);
        let mut geometry = parsed.ok_or_else(|| damaged("its boot sector is damaged"))?;
        // A volume may claim to be larger than it is.
        let room = size.saturating_sub(geometry.data) / geometry.cluster;
        geometry.clusters = geometry.clusters.min(room);
        Ok(geometry)
    }

    fn parse(sector: &[u8; 512]) -> Option<Self> {
        let half = |at: usize| u64::from(u16::from_le_bytes([sector[at], sector[at + 1]]));
        let word = |at: usize| half(at) | half(at + 2) << 16;
        let either = |short: u64, long: u64| if short == 0 { long } else { short };
        let bytes = half(11);
        if sector[510..] != [0x55, 0xaa] || !matches!(bytes, 512 | 1024 | 2048 | 4096) {
            return None;
        }
        let per_cluster = u64::from(sector[13]);
        let (reserved, fats) = (half(14), u64::from(sector[16]));
        if !per_cluster.is_power_of_two() || reserved == 0 || !(1..=4).contains(&fats) {
            return None;
        }
        let root_sectors = (half(17) * 32).div_ceil(bytes);
        let total = either(half(19), word(32));
        let per_fat = either(half(22), word(36));
        // None of these can overflow: they are products of at most 32, 12 and 3 bits.
        let first = reserved + fats * per_fat + root_sectors;
        let clusters = total.checked_sub(first)? / per_cluster;
        let width = match half(22) {
            // As Linux sees it: some systems make small volumes in the form of large ones.
            0 => Width::Fat32,
            _ if clusters < 4085 => Width::Fat12,
            _ => Width::Fat16,
        };
        let entries = match width {
            Width::Fat12 => per_fat * bytes * 2 / 3,
            Width::Fat16 => per_fat * bytes / 2,
            Width::Fat32 => per_fat * bytes / 4,
        };
        // The first copy counts, unless a flag says which.
        let flags = half(40);
        let used = match width {
            Width::Fat32 if flags & 0x80 != 0 => flags & 0xf,
            _ => 0,
        };
        let most = 0x0fff_fff5_u64;
        let root_at = (reserved + fats * per_fat) * bytes;
        (used < fats).then_some(Self {
            width,
            fat: (reserved + used * per_fat) * bytes,
            data: first * bytes,
            clusters: clusters.min(entries.saturating_sub(2)).min(most),
            cluster: per_cluster * bytes,
            root: match width {
                Width::Fat32 => Root::Chain(u32::try_from(word(44)).ok()?),
                _ => Root::Fixed(root_at, root_sectors * bytes),
            },
        })
    }

    /// The bytes that files can have in all.
    pub(super) fn room(&self) -> u64 {
        self.clusters * self.cluster
    }

    /// Where a cluster begins, if there is such a cluster.
    fn place(&self, cluster: u32) -> Option<u64> {
        let number = u64::from(cluster).checked_sub(2)?;
        (number < self.clusters).then(|| self.data + number * self.cluster)
    }
}

/// Follows chains.
pub(super) struct Chains<'v, T> {
    volume: &'v Geometry,
    partition: T,
    /// A piece of the FAT and where it was.
    window: Vec<u8>,
    window_at: u64,
}

impl<'v, T: Read + Seek> Chains<'v, T> {
    pub(super) fn new(volume: &'v Geometry, partition: T) -> Self {
        Self {
            volume,
            partition,
            window: Vec::new(),
            window_at: 0,
        }
    }

    /// The first `size` bytes of a chain; as many as it has, where that is less and `short` allows it.
    pub(super) fn read(&mut self, first: u32, size: u64, short: bool) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut cluster = first;
        let mut left = size;
        let mut steps = 0;
        while left > 0 {
            let place = self.volume.place(cluster);
            let place = place.ok_or_else(|| damaged("a chain of clusters leaves its volume"))?;
            let count = left.min(self.volume.cluster);
            bytes.extend(self.at(place, count)?);
            left -= count;
            steps += 1;
            if steps > self.volume.clusters {
                return Err(damaged("a chain of clusters is a circle"));
            }
            match self.next(cluster)? {
                Some(next) => cluster = next,
                None if left == 0 || short => break,
                None => return Err(damaged("a chain of clusters ends too early")),
            }
        }
        Ok(bytes)
    }

    /// Bytes at a place, all of them.
    pub(super) fn at(&mut self, place: u64, count: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.partition.seek(SeekFrom::Start(place))?;
        let read = self
            .partition
            .by_ref()
            .take(count)
            .read_to_end(&mut bytes)?;
        match read as u64 == count {
            true => Ok(bytes),
            false => Err(damaged("it ends within a file")),
        }
    }

    /// What follows a cluster; None at the end.
    fn next(&mut self, cluster: u32) -> io::Result<Option<u32>> {
        let number = u64::from(cluster);
        let (value, end) = match self.volume.width {
            Width::Fat12 => {
                let pair = self.entry(number + number / 2, 2)?;
                let shift = if cluster % 2 == 1 { 4 } else { 0 };
                (pair >> shift & 0xfff, 0xff8)
            }
            Width::Fat16 => (self.entry(number * 2, 2)?, 0xfff8),
            Width::Fat32 => (self.entry(number * 4, 4)? & 0x0fff_ffff, 0x0fff_fff8),
        };
        Ok((value < end).then_some(value))
    }

    /// A number in the FAT.
    fn entry(&mut self, at: u64, size: usize) -> io::Result<u32> {
        let offset = at.checked_sub(self.window_at);
        let known = offset.and_then(|offset| usize::try_from(offset).ok());
        let known = known.filter(|offset| offset + size <= self.window.len());
        let offset = match known {
            Some(offset) => offset,
            None => {
                self.partition.seek(SeekFrom::Start(self.volume.fat + at))?;
                self.window.clear();
                let mut piece = self.partition.by_ref().take(WINDOW);
                piece.read_to_end(&mut self.window)?;
                self.window_at = at;
                0
            }
        };
        let bytes = self.window.get(offset..offset + size);
        let bytes = bytes.ok_or_else(|| damaged("it ends within its table of clusters"))?;
        let numbers = bytes.iter().rev().map(|byte| u32::from(*byte));
        Ok(numbers.fold(0, |sum, byte| sum << 8 | byte))
    }
}

pub(super) fn damaged(cause: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, cause)
}
