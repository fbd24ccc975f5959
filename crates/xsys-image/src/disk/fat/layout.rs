//! Where everything lies in a FAT volume, and its bytes.

use std::io::{Seek, SeekFrom, Write};

use super::super::{Error, Placed, SECTOR, Source};
use super::names::{Directory, Entry, is_short, long_entries, short_names};

/// Entries of the root directory of a FAT16 volume.
const ROOT_ENTRIES: u64 = 512;
/// Copies of the FAT.
const FATS: u64 = 2;
/// An entry of a directory, in bytes.
const ENTRY: u64 = 32;
/// 1980-01-01, in a directory's entry.
const DATE: u16 = 1 << 5 | 1;

const ATTRIBUTE_LABEL: u8 = 0x08;
const ATTRIBUTE_DIRECTORY: u8 = 0x10;
const ATTRIBUTE_FILE: u8 = 0x20;

/// A volume that is planned.
pub(super) struct Layout<'a> {
    fat32: bool,
    /// Of the disk, before the volume.
    hidden_sectors: u64,
    sectors: u64,
    sectors_per_cluster: u64,
    reserved_sectors: u64,
    sectors_per_fat: u64,
    clusters: u64,
    /// The directories, the root first, and files, with their first clusters, in the order of those.
    pieces: Vec<Piece<'a>>,
    used: u64,
}

/// A file or a directory: a run of clusters.
struct Piece<'a> {
    first: u64,
    clusters: u64,
    content: Content<'a>,
}

enum Content<'a> {
    File(&'a Source, u64),
    Directory(Vec<u8>),
}

impl<'a> Layout<'a> {
    pub(super) fn new(root: &Directory<'a>, placed: &Placed) -> Result<Self, Error> {
        let size = placed.range.end - placed.range.start;
        let mut layout = Self::empty(size, placed.range.start / SECTOR);
        let needed = layout.add_root(root)?;
        match needed > layout.clusters {
            true => Err(Error::PartitionTooSmall {
                name: placed.name.clone(),
                needed: size + (needed - layout.clusters) * layout.cluster(),
                size,
            }),
            false => Ok(layout),
        }
    }

    fn empty(size: u64, hidden_sectors: u64) -> Self {
        let fat32 = !super::is_fat16(size);
        let sectors = size / SECTOR;
        let reserved_sectors = if fat32 { 32 } else { 4 };
        // FAT16 has up to 65,524 clusters, FAT32 at least one more.
        let sectors_per_cluster = match fat32 {
            true => 8,
            false => (sectors / 65_000 + 1).next_power_of_two(),
        };
        let mut layout = Self {
            fat32,
            hidden_sectors,
            sectors,
            sectors_per_cluster,
            reserved_sectors,
            sectors_per_fat: 0,
            clusters: 0,
            pieces: Vec::new(),
            used: 0,
        };
        // As many entries as there are clusters, if the FATs took no room: a little too many.
        let most = (sectors - reserved_sectors - layout.root_sectors()) / sectors_per_cluster;
        let entry = if fat32 { 4 } else { 2 };
        layout.sectors_per_fat = ((most + 2) * entry).div_ceil(SECTOR);
        let data = sectors - layout.first_data_sector();
        layout.clusters = data / sectors_per_cluster;
        layout
    }

    /// Bytes of a cluster.
    fn cluster(&self) -> u64 {
        self.sectors_per_cluster * SECTOR
    }

    fn root_sectors(&self) -> u64 {
        match self.fat32 {
            true => 0,
            false => ROOT_ENTRIES * ENTRY / SECTOR,
        }
    }

    fn first_data_sector(&self) -> u64 {
        self.reserved_sectors + FATS * self.sectors_per_fat + self.root_sectors()
    }

    /// Plans everything; how many clusters that takes.
    fn add_root(&mut self, root: &Directory<'a>) -> Result<u64, Error> {
        // The label's entry comes first.
        let bytes = ENTRY + directory_size(root);
        // Clusters are counted from 2. The root of a FAT16 volume has its own place.
        let mut next = 2;
        let first = match self.fat32 {
            true => {
                let first = next;
                next += bytes.div_ceil(self.cluster());
                first
            }
            false if bytes > ROOT_ENTRIES * ENTRY => return Err(Error::RootFull(ROOT_ENTRIES)),
            false => 0,
        };
        let clusters = next - 2;
        let content = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
        self.pieces.push(Piece {
            first,
            clusters,
            content: Content::Directory(content),
        });
        self.add_entries(root, 0, 0, &mut next)?;
        self.used = next - 2;
        Ok(self.used)
    }

