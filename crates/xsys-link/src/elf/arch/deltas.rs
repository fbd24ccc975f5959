//! Relaxation deltas: the bytes that relaxation removes from a section, and the instructions that it
//! changes.
//!
//! Problem: contents stay in the mapped inputs, but later passes need to know where an offset has
//! moved and which instruction is at a place now. Both are sorted lists beside the section, which are
//! searched by bisection.
//!
//! Spec: RISC-V psABI, "Linker Relaxation".

use super::Rewrite;

/// Removed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Delta {
    start: u64,
    length: u64,
    /// Bytes removed before it.
    before: u64,
}

/// A relocation whose instruction was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Index in the section's table.
    pub reloc: u32,
    /// Bytes removed with it.
    pub removed: u8,
    /// The sequence that is written instead.
    pub rewrite: Rewrite,
}

/// What relaxation does to one section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deltas {
    deltas: Vec<Delta>,
    /// By ascending index, once [`finish`](Deltas::finish)ed.
    changes: Vec<Change>,
}

impl Deltas {
    /// Removes `length` bytes at `start`. Calls are in ascending order; returns `false` for bytes that
    /// overlap earlier ones.
    pub(crate) fn remove(&mut self, start: u64, length: u64) -> bool {
        let before = self.total();
        if self
            .deltas
            .last()
            .is_some_and(|c| c.start + c.length > start)
        {
            return false;
        }
        if length > 0 {
            self.deltas.push(Delta {
                start,
                length,
                before,
            });
        }
        true
    }

    /// Notes the replacement of a relocation's instruction.
    pub(crate) fn change(&mut self, reloc: u32, removed: u8, rewrite: Rewrite) {
        self.changes.push(Change {
            reloc,
            removed,
            rewrite,
        });
    }

    /// Sorts the changes; relocation tables need not ascend by offset.
    pub(crate) fn finish(mut self) -> Option<Self> {
        if !self.changes.is_sorted_by_key(|c| c.reloc) {
            self.changes.sort_by_key(|c| c.reloc);
        }
        (!self.deltas.is_empty() || !self.changes.is_empty()).then_some(self)
    }

    /// Bytes removed in all.
    pub(crate) fn total(&self) -> u64 {
        self.deltas.last().map_or(0, |c| c.before + c.length)
    }

    /// The offset after relaxation; offsets in removed bytes move to their start.
    pub(crate) fn map(&self, offset: u64) -> u64 {
        let behind = self.deltas.partition_point(|c| c.start < offset);
        match behind.checked_sub(1).and_then(|at| self.deltas.get(at)) {
            Some(c) => offset - c.before - c.length.min(offset - c.start),
            None => offset,
        }
    }

    /// The replacement of a relocation's instruction.
    pub(crate) fn change_of(&self, reloc: u32) -> Option<&Change> {
        let at = self
            .changes
            .binary_search_by_key(&reloc, |c| c.reloc)
            .ok()?;
        self.changes.get(at)
    }

    /// All changes, by ascending relocation.
    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The ranges that are left of `length` bytes.
    pub(crate) fn kept(&self, length: u64) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let starts = std::iter::once(0).chain(self.deltas.iter().map(|c| c.start + c.length));
        let ends = self.deltas.iter().map(|c| c.start).chain([length]);
        starts
            .zip(ends)
            .map(move |(start, end)| start as usize..end.min(length).max(start) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::Deltas;

    #[test]
    fn cuts_move_what_follows() {
        let mut deltas = Deltas::default();
        assert!(deltas.remove(4, 2) && deltas.remove(10, 4));
        assert!(!deltas.remove(13, 1), "overlaps");
        let mapped: Vec<u64> = [0, 4, 5, 6, 10, 12, 14, 20]
            .into_iter()
            .map(|o| deltas.map(o))
            .collect();
        assert_eq!(mapped, [0, 4, 4, 4, 8, 8, 8, 14]);
        assert_eq!(deltas.total(), 6);
        let kept: Vec<_> = deltas.kept(20).collect();
        assert_eq!(kept, [0..4, 6..10, 14..20]);
        assert_eq!(Deltas::default().finish(), None);
    }
}
