//! `.dynamic`: what a static-pie tells its own start-up code.
//!
//! Problem: a static position-independent executable relocates itself; its start code (`rcrt1.o`)
//! finds the relocations through `.dynamic`. Loaders and debuggers expect a symbol table there too,
//! so an empty one exists. The size must be known before addresses are, but whether some entries are needed
//! is known only with the addresses. So [`entries`] lists all possible entries, and the table has room for
//! all of them; those that are not needed are left out when it is written, and the rest is DT_NULL.
//!
//! Spec: gABI, "Dynamic Section".

use object::elf;

use super::scan::Demands;
use crate::elf::arch::Arch;
use crate::elf::layout::{Addresses, Extent};
use crate::elf::sections::refs::{KnownBy, SymRef, ValueSource};
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};
use crate::elf::symbols::resolve::Resolution;
use crate::options::{ElfOptions, OutputKind};

/// DT_FLAGS_1 bits
const DF_1_NOW: u64 = 1;
const DF_1_PIE: u64 = 0x0800_0000;
const DF_BIND_NOW: u64 = 8;
const DF_TEXTREL: u64 = 4;

/// An entry of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DynamicEntry {
    tag: u64,
    value: DynamicValue,
}

/// The value of an entry.
#[derive(Clone, Copy, Debug)]
enum DynamicValue {
    Number(u64),
    /// The address of a section that the linker makes.
    Section(SyntheticKind),
    /// The address of the output section that such a section is in.
    Start(SyntheticKind),
    /// Its size.
    Size(SyntheticKind),
    /// The address of the output section of this type and name, if it has any bytes.
    ArrayStart(u32, &'static str),
    /// Its size.
    ArraySize(u32, &'static str),
    /// The address of a function.
    Function(SymRef),
}

/// All possible entries, without the DT_NULL at the end.
pub(crate) fn entries(
    arch: &dyn Arch,
    resolution: &Resolution<'_>,
    sections: &Sections,
    (demands, relatives): (&Demands, u64),
    options: &ElfOptions,
) -> Vec<DynamicEntry> {
    let mut out = Vec::new();
    let mut add = |tag, value| out.push(DynamicEntry { tag, value });
    let mut flags_1 = DF_1_PIE;
    let mut flags = 0;
    if options.z.now {
        flags |= DF_BIND_NOW;
        flags_1 |= DF_1_NOW;
    }
    if demands.changes_text {
        flags |= DF_TEXTREL;
        add(22, DynamicValue::Number(0)); // DT_TEXTREL
    }
    if flags != 0 {
        add(30, DynamicValue::Number(flags)); // DT_FLAGS
    }
    add(0x6fff_fffb, DynamicValue::Number(flags_1)); // DT_FLAGS_1
    let [table, size, entry, count] = match arch.dynamic().rela {
        true => [7, 8, 9, 0x6fff_fff9],
        false => [17, 18, 19, 0x6fff_fffa],
    };
    add(table, DynamicValue::Start(SyntheticKind::RelaDyn));
    add(size, DynamicValue::Size(SyntheticKind::RelaDyn));
    add(
        entry,
        DynamicValue::Number(super::relocations::entry_size(arch)),
    );
    if relatives > 0 {
        add(count, DynamicValue::Number(relatives));
    }
    add(6, DynamicValue::Section(SyntheticKind::DynSym));
    add(5, DynamicValue::Section(SyntheticKind::DynStr));
    add(4, DynamicValue::Section(SyntheticKind::Hash));
    add(11, DynamicValue::Number(super::dynsym::entry_size(arch))); // DT_SYMENT
    add(10, DynamicValue::Number(super::dynsym::STRINGS)); // DT_STRSZ
    for (tag, size_tag, sh_type, name) in [
        (25, 27, elf::SHT_INIT_ARRAY, ".init_array"),
        (26, 28, elf::SHT_FINI_ARRAY, ".fini_array"),
        (32, 33, elf::SHT_PREINIT_ARRAY, ".preinit_array"),
    ] {
        add(tag, DynamicValue::ArrayStart(sh_type.0, name));
        add(size_tag, DynamicValue::ArraySize(sh_type.0, name));
    }
    for (tag, name) in [(12, &options.symbols.init), (13, &options.symbols.fini)] {
        let symbol = resolution.find(name.as_bytes()).map(SymRef::Global);
        let defined = |symbol: &SymRef| {
            let home = symbol.value_source(resolution, sections);
            matches!(home, ValueSource::Section(..))
        };
        if let Some(symbol) = symbol.filter(defined) {
            add(tag, DynamicValue::Function(symbol));
        }
    }
    out
}

/// Adds the section.
pub(super) fn add(arch: &dyn Arch, sections: &mut Sections, entries: &[DynamicEntry]) {
    let word = super::word(arch);
    sections.add(Synthetic {
        kind: SyntheticKind::Dynamic,
        name: ".dynamic".to_owned(),
        sh_type: elf::SHT_DYNAMIC.0,
        flags: elf::SHF_ALLOC.0 | elf::SHF_WRITE.0,
        align: word,
        entsize: 2 * word,
        size: (entries.len() as u64 + 1) * 2 * word,
        link: Some((SyntheticKind::DynStr, 0)),
    });
}

/// The words of the table, without the DT_NULLs.
pub(crate) fn words(
    entries: &[DynamicEntry],
    addresses: &Addresses<'_, '_>,
) -> impl Iterator<Item = u64> {
    let present = |entry: &DynamicEntry| Some([entry.tag, entry.value.find(addresses)?]);
    entries.iter().filter_map(present).flatten()
}

impl DynamicValue {
    fn find(self, addresses: &Addresses<'_, '_>) -> Option<u64> {
        match self {
            DynamicValue::Number(number) => Some(number),
            DynamicValue::Section(kind) => addresses.synthetic(kind),
            DynamicValue::Start(kind) => Some(output_of(addresses, kind)?.addr),
            DynamicValue::Size(kind) => Some(output_of(addresses, kind)?.size),
            DynamicValue::ArrayStart(sh_type, name) => Some(array(addresses, sh_type, name)?.addr),
            DynamicValue::ArraySize(sh_type, name) => Some(array(addresses, sh_type, name)?.size),
            DynamicValue::Function(symbol) => addresses.of_symbol(symbol, 0),
        }
    }
}

fn output_of(addresses: &Addresses<'_, '_>, kind: SyntheticKind) -> Option<Extent> {
    let layout = addresses.layout;
    let output = layout.output_of[addresses.sections.find(kind)?.0 as usize]?;
    let present = layout.placement.output(output).present;
    present.then(|| layout.extents[output.0 as usize])
}

/// The array of a type. Assemblers may give its section another type; then its name decides.
fn array(addresses: &Addresses<'_, '_>, sh_type: u32, name: &str) -> Option<Extent> {
    let layout = addresses.layout;
    let outputs = &layout.placement.outputs;
    let typed = outputs
        .iter()
        .position(|o| o.sh_type == sh_type && o.present);
    let named = || outputs.iter().position(|o| o.name == name && o.present);
    let extent = layout.extents[typed.or_else(named)?];
    (extent.size > 0).then_some(extent)
}

/// The number of RELATIVE relocations in `demands`: for words, and for GOT slots.
pub(super) fn relatives(
    demands: &Demands,
    resolution: &Resolution<'_>,
    sections: &Sections,
    kind: OutputKind,
) -> u64 {
    let moves = |symbol: &SymRef| {
        symbol.value_source(resolution, sections).known_by(kind) == KnownBy::StartUp
    };
    let slots = demands
        .slots
        .iter()
        .filter(|(kind, symbol)| *kind == super::scan::SlotKind::Address && moves(symbol));
    demands.relative_words + slots.count() as u64
}