    /// Plans what is in a directory, which is the piece `at`. `parent` is the cluster that its own entry in directories
    /// below names: 0 for the root, whichever cluster that has.
    fn add_entries(
        &mut self,
        directory: &Directory<'a>,
        at: usize,
        own: u64,
        next: &mut u64,
    ) -> Result<(), Error> {
        let short = short_names(directory.entries.keys());
        for ((name, entry), short) in directory.entries.iter().zip(short) {
            let (size, bytes, attribute) = match entry {
                Entry::File(source) => {
                    let size = source.size()?;
                    (size, size, ATTRIBUTE_FILE)
                }
                // "." and ".." come first. A directory's size is not said.
                Entry::Directory(directory) => (
                    0,
                    2 * ENTRY + directory_size(directory),
                    ATTRIBUTE_DIRECTORY,
                ),
            };
            let said = u32::try_from(size).map_err(|_| Error::FileTooLarge(name.clone()))?;
            let clusters = bytes.div_ceil(self.cluster());
            let first = if clusters == 0 { 0 } else { *next };
            *next += clusters;
            if let Content::Directory(bytes) = &mut self.pieces[at].content {
                if !is_short(name, &short) {
                    let long = long_entries(name, &short);
                    bytes.extend(long.iter().flatten());
                }
                bytes.extend(described(&short, attribute, first, said));
            }
            let content = match entry {
                Entry::File(source) => Content::File(source, size),
                Entry::Directory(_) => {
                    let dot = described(b".          ", ATTRIBUTE_DIRECTORY, first, 0);
                    let dots = described(b"..         ", ATTRIBUTE_DIRECTORY, own, 0);
                    Content::Directory([dot, dots].concat())
                }
            };
            self.pieces.push(Piece {
                first,
                clusters,
                content,
            });
            if let Entry::Directory(directory) = entry {
                self.add_entries(directory, self.pieces.len() - 1, first, next)?;
            }
        }
        Ok(())
    }

    /// Writes the volume, from its start to its end.
    pub(super) fn write(
        &self,
        label: &str,
        id: u32,
        mut to: impl Write + Seek,
    ) -> Result<(), Error> {
        let label = padded(label);
        let mut go = |sector: u64, bytes: &[u8]| {
            to.seek(SeekFrom::Start(sector * SECTOR))?;
            to.write_all(bytes)
        };
        let boot = self.boot_sector(&label, id);
        go(0, &boot).map_err(Error::Write)?;
        if self.fat32 {
            go(1, &self.info_sector()).map_err(Error::Write)?;
            // A copy of both.
            go(6, &boot).map_err(Error::Write)?;
            go(7, &self.info_sector()).map_err(Error::Write)?;
        }
        let fat = self.fat();
        for copy in 0..FATS {
            let sector = self.reserved_sectors + copy * self.sectors_per_fat;
            go(sector, &fat).map_err(Error::Write)?;
        }
        for (number, piece) in self.pieces.iter().enumerate() {
            let sector = match piece.first {
                0 => self.reserved_sectors + FATS * self.sectors_per_fat,
                first => self.first_data_sector() + (first - 2) * self.sectors_per_cluster,
            };
            to.seek(SeekFrom::Start(sector * SECTOR))
                .map_err(Error::Write)?;
            match &piece.content {
                Content::Directory(bytes) => {
                    if number == 0 {
                        let own = described(&label, ATTRIBUTE_LABEL, 0, 0);
                        to.write_all(&own).map_err(Error::Write)?;
                    }
                    to.write_all(bytes).map_err(Error::Write)?;
                }
                Content::File(source, size) => {
                    if source.copy(&mut to)? != *size {
                        return Err(Error::Changed(source.name()));
                    }
                }
            }
        }
        Ok(())
    }

