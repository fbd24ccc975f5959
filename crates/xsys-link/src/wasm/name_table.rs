//! Maps names to numbers, for hundreds of thousands of long mangled names.
//!
//! Hashing such names is a large part of resolution. So every name is hashed once, in parallel, when its file is
//! read, and the hash is kept beside the name. The table stores hashes and numbers; its owner compares the names.

use std::hash::BuildHasher;

use hashbrown::HashTable;

/// The hash of a name. It is the same in every run, so that outputs are reproducible.
pub(super) fn hash(name: &str) -> u64 {
    foldhash::fast::FixedState::default().hash_one(name)
}

/// A name with its hash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hashed<'a> {
    /// The name.
    pub text: &'a str,
    /// Its [`hash`].
    pub hash: u64,
}

impl<'a> From<&'a str> for Hashed<'a> {
    fn from(text: &'a str) -> Self {
        let hash = hash(text);
        Hashed { text, hash }
    }
}

/// Numbers by hash.
#[derive(Debug, Default)]
pub struct NameTable {
    table: HashTable<(u64, u32)>,
}

impl NameTable {
    /// Reserves space for this many names.
    pub fn reserve(&mut self, count: usize) {
        self.table.reserve(count, |&(hash, _)| hash);
    }

    /// The number stored under this hash for which `is` holds.
    pub fn get(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        let same = |&(known, number): &(u64, u32)| known == hash && is(number);
        self.table.find(hash, same).map(|&(_, number)| number)
    }

    /// Adds a number that is not in the table yet.
    pub fn insert(&mut self, hash: u64, number: u32) {
        self.table
            .insert_unique(hash, (hash, number), |&(hash, _)| hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_hashes_are_told_apart() {
        let mut table = NameTable::default();
        table.reserve(2);
        table.insert(7, 1);
        table.insert(7, 2);
        assert_eq!(table.get(7, |number| number == 2), Some(2));
        assert_eq!(table.get(7, |number| number == 3), None);
        assert_eq!(table.get(8, |_| true), None);
        assert_ne!(hash("a"), hash("b"));
    }
}
