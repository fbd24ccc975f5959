//! The memory of common symbols, a section for each, so that scripts place them as `COMMON`.
//!
//! Spec: gABI, SHN_COMMON; GNU ld manual, `--sort-common`.

use std::cmp::Reverse;

use object::elf;

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
