//! Data without long runs of zeros.
//!
//! Memory starts out as zeros, so a segment may be written as several that leave out what is zero
//! anyway. Each costs a header of about eight bytes, so only longer runs pay. That holds only where
//! memory is the module's own and fresh: an imported one may hold anything, and one that threads share
//! is filled by code.

use std::ops::Range;

use super::WasmOptions;
use super::assign::Layout;
use super::gc::Live;
use super::leb;
use super::memory::{OutputSegment, Source};
use super::relocate::{self, Chunk};
use super::symbols::Resolved;

/// Engines refuse more segments than this (JavaScript embedding, "Implementation limits").
const MAX_SEGMENTS: usize = 100_000;
/// How many bytes a gap has to save at least: short runs cost little once a module is compressed.
const WORTH: usize = 4;

/// A segment as it is written.
#[derive(Debug, Default)]
pub struct Contents {
    /// All of its bytes.
    pub bytes: Vec<u8>,
    /// Which of them are written.
    pub chunks: Vec<Range<usize>>,
}

/// The contents of the segments, in their order, with what can be left out. Empty where nothing
/// can.
pub fn find(
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
    let found = memory.segments.iter().enumerate().map(|(number, segment)| {
        if segment.zero {
            return Contents::default();
        }
        let mut bytes = vec![0; segment.size as usize];
        fill(resolved, live, layout, number, segment, &mut bytes);
        let chunks = chunks(&bytes, segment.addr, left);
        left -= chunks.len().saturating_sub(1).min(left);
        Contents { bytes, chunks }
    });
    found.collect()
}

/// Splits at most `most` times.
fn chunks(bytes: &[u8], addr: u64, most: usize) -> Vec<Range<usize>> {
    let mut chunks: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(start) = bytes[at..].iter().position(|&byte| byte != 0) {
        let start = at + start;
        let end = bytes[start..].iter().position(|&byte| byte == 0);
        let end = end.map_or(bytes.len(), |length| start + length);
        // Kind of segment, opcode, address, end, size.
        let header = 3 + leb::sleb_len((addr + start as u64) as i64) + leb::uleb_len(128);
        let full = chunks.len() > most;
        match chunks.last_mut() {
            Some(last) if full || start - last.end < header + WORTH => last.end = end,
            None if start < WORTH => chunks.push(0..end),
            _ => chunks.push(start..end),
        }
        at = end;
    }
    if let Some(last) = chunks.last_mut()
        && bytes.len() - last.end < WORTH
    {
        last.end = bytes.len();
    }
    chunks
}

/// Fills in a segment's bytes.
pub fn fill(
    resolved: &Resolved<'_>,
    live: &Live,
    layout: &Layout<'_>,
    number: usize,
    whole: &OutputSegment<'_>,
    out: &mut [u8],
) {
    for part in &whole.parts {
        let at = part.offset as usize;
        match part.source {
            Source::Strings => {
                let strings = &layout.memory.strings[number].bytes;
                out[at..at + strings.len()].copy_from_slice(strings);
            }
            Source::Input(file, item) => {
                let segment = &resolved.file(file).segments[item as usize];
                let place = &mut out[at..at + segment.data.len()];
                place.copy_from_slice(segment.data);
                let chunk = Chunk {
                    file,
                    relocs: segment.relocs,
                    start: u64::from(segment.offset),
                    tombstone: None,
                    addr: whole.addr + part.offset,
                };
                relocate::apply(layout, resolved, live, &chunk, place);
            }
        }
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
        // Not worth a change.
        check(&[(0, 3), (1, 5), (0, 3)], 9, &[0..11]);
        check(&[(0, 100)], 9, &[]);
        check(&[], 9, &[]);
    }

    #[test]
    fn there_are_only_so_many_segments() {
        let runs = [(1, 1), (0, 50), (1, 1), (0, 50), (1, 1)];
        check(&runs, 1, &[0..1, 51..103]);
        check(&runs, 0, &[0..103]);
    }
}
