//! Merges equal strings and constants.
//!
//! Problem: SHF_MERGE sections may be cut into entries (with SHF_STRINGS: at their terminators), and
//! equal entries may share one place. Symbols and relocations that point into such a section must
//! be mapped entry by entry. Debug strings make this one of the hot paths, so entries are cut and
//! hashed in parallel and deduplicated in shards by hash; offsets depend only on input order.
//!
//! Spec: gABI, SHF_MERGE and SHF_STRINGS.

use crate::elf::layout::merged::DROPPED;
use crate::elf::layout::merged::Merged;
use crate::elf::layout::merged::MergedInput;
use crate::elf::layout::merged::MergedSections;
use crate::elf::layout::placement::Item;
use crate::elf::layout::placement::Placement;
use crate::elf::live::gc::Live;
use crate::elf::names::Map;
use crate::elf::sections::Sections;
use crate::elf::sections::Synthetic;
use crate::elf::sections::SyntheticKind;
use crate::elf::symbols::resolve::Resolution;
use crate::elf::synthetic::scan;
use crate::elf::synthetic::scan::Demands;
use crate::options::ElfOptions;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use object::elf;
use rayon::prelude::*;

use crate::elf::ids::SectionId;

/// The largest number of shards. Their number depends on the input only, not on the number of cores, so
/// that the output does not depend on it either.
const MAX_SHARDS: usize = 16;

/// Input bytes for each shard.
const SHARD_BYTES: usize = 256 * 1024;

/// An input section to be merged.
#[derive(Clone, Copy)]
pub(crate) struct MergeInput<'a, 'w> {
    /// The section.
    pub id: SectionId,
    /// Its contents.
    pub data: &'a [u8],
    /// The offsets to which something refers, ascending: entries without one are dropped.
    pub wanted: Option<&'w [(SectionId, u32)]>,
}

/// Whether a section can be cut into entries at all.
pub(crate) fn is_mergeable(flags: u64, entsize: u64, size: u64, data: &[u8]) -> bool {
    if flags & elf::SHF_MERGE.0 == 0 || entsize == 0 || flags & elf::SHF_WRITE.0 != 0 {
        return false;
    }
    let Ok(entsize) = usize::try_from(entsize) else {
        return false;
    };
    if size == 0
        || size > u64::from(u32::MAX)
        || !size.is_multiple_of(entsize as u64)
        || data.len() as u64 != size
    {
        return false;
    }
    // Strings can only be cut if the last one has a terminator.
    flags & elf::SHF_STRINGS.0 == 0 || data[data.len() - entsize..].iter().all(|&byte| byte == 0)
}

struct Entry<'a> {
    start: u32,
    hash: u64,
    /// Empty: dropped.
    bytes: &'a [u8],
}

/// Merges sections of equal flags and entry size. `strings`: cut at terminators.
pub(crate) fn merge<'a>(
    inputs: &[MergeInput<'a, '_>],
    entsize: u64,
    align: u64,
    strings: bool,
) -> (Merged<'a>, Vec<Vec<(u32, u32)>>) {
    let bytes: usize = inputs.iter().map(|input| input.data.len()).sum();
    let cutter = Cutter {
        entsize: entsize as usize,
        strings,
        shards: Shards::for_bytes(bytes),
        hasher: FixedState::default(),
    };
    let shards = cutter.shards;
    let cut: Vec<Cut<'a>> = inputs.par_iter().map(|input| cutter.cut(input)).collect();
    let unique: Vec<Unique<'a>> = (0..shards.count)
        .into_par_iter()
        .map(|shard| Unique::of(shard, &cut))
        .collect();
    let (merged, offsets) = line_up(&unique, align);
    let pieces = places(shards, &cut, &unique, &offsets);
    (merged, pieces)
}

/// The number of shards, a power of two.
#[derive(Clone, Copy)]
struct Shards {
    count: usize,
}

impl Shards {
    fn for_bytes(bytes: usize) -> Self {
        let count = (bytes / SHARD_BYTES)
            .clamp(1, MAX_SHARDS)
            .next_power_of_two();
        Self { count }
    }

