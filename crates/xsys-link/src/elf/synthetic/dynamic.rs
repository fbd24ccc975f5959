//! `.dynamic`: what a file tells the dynamic linker, or a static-pie its own start-up code.
//!
//! Problem: a static position-independent executable relocates itself; its start code (`rcrt1.o`)
//! finds the relocations through `.dynamic`. Loaders and debuggers expect a symbol table there too. The size must be known before addresses are, but whether some entries are needed
//! is known only with the addresses. So [`entries`] lists all possible entries, and the table has room for
//! all of them; those that are not needed are left out when it is written, and the rest is DT_NULL.
//!
//! Spec: gABI, "Dynamic Section".

use object::elf;

use super::dynsym::DynamicSymbols;
use super::scan::Demands;
use crate::elf::arch::Arch;
use crate::elf::layout::{Addresses, Extent};
use crate::elf::sections::refs::{SymRef, ValueSource};
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};
use crate::elf::symbols::resolve::Resolution;
use crate::options::{ElfOptions, Symbolic};

/// DT_FLAGS_1 bits
const DF_1_NOW: u64 = 1;
const DF_1_PIE: u64 = 0x0800_0000;
const DF_BIND_NOW: u64 = 8;
const DF_TEXTREL: u64 = 4;
const DF_SYMBOLIC: u64 = 2;
const DF_STATIC_TLS: u64 = 16;

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

/// What the entries depend on besides the options.
#[derive(Clone, Copy)]
pub(super) struct DynamicContext<'d> {
    pub arch: &'d dyn Arch,
    pub demands: &'d Demands,
    pub symbols: &'d DynamicSymbols,
    /// The number of RELATIVE relocations.
    pub relatives: u64,
    /// There are other relocations than those of the PLT.
    pub relocations: bool,
}

/// All possible entries, without the DT_NULL at the end.
pub(super) fn entries(
    given: DynamicContext<'_>,
    resolution: &Resolution<'_>,
    sections: &Sections,
    options: &ElfOptions,
) -> Vec<DynamicEntry> {
    let named = given.symbols.named_entries.iter();
    let mut out: Vec<DynamicEntry> = named
        .map(|&(tag, at)| DynamicEntry {
            tag,
            value: DynamicValue::Number(at),
        })
        .collect();
    let mut add = |tag, value| out.push(DynamicEntry { tag, value });
    flags(given.demands, options, &mut add);
    tables(given, options, &mut add);
    for (tag, size_tag, sh_type, name) in [
        (25, 27, elf::SHT_INIT_ARRAY, ".init_array"),
        (26, 28, elf::SHT_FINI_ARRAY, ".fini_array"),
        (32, 33, elf::SHT_PREINIT_ARRAY, ".preinit_array"),
    ] {
        // Only executables have functions that run before all libraries' initialisers (gABI).
        if tag != 32 || !options.kind.is_shared() {
            add(tag, DynamicValue::ArrayStart(sh_type.0, name));
            add(size_tag, DynamicValue::ArraySize(sh_type.0, name));
        }
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

fn flags(demands: &Demands, options: &ElfOptions, add: &mut impl FnMut(u64, DynamicValue)) {
    let dynamic = &options.dynamic;
    let mut flags_1 = dynamic.flags_1;
    let mut flags = dynamic.flags;
    if options.kind.is_pic() && !options.kind.is_shared() {
        flags_1 |= DF_1_PIE;
    }
    if options.z.now {
        flags |= DF_BIND_NOW;
        flags_1 |= DF_1_NOW;
    }
    if options.kind.is_shared() {
        if dynamic.symbolic == Symbolic::All {
            flags |= DF_SYMBOLIC;
            add(16, DynamicValue::Number(0)); // DT_SYMBOLIC
        }
        let mut slots = demands.slots.iter();
        if slots.any(|(kind, _)| *kind == super::scan::SlotKind::TpOffset) {
            flags |= DF_STATIC_TLS;
        }
    }
    if demands.changes_text {
        flags |= DF_TEXTREL;
        add(22, DynamicValue::Number(0)); // DT_TEXTREL
    }
    if flags != 0 {
        add(30, DynamicValue::Number(flags)); // DT_FLAGS
    }
    if flags_1 != 0 {
        add(0x6fff_fffb, DynamicValue::Number(flags_1)); // DT_FLAGS_1
    }
    if options.kind.is_dynamic() && !options.kind.is_shared() {
        add(21, DynamicValue::Number(0)); // DT_DEBUG: the dynamic linker leaves its list of files here
    }
}

/// The tables of relocations and symbols.
fn tables(
    given: DynamicContext<'_>,
    options: &ElfOptions,
    add: &mut impl FnMut(u64, DynamicValue),
) {
    let (arch, symbols) = (given.arch, given.symbols);
    let rela = arch.dynamic().rela;
    let [table, size, entry, count] = match rela {
        true => [7, 8, 9, 0x6fff_fff9],
        false => [17, 18, 19, 0x6fff_fffa],
    };
    if given.relocations || !options.kind.is_dynamic() {
        add(table, DynamicValue::Start(SyntheticKind::RelaDyn));
        add(size, DynamicValue::Size(SyntheticKind::RelaDyn));
        add(
            entry,
            DynamicValue::Number(super::relocations::entry_size(arch)),
        );
    }
    if given.relatives > 0 {
        add(count, DynamicValue::Number(given.relatives));
    }
    if !given.demands.imports.plt.is_empty() {
        add(3, DynamicValue::Section(SyntheticKind::PltGot));
        add(23, DynamicValue::Start(SyntheticKind::RelaPlt)); // DT_JMPREL
        add(2, DynamicValue::Size(SyntheticKind::RelaPlt));
        add(20, DynamicValue::Number(table)); // DT_PLTREL
    }
    add(6, DynamicValue::Section(SyntheticKind::DynSym));
    add(5, DynamicValue::Section(SyntheticKind::DynStr));
    if symbols.has(SyntheticKind::Hash) {
        add(4, DynamicValue::Section(SyntheticKind::Hash));
    }
    if symbols.has(SyntheticKind::GnuHash) {
        add(0x6fff_fef5, DynamicValue::Section(SyntheticKind::GnuHash));
    }
    add(11, DynamicValue::Number(super::dynsym::entry_size(arch))); // DT_SYMENT
    add(10, DynamicValue::Number(symbols.strings_size())); // DT_STRSZ
    if symbols.has(SyntheticKind::VersionSymbols) {
        add(
            0x6fff_fff0,
            DynamicValue::Section(SyntheticKind::VersionSymbols),
        );
    }
    let (defined, needed) = symbols.version_counts();
    for (kind, tag, count_tag, count) in [
        (
            SyntheticKind::VersionsDefined,
            0x6fff_fffc,
            0x6fff_fffd,
            defined,
        ),
        (
            SyntheticKind::VersionsNeeded,
            0x6fff_fffe,
            0x6fff_ffff,
            needed,
        ),
    ] {
        if symbols.has(kind) {
            add(tag, DynamicValue::Section(kind));
            add(count_tag, DynamicValue::Number(count));
        }
    }
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
