//! Thunks for branches that cannot reach their targets.
//!
//! Problem: a branch has few bits for its distance, and ARM code may have to change state on the
//! way. Such a branch goes to a thunk nearby, which reaches the target. Thunks are in synthetic
//! sections that are reserved, empty, at intervals in all code; they only grow, so the layout loop
//! ends.
//!
//! Spec: AAELF32 and AAELF64, "Call and Jump relocations"; what a thunk may clobber is in the
//! architectures' procedure call standards.

use object::elf;
use rayon::prelude::*;

use crate::elf::arch::{Arch, Base, BranchTarget, Site, ThunkForm};
use crate::elf::consts::SHF_PURECODE;
use crate::elf::ids::SectionId;
use crate::elf::layout::placement::{Item, Placement};
use crate::elf::layout::{Addresses, Layout, Thunk};
use crate::elf::sections::refs::{STT_GNU_IFUNC, SymRef, ValueSource};
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};
use crate::elf::symbols::resolve::Resolution;
use crate::elf::synthetic::plt;
use crate::elf::synthetic::scan::Demands;

/// Puts empty thunk sections behind every stretch of code that a branch can cross, and at the end
/// of each code section.
pub(crate) fn reserve(
    arch: &dyn Arch,
    demands: &Demands,
    resolution: &Resolution<'_>,
    sections: &mut Sections,
    placement: &mut Placement<'_>,
) -> Vec<SectionId> {
    let mut reserved = Vec::new();
    let Some(spacing) = spacing(arch, demands) else {
        return reserved;
    };
    for output in &mut placement.outputs {
        if output.flags & elf::SHF_EXECINSTR.0 == 0 || !output.present {
            continue;
        }
        let last = output
            .items
            .iter()
            .rposition(|item| matches!(item, Item::Inputs(ids) if !ids.is_empty()));
        let mut distance = 0;
        for (index, item) in output.items.iter_mut().enumerate() {
            let Item::Inputs(ids) = item else { continue };
            let mut with_thunks = Vec::with_capacity(ids.len() + 1);
            for &id in ids.iter() {
                let outline = sections.outline(resolution, id);
                let size = outline.size.saturating_add(outline.align - 1);
                let end: u64 = size.saturating_add(distance);
                if distance > 0 && end > spacing {
                    with_thunks.push(reserve_one(sections, &mut reserved));
                    distance = 0;
                }
                distance = size.saturating_add(distance);
                with_thunks.push(id);
            }
            if Some(index) == last {
                with_thunks.push(reserve_one(sections, &mut reserved));
            }
            *ids = with_thunks;
        }
    }
    reserved
}

/// How far apart thunk sections may be; `None` where no branch needs thunks.
fn spacing(arch: &dyn Arch, demands: &Demands) -> Option<u64> {
    arch.thunk_spacing(demands.branches.shortest)
}

fn reserve_one(sections: &mut Sections, reserved: &mut Vec<SectionId>) -> SectionId {
    let id = sections.add(Synthetic {
        kind: SyntheticKind::Thunks(reserved.len() as u32),
        name: ".thunks".to_owned(),
        sh_type: elf::SHT_PROGBITS.0,
        flags: elf::SHF_ALLOC.0 | elf::SHF_EXECINSTR.0,
        // Empty sections must not move what follows them; the real alignment comes with the
        // first thunk.
        align: 1,
        entsize: 0,
        size: 0,
        link: None,
    });
    reserved.push(id);
    id
}

/// A branch that needs a thunk.
pub(crate) struct Needed {
    section: SectionId,
    reloc: u32,
    site: Site,
    p: u64,
    form: ThunkForm,
    target: SymRef,
    addend: i64,
}