    #[inline]
    fn of(self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.count - 1)
    }
}

/// One input's entries.
struct Cut<'a> {
    entries: Vec<Entry<'a>>,
    /// Indexes of the entries of each shard.
    by_shard: Vec<Vec<u32>>,
}

/// How inputs are cut.
struct Cutter {
    entsize: usize,
    strings: bool,
    shards: Shards,
    hasher: FixedState,
}

impl Cutter {
    fn cut<'a>(&self, input: &MergeInput<'a, '_>) -> Cut<'a> {
        let mut cut = Cut {
            entries: Vec::new(),
            by_shard: vec![Vec::new(); self.shards.count],
        };
        let mut wanted = input.wanted;
        let mut start = 0;
        while start < input.data.len() {
            let rest = &input.data[start..];
            let len = if self.strings {
                string_len(rest, self.entsize)
            } else {
                self.entsize
            };
            let bytes = &rest[..len.min(rest.len())];
            let end = start + bytes.len();
            let dropped = wanted.as_mut().is_some_and(|wanted| {
                let own = wanted.partition_point(|&(_, at)| (at as usize) < end);
                *wanted = &wanted[own..];
                own == 0
            });
            if dropped {
                cut.entries.push(Entry {
                    start: start as u32,
                    hash: 0,
                    bytes: &[],
                });
            } else {
                let hash = self.hasher.hash_one(bytes);
                cut.by_shard[self.shards.of(hash)].push(cut.entries.len() as u32);
                cut.entries.push(Entry {
                    start: start as u32,
                    hash,
                    bytes,
                });
            }
            start = end;
        }
        cut
    }
}

/// The entries of a shard, each once.
struct Unique<'a> {
    bytes: Vec<&'a [u8]>,
    /// For each entry of the shard, in input order, which of `bytes` it is.
    assigned: Vec<u32>,
}

impl<'a> Unique<'a> {
    /// Takes a shard's entries in input order, so that the first occurrence wins.
    fn of(shard: usize, cut: &[Cut<'a>]) -> Self {
        // Growing a table hashes again; most entries of debug strings are repeats.
        let count: usize = cut.iter().map(|cut| cut.by_shard[shard].len()).sum();
        let mut table: HashTable<(u64, u32)> = HashTable::with_capacity(count / 2);
        let mut out = Self {
            bytes: Vec::new(),
            assigned: Vec::new(),
        };
        for cut in cut {
            for &at in &cut.by_shard[shard] {
                let entry = &cut.entries[at as usize];
                let slot = table.entry(
                    entry.hash,
                    |&(hash, at)| hash == entry.hash && out.bytes[at as usize] == entry.bytes,
                    |&(hash, _)| hash,
                );
                let at = match slot {
                    hashbrown::hash_table::Entry::Occupied(slot) => slot.get().1,
                    hashbrown::hash_table::Entry::Vacant(slot) => {
                        let at = out.bytes.len() as u32;
                        slot.insert((entry.hash, at));
                        out.bytes.push(entry.bytes);
                        at
                    }
                };
                out.assigned.push(at);
            }
        }
        out
    }
}

/// Puts all unique entries one after the other, shard by shard; and the offset of each, by shard.
fn line_up<'a>(shards: &[Unique<'a>], align: u64) -> (Merged<'a>, Vec<Vec<u64>>) {
    let mut entries = Vec::with_capacity(shards.iter().map(|s| s.bytes.len()).sum());
    let mut offsets: Vec<Vec<u64>> = Vec::with_capacity(shards.len());
    let mut offset = 0;
    for shard in shards {
        let mut own = Vec::with_capacity(shard.bytes.len());
        for &bytes in &shard.bytes {
            own.push(offset);
            entries.push((offset, bytes));
            offset += (bytes.len() as u64).next_multiple_of(align);
        }
        offsets.push(own);
    }
    let merged = Merged {
        entries,
        size: offset,
    };
    (merged, offsets)
}

