//! Errata that are avoided by moving an instruction elsewhere.
//!
//! Problem: some cores execute an instruction wrongly if it follows certain others. The linker moves
//! it into a patch: a branch takes its place, and the patch ends with a branch back. Patches come
//! first in the sections reserved for thunks. They are counted before layout, since addresses do not
//! matter.
//!
//! Spec: "Cortex-A53 MPCore Software Developers Errata Notice", ARM-EPM-048406, 835769.

use object::elf;
use rayon::prelude::*;

use crate::elf::arch::Arch;
use crate::elf::ids::SectionId;
use crate::elf::layout::{Addresses, ErratumPatch, Layout};
use crate::elf::object::{ObjectFile, SymbolPlace};
use crate::elf::sections::{Sections, SyntheticKind};
use crate::elf::symbols::resolve::Resolution;

/// Bytes of a patch: the instruction and the branch back.
pub(crate) const SIZE: u64 = 8;

/// Finds the affected instructions in all code and makes room for their patches.
pub(crate) fn reserve(
    arch: &dyn Arch,
    resolution: &Resolution<'_>,
    sections: &mut Sections,
    layout: &mut Layout<'_>,
) {
    if !arch.has_erratum_patches() {
        return;
    }
    let order: Vec<SectionId> = layout
        .placement
        .outputs
        .iter()
        .filter(|output| output.present && output.flags & elf::SHF_EXECINSTR.0 != 0)
        .flat_map(|output| output.inputs())
        .collect();
    let found: Vec<Vec<u64>> = order
        .par_iter()
        .map(|&id| sites(arch, resolution, sections, id))
        .collect();
    let mut waiting: Vec<(SectionId, u64)> = Vec::new();
    for (id, sites) in order.into_iter().zip(found) {
        waiting.extend(sites.into_iter().map(|offset| (id, offset)));
        let Some(SyntheticKind::Thunks(group)) = sections.synthetic(id).map(|s| s.kind) else {
            continue;
        };
        let Some(entry) = layout.thunk_groups.get_mut(group as usize) else {
            continue;
        };
        for (section, offset) in waiting.drain(..) {
            layout.erratum_patches.push(ErratumPatch {
                section,
                offset,
                home: id,
                at: entry.size,
            });
            entry.size += SIZE;
        }
        let index = id.0 as usize - sections.input_count();
        let section = &mut sections.synthetic[index];
        section.size = entry.size;
        section.align = section.align.max(4);
    }
    layout
        .erratum_patches
        .sort_by_key(|d| (d.section, d.offset));
}

/// The offsets of the affected instructions in one section.
fn sites(
    arch: &dyn Arch,
    resolution: &Resolution<'_>,
    sections: &Sections,
    id: SectionId,
) -> Vec<u64> {
    let Some((file, index)) = sections.origin(id) else {
        return Vec::new();
    };
    let object = &resolution.files[file.0 as usize];
    let Some(section) = object.sections.get(index as usize) else {
        return Vec::new();
    };
    let mut out = arch.erratum_sites(section.data);
    if !out.is_empty() {
        let kinds = mapping(object, index);
        out.retain(|&offset| is_code(&kinds, offset));
    }
    out
}

/// Where code and data begin in a section, as its mapping symbols say, sorted.
fn mapping(object: &ObjectFile<'_>, section: u32) -> Vec<(u64, bool)> {
    let mut out: Vec<(u64, bool)> = (1..object.first_global)
        .map(|index| object.symbols.get(index))
        .filter(|symbol| symbol.place == SymbolPlace::Section(section))
        .filter_map(|symbol| match object.symbols.name(&symbol) {
            [b'$', b'x'] | [b'$', b'x', b'.', ..] => Some((symbol.value, true)),
            [b'$', b'd'] | [b'$', b'd', b'.', ..] => Some((symbol.value, false)),
            _ => None,
        })
        .collect();
    out.sort_unstable();
    out
}

fn is_code(kinds: &[(u64, bool)], offset: u64) -> bool {
    let behind = kinds.partition_point(|(start, _)| *start <= offset);
    let known = behind.checked_sub(1).and_then(|at| kinds.get(at));
    known.is_none_or(|(_, code)| *code)
}

/// The patches of one section's instructions.
fn of_section<'l>(layout: &'l Layout<'_>, id: SectionId) -> &'l [ErratumPatch] {
    let start = layout.erratum_patches.partition_point(|d| d.section < id);
    let end = layout.erratum_patches.partition_point(|d| d.section <= id);
    layout.erratum_patches.get(start..end).unwrap_or_default()
}

/// Replaces the instructions of a finished section by branches to their patches. Returns the
/// addresses of the branches that do not reach.
pub(crate) fn leave(
    arch: &dyn Arch,
    addresses: &Addresses<'_, '_>,
    id: SectionId,
    out: &mut [u8],
) -> Vec<u64> {
    let mut missed = Vec::new();
    for patch in of_section(addresses.layout, id) {
        let (Some(p), Some(to)) = (
            addresses.of_section(id, patch.offset),
            addresses.of_section(patch.home, patch.at),
        ) else {
            continue;
        };
        if !arch.write_jump(out, patch.offset as usize, p, to) {
            missed.push(p);
        }
    }
    missed
}

/// Writes the patches of a thunk section.
pub(crate) fn write(arch: &dyn Arch, addresses: &Addresses<'_, '_>, id: SectionId, out: &mut [u8]) {
    for patch in addresses
        .layout
        .erratum_patches
        .iter()
        .filter(|d| d.home == id)
    {
        let origin = addresses
            .sections
            .input(addresses.resolution, patch.section);
        let (offset, at) = (patch.offset as usize, patch.at as usize);
        let insn = origin.and_then(|s| s.data.get(offset..offset.checked_add(4)?));
        let (Some(insn), Some(place), Some(p), Some(from)) = (
            insn,
            out.get_mut(at..at + 4),
            addresses.of_section(id, patch.at),
            addresses.of_section(patch.section, patch.offset),
        ) else {
            continue;
        };
        place.copy_from_slice(insn);
        arch.write_jump(out, at + 4, p.wrapping_add(4), from.wrapping_add(4));
    }
}
