//! Reads FAT volumes: what is on a card, and the boot partitions of other systems' images.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek};

use super::chains::{Chains, Geometry, Root, damaged};

/// Bytes of directories that are read for the list of files: a Pi's boot partition has some hundred entries.
const LIST_LIMIT: u64 = 64 << 20;
/// The most that a directory may have, by the specification.
const DIRECTORY_LIMIT: u64 = 65_536 * 32;
const MOST_ENTRIES: usize = 100_000;
const LONGEST_PATH: usize = 4096;

const ENTRY: usize = 32;
const IS_LABEL: u8 = 0x08;
const IS_DIRECTORY: u8 = 0x10;
/// Of a piece of a long name.
const IS_LONG: u8 = 0x0f;

/// A file system to be looked at.
#[derive(Debug)]
pub struct Reader<T> {
    partition: T,
    volume: Geometry,
}

/// What a directory says of a file or directory in it.
#[derive(Clone, Debug)]
struct Entry {
    name: String,
    directory: bool,
    first: u32,
    size: u64,
}

impl<T: Read + Seek + Clone> Reader<T> {
    /// Opens the file system on a partition.
    ///
    /// # Errors
    /// Where there is none, or a damaged one.
    pub fn open(mut partition: T) -> io::Result<Self> {
        Ok(Self {
            volume: Geometry::read(&mut partition)?,
            partition,
        })
    }

    /// The paths of all files, sorted, and their sizes in bytes.
    ///
    /// # Errors
    /// Where a directory is damaged.
    pub fn files(&self) -> io::Result<Vec<(String, u64)>> {
        let mut chains = self.chains();
        let mut files = Vec::new();
        let mut directories = vec![(String::new(), None)];
        let (mut bytes, mut count) = (0, 0);
        let mut seen = BTreeSet::new();
        while let Some((path, first)) = directories.pop() {
            // A directory that contains itself would never end.
            if !seen.insert(first) {
                return Err(endless());
            }
            let directory = self.directory(&mut chains, first)?;
            bytes += directory.len() as u64;
            let entries = entries(&directory);
            count += entries.len();
            if bytes > LIST_LIMIT || count > MOST_ENTRIES {
                return Err(endless());
            }
            for entry in entries {
                let path = match path.is_empty() {
                    true => entry.name,
                    false => format!("{path}/{}", entry.name),
                };
                if path.len() > LONGEST_PATH {
                    return Err(endless());
                }
                match entry.directory {
                    true => directories.push((path, Some(entry.first))),
                    false => files.push((path, entry.size)),
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// A file's bytes; at most `limit` of them.
    ///
    /// # Errors
    /// Where there is no such file, or it is longer.
    pub fn read(&self, path: &str, limit: u64) -> io::Result<Vec<u8>> {
        let mut chains = self.chains();
        let mut first = None;
        let mut parts = path.split('/').peekable();
        loop {
            let part = parts.next().unwrap_or_default();
            let directory = entries(&self.directory(&mut chains, first)?);
            let mut found = directory
                .into_iter()
                .filter(|entry| entry.name.eq_ignore_ascii_case(part));
            let entry = found.next().ok_or(io::ErrorKind::NotFound)?;
            match (parts.peek(), entry.directory) {
                (Some(_), true) => first = Some(entry.first),
                (None, false) if entry.size > limit => {
                    return Err(io::ErrorKind::FileTooLarge.into());
                }
                (None, false) if entry.size > self.volume.room() => {
                    return Err(damaged("a file is larger than its volume"));
                }
                (None, false) => return chains.read(entry.first, entry.size, false),
                _ => return Err(io::ErrorKind::NotFound.into()),
            }
        }
    }

    fn chains(&self) -> Chains<'_, T> {
        Chains::new(&self.volume, self.partition.clone())
    }

    /// The bytes of a directory; of the root, where no cluster is named.
    fn directory(&self, chains: &mut Chains<'_, T>, first: Option<u32>) -> io::Result<Vec<u8>> {
        match (first, self.volume.root) {
            (Some(first), _) | (None, Root::Chain(first)) => {
                chains.read(first, DIRECTORY_LIMIT, true)
            }
            (None, Root::Fixed(place, size)) => chains.at(place, size),
        }
    }
}

/// The files and directories that a directory lists.
fn entries(directory: &[u8]) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut long = Long::default();
    for entry in directory.chunks_exact(ENTRY) {
        let kind = entry[11];
        match entry[0] {
            0 => break,
            // A deleted entry.
            0xe5 => long = Long::default(),
            _ if kind & 0x3f == IS_LONG => long.add(entry),
            _ => {
                let long = std::mem::take(&mut long).finish(entry);
                let name = long.unwrap_or_else(|| short_name(entry));
                let useful = !matches!(&*name, "" | "." | "..") && !name.contains(['/', '\0']);
                if kind & IS_LABEL == 0 && useful {
                    let half = |at: usize| u32::from(entry[at]) | u32::from(entry[at + 1]) << 8;
                    found.push(Entry {
                        name,
                        directory: kind & IS_DIRECTORY != 0,
                        first: half(20) << 16 | half(26),
                        size: u64::from(half(28) | half(30) << 16),
                    });
                }
            }
        }
    }
    found
}

/// A long name, of which the last piece comes first.
#[derive(Default)]
struct Long {
    /// UTF-16, piece by piece.
    pieces: Vec<[u16; 13]>,
    /// The number of the piece that is to come; 0 if all are there.
    next: u8,
    sum: u8,
}

impl Long {
    fn add(&mut self, entry: &[u8]) {
        let number = entry[0] & 0x3f;
        if entry[0] & 0x40 != 0 {
            *self = Self {
                pieces: Vec::new(),
                next: number,
                sum: entry[13],
            };
        }
        // Pieces that do not fit together are dropped.
        if number == 0 || number > 20 || number != self.next || entry[13] != self.sum {
            *self = Self::default();
            return;
        }
        self.next -= 1;
        let places = (1..11).chain(14..26).chain(28..32).step_by(2);
        debug_assert_eq!(places.clone().count(), 13);
        let mut piece = [0; 13];
        for (unit, at) in piece.iter_mut().zip(places) {
            *unit = u16::from_le_bytes([entry[at], entry[at + 1]]);
        }
        self.pieces.push(piece);
    }

    /// The name, if it is whole and for this entry.
    fn finish(self, entry: &[u8]) -> Option<String> {
        let name = &entry[..11];
        let sum = name
            .iter()
            .fold(0_u8, |sum, byte| sum.rotate_right(1).wrapping_add(*byte));
        if self.pieces.is_empty() || self.next != 0 || sum != self.sum {
            return None;
        }
        let units = self.pieces.iter().rev().flatten().copied();
        let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        Some(String::from_utf16_lossy(&units))
    }
}

/// `KERNEL8 IMG`, of which two bits may say that it is in small letters.
fn short_name(entry: &[u8]) -> String {
    let part = |range: std::ops::Range<usize>, small: u8| {
        let text = String::from_utf8_lossy(&entry[range]);
        let text = text.trim_end().to_owned();
        match entry[12] & small {
            0 => text,
            _ => text.to_ascii_lowercase(),
        }
    };
    let (name, ending) = (part(0..8, 0x08), part(8..11, 0x10));
    match ending.is_empty() {
        true => name,
        false => format!("{name}.{ending}"),
    }
}

fn endless() -> io::Error {
    damaged("its directories have no end")
}