/// Where the entries of each input went, as (start in the input, offset in the merged section).
fn places(
    shards: Shards,
    cut: &[Cut<'_>],
    unique: &[Unique<'_>],
    offsets: &[Vec<u64>],
) -> Vec<Vec<(u32, u32)>> {
    let mut cursors = vec![0usize; shards.count];
    let mut place = |entry: &Entry<'_>| {
        if entry.bytes.is_empty() {
            return (entry.start, DROPPED);
        }
        let shard = shards.of(entry.hash);
        let at = unique[shard].assigned[cursors[shard]];
        cursors[shard] += 1;
        (entry.start, offsets[shard][at as usize] as u32)
    };
    cut.iter()
        .map(|cut| cut.entries.iter().map(&mut place).collect())
        .collect()
}

/// Length of the first string, terminator included; characters are `entsize` bytes wide.
fn string_len(data: &[u8], entsize: usize) -> usize {
    if entsize == 1 {
        return memchr::memchr(0, data).map_or(data.len(), |end| end + 1);
    }
    data.chunks(entsize)
        .position(|character| character.iter().all(|&byte| byte == 0))
        .map_or(data.len(), |end| (end + 1) * entsize)
}

/// Replaces mergeable inputs by merged sections: within each output section, those of equal flags,
/// entry size and alignment (constants: of any alignment) become one, at the place of the first. With
/// garbage collection, entries that nothing refers to are dropped.
pub(crate) fn merge_sections<'a>(
    resolution: &Resolution<'a>,
    sections: &mut Sections,
    placement: &mut Placement<'_>,
    live: &Live,
    demands: &Demands,
    options: &ElfOptions,
) -> MergedSections<'a> {
    let mut map = MergedSections::default();
    if options.kind.is_object() || options.layout.optimize == 0 {
        return map;
    }
    for output in &mut placement.outputs {
        let mut groups: Vec<((u64, u64, u64), Vec<SectionId>)> = Vec::new();
        let mut index: Map<(u64, u64, u64), usize> = Map::default();
        for id in output.inputs() {
            let Some(section) = sections.input(resolution, id) else {
                continue;
            };
            if !is_mergeable(section.flags, section.entsize, section.size, section.data)
                || !section.relocs.is_empty()
            {
                continue;
            }
            let kind = section.flags & (elf::SHF_MERGE.0 | elf::SHF_STRINGS.0 | elf::SHF_ALLOC.0);
            // Constants that are as long as their alignment are aligned in any section that starts aligned.
            let natural = kind & elf::SHF_STRINGS.0 == 0
                && section.align != 0
                && section.entsize.is_multiple_of(section.align)
                && section.entsize.is_power_of_two();
            let align = if natural { 0 } else { section.align };
            let key = (kind, section.entsize, align);
            let at = *index.entry(key).or_insert_with(|| {
                groups.push((key, Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(id);
        }
        for ((flags, entsize, _), members) in groups {
            let aligns = members
                .iter()
                .filter_map(|&id| sections.input(resolution, id));
            let align = aligns.map(|section| section.align).fold(1, u64::max);
            let inputs: Vec<MergeInput<'a, '_>> = members
                .iter()
                .filter_map(|&id| {
                    let cut =
                        options.layout.gc_sections && scan::is_cut(resolution, sections, id, live);
                    Some(MergeInput {
                        id,
                        data: sections.input(resolution, id)?.data,
                        wanted: cut.then(|| demands.pieces_of(id)),
                    })
                })
                .collect();
            let strings = flags & elf::SHF_STRINGS.0 != 0;
            let (merged, pieces) = merge(&inputs, entsize, align, strings);
            let merged_index = map.merged.len() as u32;
            let id = sections.add(Synthetic {
                kind: SyntheticKind::Merged(merged_index),
                name: output.name.clone(),
                sh_type: elf::SHT_PROGBITS.0,
                flags,
                align,
                entsize,
                size: merged.size,
                link: None,
            });
            for (input, pieces) in inputs.iter().zip(pieces) {
                map.insert(input.id, MergedInput::new(merged_index, pieces));
            }
            map.merged.push(merged);
            map.ids.push(id);
            let gone: std::collections::HashSet<SectionId> =
                members.iter().copied().skip(1).collect();
            let first = members[0];
            for item in &mut output.items {
                let Item::Inputs(list) = item else { continue };
                list.retain(|id| !gone.contains(id));
                for slot in list.iter_mut().filter(|slot| **slot == first) {
                    *slot = id;
                }
            }
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(sections: &[&'static [u8]], entsize: u64, strings: bool) -> (Vec<u8>, Vec<MergedInput>) {
        let inputs: Vec<_> = sections
            .iter()
            .enumerate()
            .map(|(i, data)| MergeInput {
                id: SectionId(i as u32),
                data,
                wanted: None,
            })
            .collect();
        let (merged, pieces) = merge(&inputs, entsize, 1, strings);
        let mut bytes = vec![0; merged.size as usize];
        for (offset, entry) in &merged.entries {
            bytes[*offset as usize..][..entry.len()].copy_from_slice(entry);
        }
        (
            bytes,
            pieces.into_iter().map(|p| MergedInput::new(0, p)).collect(),
        )
    }

    #[test]
    fn equal_strings_share_a_place() {
        let (bytes, inputs) = run(&[b"one\0two\0", b"two\0three\0one\0"], 1, true);
        assert_eq!(bytes.len(), 4 + 4 + 6);
        let read = |input: usize, offset| {
            let at = inputs[input].map(offset).unwrap() as usize;
            bytes[at..].split(|&b| b == 0).next().unwrap().to_vec()
        };
        assert_eq!(read(0, 0), b"one");
        assert_eq!(read(0, 5), b"wo");
        assert_eq!(read(1, 0), b"two");
        assert_eq!(read(1, 10), b"one");
        assert_eq!(inputs[0].map(4), inputs[1].map(0));
        let mut last = 0;
        for offset in [0, 5, 4, 13, 2, 12] {
            let near = inputs[1].map_from(offset, &mut last);
            assert_eq!(near, inputs[1].map(offset), "{offset}");
        }
    }

    #[test]
    fn entries_without_references_are_dropped() {
        let at = |offset| (SectionId(0), offset);
        let inputs = [
            MergeInput {
                id: SectionId(0),
                data: b"one\0two\0three\0",
                wanted: Some(&[at(1), at(9)]),
            },
            MergeInput {
                id: SectionId(1),
                data: b"two\0three\0",
                wanted: Some(&[]),
            },
        ];
        let (merged, pieces) = merge(&inputs, 1, 1, true);
        assert_eq!(merged.size, 4 + 6);
        let pieces: Vec<_> = pieces.into_iter().map(|p| MergedInput::new(0, p)).collect();
        assert_eq!(pieces[0].map(1), Some(1));
        assert_eq!(pieces[0].map(5), None);
        assert_eq!(pieces[0].map(10), Some(6));
        assert_eq!(pieces[1].map(0), None);
    }

    #[test]
    fn constants_are_cut_by_size() {
        let (bytes, inputs) = run(&[&[1, 0, 0, 0, 2, 0, 0, 0], &[2, 0, 0, 0]], 4, false);
        assert_eq!(bytes.len(), 8);
        assert_eq!(inputs[0].map(4), inputs[1].map(0));
    }

    #[test]
    fn wide_strings_end_at_wide_zeros() {
        let (bytes, _) = run(
            &[&[b'a', 0, 0, b'b', 0, 0], &[b'a', 0, 0, b'b', 0, 0]],
            2,
            true,
        );
        assert_eq!(bytes.len(), 6);
    }

    #[test]
    fn unterminated_sections_stay_whole() {
        let flags = elf::SHF_MERGE.0 | elf::SHF_STRINGS.0;
        assert!(!is_mergeable(flags, 1, 3, b"abc"));
        assert!(is_mergeable(flags, 1, 4, b"abc\0"));
        assert!(!is_mergeable(elf::SHF_MERGE.0, 0, 4, b"abcd"));
        assert!(!is_mergeable(elf::SHF_MERGE.0, 3, 4, b"abcd"));
    }
}
