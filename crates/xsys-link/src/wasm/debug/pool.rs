//! Names in debug information: each once, and only those that something refers to.
//!
//! Each object's names come with their hashes, sorted into shards by them; the shards are then
//! made unique in parallel. Which name goes where depends on its hash and on the order of files,
//! not on the number of threads.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use rayon::prelude::*;

use crate::wasm::symbols::Resolved;
use super::FilePlan;
use super::rank::Ranks;

const SHARDS: usize = 64;

/// The strings of one section that are referred to.
#[derive(Debug)]
pub struct Wanted {
    section: u32,
    /// Where each is in its section, by number.
    offsets: Vec<u32>,
    /// Sorted by shard.
    strings: Vec<Wish>,
    /// Where each shard begins.
    shards: Vec<u32>,
    /// Where each is in the pool, by number.
    places: Vec<AtomicU32>,
}

/// A string that is referred to.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    hash: u64,
    length: u32,
    number: u32,
}

impl Wanted {
    /// Looks at the strings of a section at the offsets of `ranks`, which has their numbers; `unsorted`
    /// is room for that.
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

    /// Where the string at an offset is in the pool.
    pub fn place(&self, offset: u32) -> Option<u64> {
        let number = self.offsets.binary_search(&offset).ok()?;
        self.place_of(number as u32)
    }

    /// Where the string of a number is in the pool.
    #[inline]
    pub fn place_of(&self, number: u32) -> Option<u64> {
        let place = self.places.get(number as usize)?;
        Some(u64::from(place.load(Relaxed)))
    }
}

fn shard(hash: u64) -> usize {
    (hash >> 32) as usize % SHARDS
}

/// Strings, each once.
#[derive(Debug)]
pub struct Pool<'a> {
    name: &'static str,
    shards: Vec<Shard<'a>>,
    size: u64,
}

/// Some of a pool's strings.
#[derive(Debug, Default)]
pub struct Shard<'a> {
    strings: Vec<&'a [u8]>,
    size: u64,
}

/// Gathers the strings of all sections of a name.
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
        // More than half of all are there already.
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

    /// Their size.
    pub fn size(&self) -> usize {
        self.size as usize
    }

    /// Writes them.
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

    /// The size of all strings.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The strings, in parts.
    pub fn shards(&self) -> &[Shard<'a>] {
        &self.shards
    }
}