/// The branches that need a thunk at the present addresses.
pub(crate) fn needed(
    arch: &dyn Arch,
    addresses: &Addresses<'_, '_>,
    demands: &Demands,
) -> Vec<Needed> {
    let Some(spacing) = spacing(arch, demands) else {
        return Vec::new();
    };
    let layout = addresses.layout;
    let code = layout
        .placement
        .outputs
        .iter()
        .zip(&layout.extents)
        .filter(|(o, e)| {
            o.present
                && e.size > 0
                && o.flags & (elf::SHF_EXECINSTR.0 | elf::SHF_ALLOC.0)
                    == elf::SHF_EXECINSTR.0 | elf::SHF_ALLOC.0
        });
    let (low, high) = code.fold((u64::MAX, 0), |(low, high), (_, e)| {
        (low.min(e.addr), high.max(e.addr + e.size))
    });
    if !demands.branches.changes_state
        && high.saturating_sub(low) < spacing
        && !demands.branches.leaves_code
    {
        return Vec::new();
    }
    (0..addresses.sections.input_count() as u32)
        .into_par_iter()
        .with_min_len(256)
        .map(SectionId)
        .flat_map_iter(|id| needed_in(arch, addresses, demands, id))
        .collect()
}

fn needed_in(
    arch: &dyn Arch,
    addresses: &Addresses<'_, '_>,
    demands: &Demands,
    id: SectionId,
) -> Vec<Needed> {
    let mut out = Vec::new();
    let placed = addresses.layout.output_of[id.0 as usize].is_some();
    let (Some((file, index)), true) = (addresses.sections.origin(id), placed) else {
        return out;
    };
    let section = &addresses.resolution.files[file.0 as usize].sections[index as usize];
    let wanted = if arch.thunks_for_data() {
        elf::SHF_ALLOC.0
    } else {
        elf::SHF_EXECINSTR.0
    };
    if section.flags & wanted == 0 {
        return out;
    }
    for (at, reloc) in section.relocs.iter().enumerate() {
        let Some(rule) = arch
            .rule(reloc.r_type)
            .filter(|rule| rule.base == Base::Branch)
        else {
            continue;
        };
        let Ok(offset) = usize::try_from(reloc.offset) else {
            continue;
        };
        if offset + usize::from(rule.size) > section.data.len() {
            continue;
        }
        let addend = reloc
            .addend
            .unwrap_or_else(|| arch.implicit_addend(rule, section.data, offset));
        let symbol = SymRef::of(addresses.resolution, file, reloc.symbol);
        let site = Site {
            r_type: reloc.r_type,
            offset,
            addend,
        };
        let (Some(p), Some(target)) = (
            addresses.of_section(id, reloc.offset),
            branch_target(arch, addresses, demands, symbol, addend),
        ) else {
            continue;
        };
        if let Some(mut form) = arch.thunk(site, p, target) {
            if section.flags & SHF_PURECODE != 0 {
                form = arch.execute_only_thunk(form);
            }
            let addend = addend.wrapping_add_unsigned(arch.branch_bias(reloc.r_type));
            out.push(Needed {
                section: id,
                reloc: at as u32,
                site,
                p,
                form,
                target: symbol,
                addend,
            });
        }
    }
    out
}

/// S + A of a branch, through the IPLT for IFUNCs; `None` where the target is not in the image.
pub(crate) fn branch_target(
    arch: &dyn Arch,
    addresses: &Addresses<'_, '_>,
    demands: &Demands,
    symbol: SymRef,
    addend: i64,
) -> Option<BranchTarget> {
    let home = symbol.value_source(addresses.resolution, addresses.sections);
    let has_plt = demands.imports.plt_of(symbol).is_some();
    if matches!(home, ValueSource::Imported(_)) && !has_plt {
        return None;
    }
    if matches!(
        home,
        ValueSource::Undefined | ValueSource::UndefinedWeak | ValueSource::Discarded
    ) {
        return None;
    }
    let entry = plt::entry(arch, addresses, demands, symbol);
    if let Some(entry) = entry.or_else(|| stand_in(arch, addresses, demands, symbol)) {
        return Some(BranchTarget {
            addr: entry.wrapping_add_signed(addend),
            is_function: true,
        });
    }
    let kind = symbol.kind(addresses.resolution);
    Some(BranchTarget {
        addr: addresses.of_symbol(symbol, addend)?,
        is_function: kind == elf::STT_FUNC.0 || kind == STT_GNU_IFUNC,
    })
}

