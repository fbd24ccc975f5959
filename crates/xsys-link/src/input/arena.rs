//! An append-only list whose items never move: chunks of doubling size, each filled slot by slot.
//!
//! Adding an item gives a reference that lives as long as the list. Several threads can add items at
//! the same time.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The list.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    chunks: [OnceLock<Box<[OnceLock<T>]>>; usize::BITS as usize],
    len: AtomicUsize,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self {
            chunks: [const { OnceLock::new() }; usize::BITS as usize],
            len: AtomicUsize::new(0),
        }
    }
}

impl<T> Arena<T> {
    /// The chunk and the slot of an index: chunk `k` holds the indexes 2^k − 1 … 2^(k+1) − 2.
    fn locate(at: usize) -> (usize, usize) {
        let chunk = (at + 1).ilog2();
        (chunk as usize, at + 1 - (1 << chunk))
    }

    /// Adds an item; returns its index and the place where it stays.
    pub(crate) fn push(&self, item: T) -> (usize, &T) {
        let at = self.len.fetch_add(1, Ordering::Relaxed);
        let (chunk, place) = Self::locate(at);
        let slots = self.chunks[chunk]
            .get_or_init(|| (0..1_usize << chunk).map(|_| OnceLock::new()).collect());
        // The index is ours alone, so the slot is empty and takes our item.
        (at, slots[place].get_or_init(|| item))
    }

    /// The item of an index, once it is complete.
    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        let (chunk, place) = Self::locate(at);
        self.chunks.get(chunk)?.get()?.get(place)?.get()
    }

    /// How many items there are or are being added.
    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    #[test]
    fn items_stay_where_they_are() {
        let arena = Arena::default();
        let first: &usize = arena.push(7).1;
        (0..1000_usize).into_par_iter().for_each(|n| {
            let (at, item) = arena.push(n);
            assert_eq!(arena.get(at), Some(item));
        });
        assert_eq!(
            arena.get(0).map(std::ptr::from_ref),
            Some(std::ptr::from_ref(first))
        );
        let sum: usize = (0..arena.len()).filter_map(|at| arena.get(at)).sum();
        assert_eq!(sum, 7 + 999 * 1000 / 2);
        assert_eq!(arena.get(arena.len()), None);
    }
}
