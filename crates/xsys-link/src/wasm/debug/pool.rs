//! Strings of debug information: those that are used, each one once.
//!
//! The strings of each object are hashed and sorted into shards by hash; then duplicates are removed in all shards in
//! parallel. Where a string goes depends on its hash and on the order of files, not on the number of threads.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use rayon::prelude::*;

use super::FilePlan;
use super::rank::Ranks;
use crate::wasm::symbols::Resolved;

const SHARDS: usize = 64;

/// The strings that a file uses of one string section.
#[derive(Debug)]
pub struct Wanted {
    section: u32,
    /// Offset in the section, by the string's number.
    offsets: Vec<u32>,
    /// The strings, sorted by shard.
    strings: Vec<Wish>,
    /// Start of each shard in `strings`.
    shards: Vec<u32>,
    /// Offset in the pool, by the string's number.
    places: Vec<AtomicU32>,
}

/// A string that is used.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    hash: u64,
    length: u32,
    number: u32,
}

impl Wanted {
    /// Reads the strings at the offsets of `ranks`, which numbers them. `unsorted` is a buffer.
    pub fn new(section: u32, bytes: &[u8], ranks: &Ranks, unsorted: &mut Vec<Wish>) -> Self {
        let hasher = FixedState::default();
        let mut starts = [0u32; SHARDS + 1];
        let mut offsets = Vec::with_capacity(ranks.count());
        unsorted.clear();
        for (number, offset) in (0u32..).zip(ranks.iter()) {
            let rest = bytes.get(offset as usize..).unwrap_or_default();
            let length = memchr::memchr(0, rest).unwrap_or(rest.len());
            let hash = hasher.hash_one(&rest[..length]);
            starts[shard(hash) + 1] += 1;
            offsets.push(offset);
            unsorted.push(Wish {
                hash,
                length: length as u32,
                number,
            });
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let shards = starts.to_vec();
        let mut places = Vec::new();
        places.resize_with(unsorted.len(), AtomicU32::default);
        let mut strings = unsorted.clone();
        for wish in unsorted {
            let next = &mut starts[shard(wish.hash)];
            strings[*next as usize] = *wish;
            *next += 1;
        }
        Self {
            section,
            offsets,
            strings,
            shards,
            places,
        }
    }

    /// The section.
    pub fn section(&self) -> u32 {
        self.section
    }

    /// The offset in the pool of the string at an offset of the section.
    pub fn place(&self, offset: u32) -> Option<u64> {
        let number = self.offsets.binary_search(&offset).ok()?;
        self.place_of(number as u32)
    }

    /// The offset in the pool of the string with a number.
    #[inline]
    pub fn place_of(&self, number: u32) -> Option<u64> {
        let place = self.places.get(number as usize)?;
        Some(u64::from(place.load(Relaxed)))
    }
}

fn shard(hash: u64) -> usize {
    (hash >> 32) as usize % SHARDS
}

/// The strings of all files, each one once.
#[derive(Debug)]
pub struct Pool<'a> {
    name: &'static str,
    shards: Vec<Shard<'a>>,
    size: u64,
}

/// A part of the pool.
#[derive(Debug, Default)]
pub struct Shard<'a> {
    strings: Vec<&'a [u8]>,
    size: u64,
}

/// Builds the pool for the string sections of this name.
pub(super) fn build<'a>(
    name: &'static str,
    resolved: &Resolved<'a>,
    files: &[FilePlan],
) -> Pool<'a> {
    let lists: Vec<(&'a [u8], &Wanted)> = files
        .iter()
        .zip(&resolved.files)
        .flat_map(|(plan, object)| {
            plan.wanted.iter().filter_map(|wanted| {
                let custom = object.customs.get(wanted.section as usize)?;
                (custom.name == name).then_some((custom.data, wanted))
            })
        })
        .collect();
    let shards: Vec<Shard<'a>> = (0..SHARDS)
        .into_par_iter()
        .map(|number| Shard::build(number, &lists))
        .collect();
    let mut starts = [0u32; SHARDS];
    let mut size = 0u64;
    for (start, shard) in starts.iter_mut().zip(&shards) {
        *start = u32::try_from(size).unwrap_or(u32::MAX);
        size += shard.size;
    }
    lists.par_iter().for_each(|(_, wanted)| {
        for wish in &wanted.strings {
            let place = &wanted.places[wish.number as usize];
            place.store(
                place.load(Relaxed).wrapping_add(starts[shard(wish.hash)]),
                Relaxed,
            );
        }
    });
    Pool { name, shards, size }
}

impl<'a> Shard<'a> {
    fn build(number: usize, lists: &[(&'a [u8], &Wanted)]) -> Self {
        let mut shard = Shard::default();
        let count = |wanted: &Wanted| wanted.shards[number + 1] - wanted.shards[number];
        let all: u32 = lists.iter().map(|(_, wanted)| count(wanted)).sum();
        // More than half of the strings are duplicates.
        let mut known: HashTable<(u64, u32, u32)> = HashTable::with_capacity(all as usize / 2);
        for (bytes, wanted) in lists {
            let range = wanted.shards[number] as usize..wanted.shards[number + 1] as usize;
            for wish in &wanted.strings[range] {
                let from = wanted.offsets[wish.number as usize] as usize;
                let string = bytes
                    .get(from..from + wish.length as usize)
                    .unwrap_or_default();
                let found = known.entry(
                    wish.hash,
                    |&(hash, at, _)| hash == wish.hash && shard.strings[at as usize] == string,
                    |&(hash, ..)| hash,
                );
                let entry = found.or_insert_with(|| {
                    let place = shard.size as u32;
                    shard.strings.push(string);
                    shard.size += string.len() as u64 + 1;
                    (wish.hash, shard.strings.len() as u32 - 1, place)
                });
                let place = entry.get().2;
                wanted.places[wish.number as usize].store(place, Relaxed);
            }
        }
        shard
    }

    /// Size of the strings.
    pub fn size(&self) -> usize {
        self.size as usize
    }

    /// Writes the strings.
    pub fn write(&self, out: &mut [u8]) {
        let mut at = 0;
        for string in &self.strings {
            let end = at + string.len();
            out[at..end].copy_from_slice(string);
            out[end] = 0;
            at = end + 1;
        }
    }
}

impl<'a> Pool<'a> {
    /// The section's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Size of all strings.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The shards in order.
    pub fn shards(&self) -> &[Shard<'a>] {
        &self.shards
    }
}
