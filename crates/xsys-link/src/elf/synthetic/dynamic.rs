//! What a static-pie tells its own start-up code.
//!
//! Problem: a static position-independent executable relocates itself; its start code (`rcrt1.o`)
//! finds the relocations through `.dynamic`. Loaders and debuggers expect a symbol table there too,
//! so an empty one exists.
//!
//! Spec: gABI, "Dynamic Section".

use super::Synthesised;
use crate::elf::arch::Arch;
use crate::elf::layout::Addresses;
use crate::elf::sections::SyntheticKind;
use crate::options::ElfOptions;

/// DT_FLAGS_1 bits
const DF_1_NOW: u64 = 1;
const DF_1_PIE: u64 = 0x0800_0000;
const DF_BIND_NOW: u64 = 8;

/// Entries of `.dynamic`, DT_NULL included.
pub fn entry_count(options: &ElfOptions) -> u64 {
    // The longest list; entries without a subject are written as trailing DT_NULLs.
    16 + u64::from(options.z.now)
}

/// The entries as (tag, value).
pub fn entries(
    arch: &dyn Arch,
    addresses: &Addresses<'_, '_>,
    made: &Synthesised,
    options: &ElfOptions,
) -> Vec<(u64, u64)> {
    let word: u64 = if arch.is_64() { 8 } else { 4 };
    let section = |name: &str| {
        let layout = addresses.layout;
        let index = layout
            .placement
            .outputs
            .iter()
            .position(|o| o.name == name && o.present)?;
        Some(layout.extents[index])
    };
    let mut out = Vec::new();
    let mut flags_1 = DF_1_PIE;
    if options.z.now {
        out.push((30, DF_BIND_NOW)); // DT_FLAGS
        flags_1 |= DF_1_NOW;
    }
    out.push((0x6fff_fffb, flags_1)); // DT_FLAGS_1
    let rela = arch.dynamic().rela;
    let name = if rela { ".rela.dyn" } else { ".rel.dyn" };
    if let Some(extent) = section(name) {
        let (table, size, entry, count) = if rela {
            (7, 8, 9, 0x6fff_fff9)
        } else {
            (17, 18, 19, 0x6fff_fffa)
        };
        out.push((table, extent.addr));
        out.push((size, extent.size));
        out.push((entry, if rela { 3 * word } else { 2 * word }));
        if made.relative_count > 0 {
            out.push((count, made.relative_count));
        }
    }
    for (tag, kind) in [
        (6, SyntheticKind::DynSym),
        (5, SyntheticKind::DynStr),
        (4, SyntheticKind::Hash),
    ] {
        if let Some(at) = addresses.synthetic(kind) {
            out.push((tag, at));
        }
    }
    out.push((11, if arch.is_64() { 24 } else { 16 })); // DT_SYMENT
    out.push((10, 1)); // DT_STRSZ
    for (tag, size_tag, name) in [
        (25, 27, ".init_array"),
        (26, 28, ".fini_array"),
        (32, 33, ".preinit_array"),
    ] {
        if let Some(extent) = section(name).filter(|e| e.size > 0) {
            out.push((tag, extent.addr));
            out.push((size_tag, extent.size));
        }
    }
    for (tag, name) in [(12, &options.init), (13, &options.fini)] {
        let symbol = addresses
            .resolution
            .find(name.as_bytes())
            .map(crate::elf::sections::refs::SymRef::Global);
        let home = symbol.map(|s| s.home(addresses.resolution, addresses.sections));
        if let (Some(symbol), Some(crate::elf::sections::refs::Home::Section(..))) = (symbol, home)
            && let Some(at) = addresses.of_symbol(symbol, 0)
        {
            out.push((tag, at));
        }
    }
    out
}

/// `.hash` for a table with only the null symbol: one bucket, one chain.
pub fn hash_words() -> [u32; 4] {
    [1, 1, 0, 0]
}
