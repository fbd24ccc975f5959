//! What is known of a global symbol once everything has an address.

use object::elf;

use super::encode::{OutputSymbol, SymbolSection};
use crate::elf::ids::{SectionId, SymbolId};
use crate::elf::layout::Addresses;
use crate::elf::sections::SyntheticKind;
use crate::elf::sections::refs::{SymRef, ValueSource};
use crate::elf::symbols::resolve::Definition;
use crate::options::ElfOptions;

/// Address, size and output section of a place in an input section.
pub(super) fn place(
    addresses: &Addresses<'_, '_>,
    section: SectionId,
    offset: u64,
    size: u64,
) -> Option<(u64, u64, SymbolSection)> {
    let value = addresses.of_section(section, offset)?;
    let merged = addresses
        .merge
        .get(section)
        .map(|m| addresses.merge.ids[m.merged as usize]);
    let home = addresses.layout.output_of[merged.unwrap_or(section).0 as usize]?;
    let size = addresses.length(section, offset, size);
    // Thread-local symbols count from the start of the template.
    let output = addresses.layout.placement.output(home);
    let value = if output.flags & elf::SHF_TLS.0 != 0 {
        let start = addresses
            .layout
            .placement
            .outputs
            .iter()
            .zip(&addresses.layout.extents)
            .filter(|(o, _)| o.present && o.flags & elf::SHF_TLS.0 != 0)
            .map(|(_, e)| e.addr)
            .min();
        value.wrapping_sub(start.unwrap_or(0))
    } else {
        value
    };
    Some((value, size, SymbolSection::Section(home)))
}

/// The entry of a global symbol, if the output has one.
pub(in crate::elf::synthetic) fn global<'a>(
    addresses: &Addresses<'_, 'a>,
    id: SymbolId,
    options: &ElfOptions,
) -> Option<OutputSymbol<'a>> {
    let symbol = addresses.resolution.symbol(id);
    let binding = if symbol.weak {
        elf::STB_WEAK.0
    } else {
        elf::STB_GLOBAL.0
    };
    let entry = |value, size, home| OutputSymbol {
        name: symbol.name.into(),
        value,
        size,
        info: (binding << 4) | (symbol.kind & 0xf),
        other: symbol.visibility,
        home,
        of: Some(SymRef::Global(id)),
    };
    match symbol.definition {
        Definition::Undefined | Definition::Lazy { .. } => {
            // In a static image strong references are errors or 0; in an object they stay.
            let wanted = symbol.weak || symbol.preemptible || options.keeps_relocations();
            (wanted && symbol.referenced && !symbol.name.is_empty()).then(|| OutputSymbol {
                info: binding << 4,
                ..entry(0, 0, SymbolSection::Undefined)
            })
        }
        // The copy that the executable has of a library's variable.
        Definition::Shared { .. } if addresses.commons.contains_key(&id) => {
            let section = *addresses.commons.get(&id)?;
            let outline = addresses.sections.outline(addresses.resolution, section);
            let (value, size, home) = place(addresses, section, 0, outline.size)?;
            Some(entry(value, size, home))
        }
        Definition::Shared { .. } => symbol
            .referenced
            .then(|| entry(0, 0, SymbolSection::Undefined)),
        Definition::Object { .. } => {
            let (_, raw) = addresses.resolution.definition_entry(id)?;
            match SymRef::Global(id).value_source(addresses.resolution, addresses.sections) {
                ValueSource::Section(section, offset) => {
                    let (value, size, home) = place(addresses, section, offset, raw.size)?;
                    Some(entry(value, size, home))
                }
                ValueSource::Absolute(value) => {
                    Some(entry(value, raw.size, SymbolSection::Absolute))
                }
                _ => None,
            }
        }
        Definition::Common { align, .. } => {
            let Some(&section) = addresses.commons.get(&id) else {
                let (_, raw) = addresses.resolution.definition_entry(id)?;
                return Some(OutputSymbol {
                    info: (binding << 4) | elf::STT_OBJECT.0,
                    ..entry(align, raw.size, SymbolSection::Common)
                });
            };
            let size = addresses
                .sections
                .outline(addresses.resolution, section)
                .size;
            let (value, size, home) = place(addresses, section, 0, size)?;
            Some(OutputSymbol {
                info: (binding << 4) | elf::STT_OBJECT.0,
                ..entry(value, size, home)
            })
        }
        Definition::Script => {
            let value = addresses.layout.values.get(&id)?;
            let home = match value.section {
                Some(output) if addresses.layout.placement.output(output).present => {
                    SymbolSection::Section(output)
                }
                _ => SymbolSection::Absolute,
            };
            Some(entry(addresses.absolute(*value), 0, home))
        }
        Definition::Linker => {
            let home = crate::elf::layout::linker_values::bounded_section(addresses, symbol.name);
            let home = home.map_or(SymbolSection::Absolute, SymbolSection::Section);
            let value = *addresses.linker.get(&id)?;
            // The only functions that the linker defines itself.
            if symbol.kind == elf::STT_FUNC.0
                && let Some(gateways) = addresses.sections.find(SyntheticKind::Gateways)
                && let Some(home) = addresses.layout.output_of[gateways.0 as usize]
            {
                let size = addresses
                    .sections
                    .synthetic(gateways)
                    .map_or(0, |s| s.entsize);
                return Some(entry(value, size, SymbolSection::Section(home)));
            }
            Some(entry(value, 0, home))
        }
    }
}
