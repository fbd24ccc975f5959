//! Symbols that exist because the linker says so.
//!
//! Problem: start-up code and compilers refer to names that no object defines: where the GOT is,
//! where the headers are, the bounds of a section. They are defined only if somebody refers to them
//! and nobody else defines them.
//!
//! Spec: psABIs (`_GLOBAL_OFFSET_TABLE_`, `_TLS_MODULE_BASE_`, `__global_pointer$`); gABI
//! (`_DYNAMIC`); GNU ld manual ("Orphan Sections": `__start_SECNAME`).

use super::Map;

use object::elf;

use super::gc::is_c_identifier;
use super::layout::{Addresses, Extent, Layout};
use super::resolve::{Definition, Resolution, SymbolId};
use super::sections::SyntheticKind;
use super::segments::FilePlan;
use crate::options::ElfOptions;
use crate::script::eval::OutputId;

/// What a linker-defined symbol means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Meaning {
    GotBase,
    Dynamic,
    Headers,
    TlsBase,
    GlobalPointer,
    /// The start (or the end) of an output section.
    Bound {
        section: String,
        end: bool,
    },
    /// IRELATIVE relocations of a static executable.
    Irelative {
        end: bool,
    },
    /// The start (or the end) of `.ARM.exidx`, for unwinders (EHABI32).
    UnwindIndex {
        end: bool,
    },
}

const UNWIND_INDEX: &str = ".ARM.exidx";

fn meaning(name: &[u8]) -> Option<Meaning> {
    let bound = |section: &[u8], end| {
        is_c_identifier(section).then(|| Meaning::Bound {
            section: String::from_utf8_lossy(section).into_owned(),
            end,
        })
    };
    Some(match name {
        b"_GLOBAL_OFFSET_TABLE_" => Meaning::GotBase,
        b"_DYNAMIC" => Meaning::Dynamic,
        b"__ehdr_start" | b"__executable_start" | b"__dso_handle" => Meaning::Headers,
        b"_TLS_MODULE_BASE_" => Meaning::TlsBase,
        b"__global_pointer$" => Meaning::GlobalPointer,
        b"__rela_iplt_start" | b"__rel_iplt_start" => Meaning::Irelative { end: false },
        b"__rela_iplt_end" | b"__rel_iplt_end" => Meaning::Irelative { end: true },
        b"__exidx_start" => Meaning::UnwindIndex { end: false },
        b"__exidx_end" => Meaning::UnwindIndex { end: true },
        _ => {
            if let Some(section) = name.strip_prefix(b"__start_") {
                return bound(section, false);
            }
            return bound(name.strip_prefix(b"__stop_")?, true);
        }
    })
}

/// Defines the linker's symbols among those that are referred to and undefined.
pub fn define(resolution: &mut Resolution<'_>, options: &ElfOptions) {
    let names: Vec<Vec<u8>> = resolution
        .files
        .iter()
        .flat_map(|file| file.sections.iter())
        .filter(|s| is_c_identifier(s.name))
        .map(|s| s.name.to_vec())
        .collect();
    for symbol in &mut resolution.symbols {
        if !symbol.referenced || !matches!(symbol.definition, Definition::Undefined) {
            continue;
        }
        let defined = match meaning(symbol.name) {
            Some(Meaning::Bound { section, .. }) => names.iter().any(|n| *n == section.as_bytes()),
            // A weak `_DYNAMIC` asks whether there is one; see `values`.
            other => other.is_some(),
        };
        if defined {
            symbol.definition = Definition::Linker;
            symbol.kind = elf::STT_NOTYPE.0;
            // `__start_` symbols are seen from outside as the section is, but cannot be replaced.
            symbol.visibility = match meaning(symbol.name) {
                Some(Meaning::Bound { .. }) => options.z.start_stop_visibility,
                _ => elf::STV_HIDDEN.0,
            };
        }
    }
}

/// The output section that a `__start_` or `__stop_` symbol belongs to.
pub fn bounded_section(addresses: &Addresses<'_, '_>, name: &[u8]) -> Option<OutputId> {
    let section = match meaning(name) {
        Some(Meaning::Bound { section, .. }) => section,
        Some(Meaning::UnwindIndex { .. }) => UNWIND_INDEX.to_owned(),
        _ => return None,
    };
    let outputs = &addresses.layout.placement.outputs;
    let index = outputs
        .iter()
        .position(|o| o.present && o.name == section)?;
    Some(OutputId(index as u32))
}

fn section(layout: &Layout<'_>, name: &str) -> Option<Extent> {
    let outputs = &layout.placement.outputs;
    let index = outputs.iter().position(|o| o.name == name && o.present)?;
    Some(layout.extents[index])
}

/// RISC-V psABI: 0x800 into the small data, so that signed 12 bits reach both ways.
pub fn global_pointer(layout: &Layout<'_>) -> Option<u64> {
    let small = section(layout, ".sdata").or_else(|| section(layout, ".data"))?;
    Some(small.addr.wrapping_add(0x800))
}

/// Their addresses after layout.
pub fn values(addresses: &Addresses<'_, '_>, plan: &FilePlan) -> Map<SymbolId, u64> {
    let layout = addresses.layout;
    let section = |name: &str| section(layout, name);
    let bound = |e: super::layout::Extent, end| match end {
        true => e.addr.wrapping_add(e.size),
        false => e.addr,
    };
    let got = || addresses.synthetic(SyntheticKind::Got);
    let mut out = Map::default();
    for (index, symbol) in addresses.resolution.symbols.iter().enumerate() {
        if symbol.definition != Definition::Linker {
            continue;
        }
        let Some(meaning) = meaning(symbol.name) else {
            continue;
        };
        let value = match meaning {
            Meaning::GotBase => got(),
            Meaning::Dynamic => section(".dynamic").map(|e| e.addr),
            Meaning::Headers => {
                let load = plan.segments.iter().find(|s| s.p_type == elf::PT_LOAD.0);
                load.map(|load| load.addr)
            }
            Meaning::TlsBase => plan.find(elf::PT_TLS.0).map(|tls| tls.addr),
            Meaning::GlobalPointer => global_pointer(layout),
            Meaning::Bound { section: name, end } => section(&name).map(|e| bound(e, end)),
            Meaning::UnwindIndex { end } => section(UNWIND_INDEX).map(|e| bound(e, end)),
            Meaning::Irelative { end } => addresses
                .sections
                .find(SyntheticKind::RelaIplt)
                .and_then(|id| {
                    let start = addresses.of_section(id, 0)?;
                    let size = addresses.sections.outline(addresses.resolution, id).size;
                    Some(if end { start + size } else { start })
                }),
        };
        out.insert(SymbolId(index as u32), value.unwrap_or(0));
    }
    out
}
