//! The memory of common symbols, a section for each, so that scripts place them as `COMMON`; and that of an executable's
//! copies of libraries' variables.
//!
//! Spec: gABI, SHN_COMMON; GNU ld manual, `--sort-common`.

use std::cmp::Reverse;

use object::elf;

use super::scan::Demands;
use super::scan::imports::aliases;
use crate::elf::ids::{SectionId, SymbolId};
use crate::elf::names::Map;
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};
use crate::elf::symbols::resolve::{Definition, Resolution, Symbol};
use crate::options::SortCommon;

/// Adds the sections.
pub(super) fn add(
    resolution: &Resolution<'_>,
    sections: &mut Sections,
    sort: Option<SortCommon>,
) -> Map<SymbolId, SectionId> {
    let common = |(index, symbol): (usize, &Symbol<'_>)| match symbol.definition {
        Definition::Common { align, .. } => Some((SymbolId(index as u32), align)),
        _ => None,
    };
    let symbols = resolution.symbols.iter().enumerate();
    let mut commons: Vec<(SymbolId, u64)> = symbols.filter_map(common).collect();
    match sort {
        Some(SortCommon::Descending) => commons.sort_by_key(|(_, align)| Reverse(*align)),
        Some(SortCommon::Ascending) => commons.sort_by_key(|(_, align)| *align),
        None => {}
    }
    let mut out = Map::default();
    for (id, align) in commons {
        let entry = resolution.definition_entry(id);
        let section = sections.add(Synthetic {
            kind: SyntheticKind::Common(id),
            name: "COMMON".to_owned(),
            sh_type: elf::SHT_NOBITS.0,
            flags: elf::SHF_ALLOC.0 | elf::SHF_WRITE.0,
            align: if align.is_power_of_two() { align } else { 1 },
            entsize: 0,
            size: entry.map_or(0, |(_, entry)| entry.size),
            link: None,
        });
        out.insert(id, section);
    }
    out
}

/// Adds the sections of copies; every name of a variable stands for its copy. What a library cannot write either is
/// protected once the dynamic linker has filled it.
pub(super) fn add_copies(
    resolution: &Resolution<'_>,
    sections: &mut Sections,
    demands: &Demands,
) -> Map<SymbolId, SectionId> {
    let mut out = Map::default();
    for &id in &demands.imports.copies {
        let Definition::Shared { file, index } = resolution.symbol(id).definition else {
            continue;
        };
        let variable = &resolution.shared[file as usize].symbols[index as usize];
        let name = match variable.read_only {
            true => ".bss.rel.ro",
            false => ".bss",
        };
        let names = aliases(resolution, id);
        // Two names of one variable share the copy.
        let known = names.iter().find_map(|name| out.get(name).copied());
        let section = known.unwrap_or_else(|| {
            sections.add(Synthetic {
                kind: SyntheticKind::Common(id),
                name: name.to_owned(),
                sh_type: elf::SHT_NOBITS.0,
                flags: elf::SHF_ALLOC.0 | elf::SHF_WRITE.0,
                align: variable.align,
                entsize: 0,
                size: variable.size,
                link: None,
            })
        });
        out.extend(names.into_iter().map(|name| (name, section)));
    }
    out
}
