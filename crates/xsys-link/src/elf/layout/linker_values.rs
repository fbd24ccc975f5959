//! The addresses of the symbols that the linker defines, after layout.

use object::elf;

use super::segments::FilePlan;
use super::{Addresses, Extent, Layout};
use crate::elf::ids::SymbolId;
use crate::elf::names::Map;
use crate::elf::sections::SyntheticKind;
use crate::elf::symbols::linker_symbols::{Meaning, UNWIND_INDEX, meaning};
use crate::elf::symbols::resolve::Definition;
use crate::options::OutputKind;
use crate::script::eval::OutputId;

/// The output section that a `__start_` or `__stop_` symbol belongs to.
pub(crate) fn bounded_section(addresses: &Addresses<'_, '_>, name: &[u8]) -> Option<OutputId> {
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
pub(crate) fn global_pointer(layout: &Layout<'_>) -> Option<u64> {
    let small = section(layout, ".sdata").or_else(|| section(layout, ".data"))?;
    Some(small.addr.wrapping_add(0x800))
}

/// Their addresses after layout.
pub(crate) fn values(
    kind: OutputKind,
    addresses: &Addresses<'_, '_>,
    plan: &FilePlan,
) -> Map<SymbolId, u64> {
    let layout = addresses.layout;
    let section = |name: &str| section(layout, name);
    let bound = |e: crate::elf::layout::Extent, end| match end {
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
            Meaning::Dynamic => addresses
                .synthetic(SyntheticKind::Dynamic)
                .or_else(|| section(".dynamic").map(|e| e.addr)),
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
                    // Of an image that may be anywhere, start-up code finds the table in the dynamic section, among
                    // all its relocations: here it must see none, or it calls resolvers before they are relocated.
                    let all = end && !kind.is_pic();
                    Some(if all { start + size } else { start })
                }),
        };
        out.insert(SymbolId(index as u32), value.unwrap_or(0));
    }
    out
}
