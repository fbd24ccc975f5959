//! `--symbol-ordering-file`: sections in the order of symbols that they define.
//!
//! Problem: code that runs together should stand together. The file names symbols, a line each;
//! sections that define them come first, in that order, within each run of input sections that the
//! layout leaves unsorted. Spec: `ld.lld(1)`, `--symbol-ordering-file`.

use xsys_diag::Diagnostic;

use super::PlaceContext;
use crate::elf::ids::FileId;
use crate::elf::ids::SectionId;
use crate::elf::layout::placement::{Item, Placement};
use crate::elf::names::Map;
use crate::elf::object::SymbolPlace;
use crate::elf::sections::frames::target_section;
use crate::elf::sections::refs::{SymRef, ValueSource};

pub(super) fn sort(
    given: &PlaceContext<'_, '_, '_>,
    placement: &mut Placement<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(names) = &given.options.symbols.symbol_order else {
        return;
    };
    let (resolution, sections) = (given.resolution, given.sections);
    let positions: Map<&[u8], usize> = names
        .iter()
        .enumerate()
        .map(|(position, name)| (name.as_bytes(), position))
        .collect();
    let mut found = vec![false; names.len()];
    let mut order: Map<SectionId, usize> = Map::default();
    let mut note = |name: &[u8], id: SectionId| {
        if let Some(&position) = positions.get(name) {
            found[position] = true;
            let slot = order.entry(id).or_insert(position);
            *slot = position.min(*slot);
        }
    };
    for name in names {
        if let Some(id) = resolution.find(name.as_bytes())
            && let ValueSource::Section(id, _) =
                SymRef::Global(id).value_source(resolution, sections)
        {
            note(name.as_bytes(), id);
        }
    }
    for (file, object) in resolution.files.iter().enumerate() {
        for index in 1..object.first_global {
            let symbol = object.symbols.get(index);
            if matches!(symbol.place, SymbolPlace::Section(_))
                && let Some(id) =
                    target_section(resolution, sections, FileId(file as u32), index as u32)
            {
                note(object.symbols.name(&symbol), id);
            }
        }
    }
    for (name, _) in names.iter().zip(&found).filter(|(_, found)| !**found) {
        if given.options.symbols.warn_symbol_order {
            let text = format!("the symbol ordering file names `{name}`, which no section defines");
            diagnostics
                .push(Diagnostic::warning(text).help("`--no-warn-symbol-ordering` turns this off"));
        }
    }
    for output in &mut placement.outputs {
        for item in &mut output.items {
            if let Item::Inputs(ids) = item {
                ids.sort_by_key(|id| order.get(id).copied().unwrap_or(usize::MAX));
            }
        }
    }
}
