//! Symbols for code that the linker makes: thunks, patches, PLT entries.
//!
//! Spec: AAELF32 and AAELF64, "Mapping symbols".

use object::elf;

use super::encode::{OutputSymbol, SymbolSection};
use crate::elf::arch::Arch;
use crate::elf::layout::Addresses;
use crate::elf::sections::SyntheticKind;

/// Thunks get names, so that a disassembly can be read, and the mapping symbols of their state.
pub(super) fn thunk_symbols<'a>(
    arch: &dyn Arch,
    addresses: &Addresses<'_, 'a>,
) -> Vec<OutputSymbol<'a>> {
    let mut out = Vec::new();
    let layout = addresses.layout;
    for (group, &section) in layout.thunk_groups.iter().zip(&layout.thunk_sections) {
        let Some(home) = layout.output_of[section.0 as usize] else {
            continue;
        };
        for thunk in &group.thunks {
            let Some(at) = addresses.of_section(section, thunk.offset) else {
                continue;
            };
            let target =
                String::from_utf8_lossy(thunk.target.name(addresses.resolution)).into_owned();
            out.push(OutputSymbol {
                name: format!("__thunk_{target}").into_bytes().into(),
                value: at + arch.thunk_entry(thunk.form),
                size: arch.thunk_size(thunk.form) as u64,
                info: elf::STT_FUNC.0,
                other: 0,
                home: SymbolSection::Section(home),
                of: None,
            });
            for mapping in arch.thunk_mapping(thunk.form) {
                out.push(OutputSymbol {
                    name: mapping.name.as_bytes().into(),
                    value: at + u64::from(mapping.offset),
                    size: 0,
                    info: 0,
                    other: 0,
                    home: SymbolSection::Section(home),
                    of: None,
                });
            }
        }
    }
    if let Some(gateways) = addresses.sections.find(SyntheticKind::Gateways)
        && let Some(value) = addresses.of_section(gateways, 0)
        && let Some(home) = layout.output_of[gateways.0 as usize]
    {
        out.push(OutputSymbol {
            name: (&b"$t"[..]).into(),
            value,
            size: 0,
            info: 0,
            other: 0,
            home: SymbolSection::Section(home),
            of: None,
        });
    }
    for patch in &layout.erratum_patches {
        let home = layout.output_of[patch.home.0 as usize];
        if let (Some(at), Some(home)) = (addresses.of_section(patch.home, patch.at), home) {
            out.push(OutputSymbol {
                name: b"$x".as_slice().into(),
                value: at,
                size: 0,
                info: 0,
                other: 0,
                home: SymbolSection::Section(home),
                of: None,
            });
        }
    }
    if let Some(iplt) = addresses.sections.find(SyntheticKind::Iplt)
        && let Some(start) = addresses.of_section(iplt, 0)
        && let Some(home) = layout.output_of[iplt.0 as usize]
    {
        let size = addresses.sections.outline(addresses.resolution, iplt).size;
        for at in (0..size).step_by(arch.plt_entry_size()) {
            out.extend(arch.plt_mapping().iter().map(|mapping| OutputSymbol {
                name: mapping.name.as_bytes().into(),
                value: start + at + u64::from(mapping.offset),
                size: 0,
                info: 0,
                other: 0,
                home: SymbolSection::Section(home),
                of: None,
            }));
        }
    }
    out
}
