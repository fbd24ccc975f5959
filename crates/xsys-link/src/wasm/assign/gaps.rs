//! Leaves out long runs of zeros in data.
//!
//! Memory is zero at the start, so a segment may be split into several that leave out runs of zeros. Each segment has
//! a header of about eight bytes, so only long runs are worth it. This is only possible if the module defines its
//! memory and does not share it: imported memory may contain anything, and shared memory is initialised by code.

use std::ops::Range;

use crate::wasm::WasmOptions;
use crate::wasm::layout::{Contents, Layout};
use crate::wasm::leb;
use crate::wasm::live::Live;
use crate::wasm::relocate;
use crate::wasm::symbols::Resolved;

/// The most segments that engines accept (JavaScript embedding, "Implementation limits").
const MAX_SEGMENTS: usize = 100_000;
/// How many bytes a gap has to save at least. A short run costs little when a module is compressed.
const WORTH: usize = 4;

/// The contents of data segments, in order, with the ranges to write. Empty if nothing can be left out.
pub(crate) fn find(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    live: &Live,
    layout: &Layout<'_>,
) -> Vec<Contents> {
    let memory = &layout.memory;
    if !options.leaves_gaps() || memory.shared || options.memory.import.is_some() {
        return Vec::new();
    }
    let mut left = MAX_SEGMENTS - memory.segments.len().min(MAX_SEGMENTS);
    let found = memory.segments.iter().map(|segment| {
        if segment.zero {
            return Contents::default();
        }
        let mut bytes = vec![0; segment.size as usize];
        relocate::segment(resolved, live, layout, segment, &mut bytes);
        let chunks = chunks(&bytes, segment.addr, left);
        left -= chunks.len().saturating_sub(1).min(left);
        Contents { bytes, chunks }
    });
    found.collect()
}

/// The ranges to write of a segment, at most `most` splits.
fn chunks(bytes: &[u8], addr: u64, most: usize) -> Vec<Range<usize>> {
    let mut chunks: Vec<Range<usize>> = Vec::new();
    let first = leading_zeros(bytes);
    let Some(last) = bytes.iter().rposition(|&byte| byte != 0) else {
        return chunks;
    };
    let end = match bytes.len() - (last + 1) {
        0..WORTH => bytes.len(),
        _ => last + 1,
    };
    let mut start = if first < WORTH { 0 } else { first };
    for gap in Zeros::new(&bytes[..=last], first) {
        // Flags, opcode, address, `end`, size.
        let header = 3 + leb::sleb_len((addr + gap.end as u64) as i64) + leb::uleb_len(128);
        if chunks.len() < most && gap.len() >= header + WORTH {
            chunks.push(start..gap.start);
            start = gap.end;
        }
    }
    chunks.push(start..end);
    chunks
}

/// How many bytes at the start are zero.
fn leading_zeros(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    let whole = words.iter().take_while(|&&word| word == [0; 8]).count() * 8;
    let rest = bytes[whole..].iter().take_while(|&&byte| byte == 0);
    whole + rest.count()
}

/// The runs of zeros that may be worth a gap, with other bytes on both sides.
///
/// Data contain many small numbers and pointers, whose upper bytes are zero, so there is a short run every few bytes.
/// A run of seven bytes or more contains four zeros at an offset that is a multiple of four: only those are looked
/// for.
struct Zeros<'b> {
    bytes: &'b [u8],
    /// Where the search continues. The byte before is not part of a run.
    at: usize,
}

impl<'b> Zeros<'b> {
    /// Starts behind `at`.
    fn new(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at }
    }
}

impl Iterator for Zeros<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let from = self.at.next_multiple_of(4);
        let (words, _) = self.bytes.get(from..)?.as_chunks::<4>();
        let found = from + 4 * words.iter().position(|&word| word == [0; 4])?;
        let before = self.bytes[self.at..found].iter().rev();
        let start = found - before.take_while(|&&byte| byte == 0).count();
        let end = found + leading_zeros(&self.bytes[found..]);
        self.at = end;
        Some(start..end)
    }
}

#[cfg(test)]
#[allow(
    clippy::single_range_in_vec_init,
    reason = "one chunk is what is expected"
)]
mod tests {
    use super::*;

    fn check(parts: &[(u8, usize)], most: usize, expected: &[Range<usize>]) {
        let bytes: Vec<u8> = parts
            .iter()
            .flat_map(|&(byte, count)| std::iter::repeat_n(byte, count))
            .collect();
        assert_eq!(chunks(&bytes, 0x10_0000, most), expected, "{parts:?}");
    }

    #[test]
    fn long_runs_of_zeros_are_left_out() {
        check(&[(1, 5), (0, 12), (1, 5)], 9, &[0..22]);
        check(&[(1, 5), (0, 13), (1, 5)], 9, &[0..5, 18..23]);
        check(&[(0, 4), (1, 5), (0, 4)], 9, &[4..9]);
        // Too short to be worth it.
        check(&[(0, 3), (1, 5), (0, 3)], 9, &[0..11]);
        check(&[(0, 100)], 9, &[]);
        check(&[], 9, &[]);
    }

    #[test]
    fn runs_are_found_wherever_they_are() {
        for before in 1..20 {
            for run in 7..40 {
                let bytes: Vec<u8> = [vec![1; before], vec![0; run], vec![1]].concat();
                let found: Vec<_> = Zeros::new(&bytes, 0).collect();
                assert_eq!(found, [before..before + run], "{before} {run}");
                assert_eq!(leading_zeros(&bytes[before..]), run);
            }
        }
        assert_eq!(leading_zeros(&[0; 13]), 13);
    }

    #[test]
    fn there_are_only_so_many_segments() {
        let runs = [(1, 1), (0, 50), (1, 1), (0, 50), (1, 1)];
        check(&runs, 1, &[0..1, 51..103]);
        check(&runs, 0, &[0..103]);
    }
}
