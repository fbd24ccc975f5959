//! `.hash` and `.gnu.hash`: how a dynamic linker finds a name.
//!
//! `.gnu.hash` has only the symbols that the output defines, which stand last in `.dynsym`, ordered by bucket; a Bloom
//! filter before the buckets answers most searches for what is not there.
//!
//! Spec: gABI "Hash Table"; for DT_GNU_HASH what glibc, musl and binutils agree on.

use super::super::put::Words;

/// gABI "Hash Table".
pub(crate) fn sysv(name: &[u8]) -> u32 {
    object::elf::hash(name)
}

/// The hash of DT_GNU_HASH.
pub(super) fn gnu(name: &[u8]) -> u32 {
    object::elf::gnu_hash(name)
}

/// The shape of `.gnu.hash`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GnuShape {
    /// Number of buckets.
    pub buckets: u32,
    /// Words of the Bloom filter, a power of two.
    bloom: u32,
    /// Index of the first symbol in the table.
    first: u32,
    count: u32,
}

/// How far the second bit of the Bloom filter's hash is from the first.
const SHIFT: u32 = 26;

impl GnuShape {
    /// For `count` symbols from `first` on: about four symbols a bucket, and twelve bits of the filter a symbol.
    pub(super) fn of(count: usize, first: usize, word: usize) -> Self {
        let bits = (count * 12).max(1);
        Self {
            buckets: (count / 4).max(1) as u32,
            bloom: bits.div_ceil(word * 8).next_power_of_two() as u32,
            first: first as u32,
            count: count as u32,
        }
    }

    /// Bytes of the section.
    pub(super) fn size(self, word: usize) -> u64 {
        16 + u64::from(self.bloom) * word as u64 + 4 * u64::from(self.buckets + self.count)
    }

    /// Writes the table for the hashes of the symbols, which are ordered by bucket.
    pub(super) fn write(self, words: Words, hashes: &[u32], out: &mut [u8]) {
        let size = words.size();
        let bits = size as u32 * 8;
        let mut put = |at: usize, value| words.put32(out, at, value);
        let header = [self.buckets, self.first, self.bloom, SHIFT];
        for (index, value) in header.into_iter().enumerate() {
            put(4 * index, value);
        }
        let mut filter = vec![0u64; self.bloom as usize];
        for hash in hashes {
            let word = (hash / bits) & (self.bloom - 1);
            let set = 1u64 << (hash % bits) | 1 << ((hash >> SHIFT) % bits);
            filter[word as usize] |= set;
        }
        let buckets = 16 + filter.len() * size;
        let chains = buckets + 4 * self.buckets as usize;
        for (index, hash) in hashes.iter().enumerate() {
            let bucket = hash % self.buckets;
            let of = |other: Option<&u32>| other.map(|hash| hash % self.buckets);
            let previous = index.checked_sub(1).and_then(|at| hashes.get(at));
            if of(previous) != Some(bucket) {
                put(buckets + 4 * bucket as usize, self.first + index as u32);
            }
            // The last symbol of a bucket has the lowest bit set.
            let last = of(hashes.get(index + 1)) != Some(bucket);
            put(chains + 4 * index, hash & !1 | u32::from(last));
        }
        for (index, value) in filter.into_iter().enumerate() {
            words.put(out, 16 + index * size, value);
        }
    }
}

/// Buckets of `.hash` for that many symbols, the null symbol included.
pub(super) fn sysv_buckets(symbols: usize) -> usize {
    (symbols / 2).max(1)
}

/// Writes `.hash`; `names` has the null symbol's.
pub(super) fn write_sysv(words: Words, names: &[&[u8]], out: &mut [u8]) {
    let count = sysv_buckets(names.len());
    let mut buckets = vec![0u32; count];
    let mut chains = vec![0u32; names.len()];
    for (index, name) in names.iter().enumerate().skip(1) {
        let bucket = &mut buckets[sysv(name) as usize % count];
        chains[index] = *bucket;
        *bucket = index as u32;
    }
    let header = [count as u32, names.len() as u32];
    let all = header.into_iter().chain(buckets).chain(chains);
    for (index, value) in all.enumerate() {
        words.put32(out, 4 * index, value);
    }
}