/// The address that stands for a function's own: that of its IPLT entry, or of a canonical PLT entry, with the mode
/// bit.
pub(crate) fn stand_in(
    arch: &dyn Arch,
    addresses: &Addresses<'_, '_>,
    demands: &Demands,
    symbol: SymRef,
) -> Option<u64> {
    if demands.iplt.is_empty() {
        return plt::canonical_entry(arch, addresses, demands, symbol);
    }
    let Some(&index) = demands.iplt_index.get(&symbol) else {
        return plt::canonical_entry(arch, addresses, demands, symbol);
    };
    let iplt = addresses.synthetic(SyntheticKind::Iplt)?;
    Some(iplt + u64::from(index) * arch.plt_entry_size() as u64 + arch.plt_entry())
}

/// Gives every branch in `new` a thunk that it reaches. Returns whether anything changed.
pub(crate) fn add(
    arch: &dyn Arch,
    layout: &mut Layout<'_>,
    sections: &mut Sections,
    new: Vec<Needed>,
) -> bool {
    let mut changed = false;
    let group_addr = |layout: &Layout<'_>, group: usize| {
        let id = layout.thunk_sections[group];
        let output = layout.output_of[id.0 as usize]?;
        Some(layout.extents[output.0 as usize].addr + layout.offsets[id.0 as usize])
    };
    for branch in new {
        let key = (branch.section, branch.reloc);
        if let Some(&(group, thunk)) = layout.thunk_of.get(&key) {
            let known = layout.thunk_groups[group as usize].thunks[thunk as usize];
            let at = group_addr(layout, group as usize).map(|addr| addr + known.offset);
            if known.form == branch.form
                && at.is_some_and(|at| arch.thunk_reaches(branch.site, branch.p, branch.form, at))
            {
                continue;
            }
        }
        // Thunk sections of the branch's own output section come first, so that a vector table beside it
        // keeps its size; of these the nearest is taken, and an equal thunk in it is shared.
        let home = layout.output_of[branch.section.0 as usize];
        let mut groups: Vec<(bool, u64, usize)> = (0..layout.thunk_groups.len())
            .filter_map(|group| {
                let away = layout.output_of[layout.thunk_sections[group].0 as usize] != home;
                let distance = group_addr(layout, group)?.abs_diff(branch.p);
                Some((away, distance, group))
            })
            .collect();
        groups.sort_unstable();
        let same = |thunk: &Thunk| {
            thunk.form == branch.form
                && thunk.target == branch.target
                && thunk.addend == branch.addend
        };
        let shared = groups.iter().find_map(|&(_, _, group)| {
            let at = layout.thunk_groups[group].thunks.iter().position(|thunk| {
                let addr = group_addr(layout, group).unwrap_or(0) + thunk.offset;
                same(thunk) && arch.thunk_reaches(branch.site, branch.p, branch.form, addr)
            })?;
            Some((group as u32, at as u32))
        });
        let chosen = shared.or_else(|| {
            let &(_, _, group) = groups.iter().find(|&&(_, _, group)| {
                let end = group_addr(layout, group).unwrap_or(0) + layout.thunk_groups[group].size;
                arch.thunk_reaches(branch.site, branch.p, branch.form, end)
            })?;
            let align = arch.thunk_align(branch.form);
            let entry = &mut layout.thunk_groups[group];
            let offset = entry.size.next_multiple_of(align);
            entry.thunks.push(Thunk {
                form: branch.form,
                target: branch.target,
                addend: branch.addend,
                offset,
            });
            entry.size = offset + arch.thunk_size(branch.form) as u64;
            let index = entry.thunks.len() as u32 - 1;
            let size = entry.size;
            let synthetic = layout.thunk_sections[group].0 as usize - sections.input_count();
            let section = &mut sections.synthetic[synthetic];
            section.size = size;
            section.align = section.align.max(align);
            changed = true;
            Some((group as u32, index))
        });
        if let Some(chosen) = chosen
            && layout.thunk_of.insert(key, chosen) != Some(chosen)
        {
            changed = true;
        }
    }
    changed
}
