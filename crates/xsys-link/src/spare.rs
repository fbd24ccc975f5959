//! Room that threads work in, one after another.
//!
//! Vectors that are made for one file and dropped after it cost page faults again and again: what stays
//! of the file lies between them, so the allocator rarely has a place that fits the next one's.

use std::sync::Mutex;

/// What can be lent.
#[derive(Debug, Default)]
pub(crate) struct Spare<T>(Mutex<Vec<T>>);

impl<T: Default> Spare<T> {
    /// Lends one, as its last user has left it, or a new one.
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