    /// The first sector, with the BIOS parameter block.
    fn boot_sector(&self, label: &[u8; 11], id: u32) -> [u8; SECTOR as usize] {
        let mut sector = [0; SECTOR as usize];
        let mut put = |at: usize, bytes: &[u8]| sector[at..at + bytes.len()].copy_from_slice(bytes);
        // All numbers were computed from sizes that these fields have room for.
        let two = |number: u64| (number as u16).to_le_bytes();
        let four = |number: u64| (number as u32).to_le_bytes();
        put(0, &[0xeb, if self.fat32 { 0x58 } else { 0x3c }, 0x90]);
        put(3, b"MSWIN4.1");
        put(11, &two(SECTOR));
        put(13, &[self.sectors_per_cluster as u8]);
        put(14, &two(self.reserved_sectors));
        put(16, &[FATS as u8]);
        put(17, &two(if self.fat32 { 0 } else { ROOT_ENTRIES }));
        // The media descriptor of a fixed disk.
        put(21, &[0xf8]);
        put(24, &two(63));
        put(26, &two(255));
        put(28, &four(self.hidden_sectors));
        match u16::try_from(self.sectors) {
            Ok(sectors) if !self.fat32 => put(19, &sectors.to_le_bytes()),
            _ => put(32, &four(self.sectors)),
        }
        let rest = if self.fat32 {
            put(36, &four(self.sectors_per_fat));
            // The root's first cluster, the info sector and the copy.
            put(44, &four(2));
            put(48, &two(1));
            put(50, &two(6));
            64
        } else {
            put(22, &two(self.sectors_per_fat));
            36
        };
        put(rest, &[0x80, 0, 0x29]);
        put(rest + 3, &id.to_le_bytes());
        put(rest + 7, label);
        put(
            rest + 18,
            if self.fat32 { b"FAT32   " } else { b"FAT16   " },
        );
        put(510, &[0x55, 0xaa]);
        sector
    }

    /// FAT32 says what is free.
    fn info_sector(&self) -> [u8; SECTOR as usize] {
        let mut sector = [0; SECTOR as usize];
        let mut put = |at: usize, bytes: &[u8]| sector[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"RRaA");
        put(484, b"rrAa");
        put(488, &((self.clusters - self.used) as u32).to_le_bytes());
        put(492, &((self.used + 2) as u32).to_le_bytes());
        put(508, &[0, 0, 0x55, 0xaa]);
        sector
    }

    /// The chains: each run of clusters names the next one, up to an end mark.
    fn fat(&self) -> Vec<u8> {
        let mut entries: Vec<u32> = vec![0x0fff_fff8, 0x0fff_ffff];
        for piece in &self.pieces {
            for number in 1..=piece.clusters {
                entries.push(match number == piece.clusters {
                    true => 0x0fff_ffff,
                    false => (piece.first + number) as u32,
                });
            }
        }
        match self.fat32 {
            true => entries
                .iter()
                .flat_map(|entry| entry.to_le_bytes())
                .collect(),
            false => entries
                .iter()
                .flat_map(|&entry| (entry as u16).to_le_bytes())
                .collect(),
        }
    }
}

/// Bytes of a directory's entries, without "." and "..".
fn directory_size(directory: &Directory<'_>) -> u64 {
    let short = short_names(directory.entries.keys());
    let entries = directory.entries.keys().zip(&short).map(|(name, short)| {
        let long = match is_short(name, short) {
            true => 0,
            false => long_entries(name, short).len() as u64,
        };
        (1 + long) * ENTRY
    });
    entries.sum()
}

/// An entry of a directory.
fn described(name: &[u8; 11], attribute: u8, first: u64, size: u32) -> [u8; 32] {
    let mut entry = [0; ENTRY as usize];
    let first = (first as u32).to_le_bytes();
    entry[..11].copy_from_slice(name);
    entry[11] = attribute;
    for at in [16, 18, 24] {
        entry[at..at + 2].copy_from_slice(&DATE.to_le_bytes());
    }
    entry[20..22].copy_from_slice(&first[2..]);
    entry[26..28].copy_from_slice(&first[..2]);
    entry[28..].copy_from_slice(&size.to_le_bytes());
    entry
}

fn padded(text: &str) -> [u8; 11] {
    let mut label = [b' '; 11];
    let letters = text.bytes().filter(u8::is_ascii_graphic);
    for (place, letter) in label.iter_mut().zip(letters) {
        *place = letter.to_ascii_uppercase();
    }
    label
}
