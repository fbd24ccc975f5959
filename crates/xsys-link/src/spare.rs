//! Buffers that threads reuse.
//!
//! Vectors that are made for each file and dropped after it cost page faults again and again: results
//! that stay are allocated between them, so the next file's vectors rarely fit into the same memory.

use std::sync::Mutex;

/// A pool of buffers that are not in use.
#[derive(Debug, Default)]
pub(crate) struct Spare<T>(Mutex<Vec<T>>);

impl<T: Default> Spare<T> {
    /// Lends a buffer with the contents that its last user has left, or a new one.
    pub(crate) fn lend<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let taken = self.0.lock().ok().and_then(|mut spare| spare.pop());
        let mut lent = taken.unwrap_or_default();
        let result = work(&mut lent);
        if let Ok(mut spare) = self.0.lock() {
            spare.push(lent);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_lent_again() {
        let spare = Spare::<Vec<u32>>::default();
        spare.lend(|first| {
            first.push(1);
            spare.lend(|second| {
                assert!(second.is_empty());
                second.push(2);
            });
        });
        assert_eq!(spare.lend(|last| last.clone()), [1]);
    }
}
