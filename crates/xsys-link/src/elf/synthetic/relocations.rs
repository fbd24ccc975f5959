//! `.rela.dyn`, `.rela.plt` and `.rela.iplt` (or `.rel.…`): the relocations that start-up code applies.
//!
//! A static image has two kinds: RELATIVE for words with addresses, if it is position-independent, and IRELATIVE
//! for the slots of IFUNCs. Neither has a symbol. A dynamic linker also looks symbols up. Spec: gABI, "Relocation";
//! psABIs.

use object::elf;

use super::dynsym::DynamicSymbols;
use super::put::Words;
use super::scan::{Demands, SlotKind};
use crate::elf::arch::Arch;
use crate::elf::layout::Addresses;
use crate::elf::sections::refs::KnownBy;
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};
use crate::elf::symbols::resolve::Resolution;
use crate::options::OutputKind;

/// Bytes of an entry.
pub(super) fn entry_size(arch: &dyn Arch) -> u64 {
    super::word(arch) * if arch.dynamic().rela { 3 } else { 2 }
}

/// What a dynamic relocation computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DynamicReloc {
    /// The image's base is added to an address.
    Relative,
    /// The address of a named symbol, in data.
    Symbolic,
    /// The same in the GOT.
    GlobDat,
    /// The contents of a library's variable.
    Copy,
    /// The module of a thread-local variable.
    TlsModule,
    /// Its offset in the module's block.
    TlsOffset,
    /// Its offset from the thread pointer.
    TpOffset,
    /// A TLS descriptor.
    TlsDescriptor,
}

impl DynamicReloc {
    /// Its number.
    pub(crate) fn r_type(self, arch: &dyn Arch) -> u32 {
        let types = arch.dynamic();
        match self {
            DynamicReloc::Relative => types.relative,
            DynamicReloc::Symbolic => types.symbolic,
            DynamicReloc::GlobDat => types.glob_dat,
            DynamicReloc::Copy => types.copy,
            DynamicReloc::TlsModule => types.tls_module,
            DynamicReloc::TlsOffset => types.tls_offset,
            DynamicReloc::TpOffset => types.tp_offset,
            DynamicReloc::TlsDescriptor => types.tls_descriptor,
        }
    }
}

/// The dynamic relocations of a GOT slot, by its words.
pub(crate) fn of_slot(
    slot: SlotKind,
    known_by: KnownBy,
    kind: OutputKind,
) -> &'static [(u64, DynamicReloc)] {
    let imported = known_by == KnownBy::DynamicLinker;
    match slot {
        SlotKind::Address if imported => &[(0, DynamicReloc::GlobDat)],
        SlotKind::Address if known_by == KnownBy::StartUp => &[(0, DynamicReloc::Relative)],
        SlotKind::TpOffset if imported || kind.is_shared() => &[(0, DynamicReloc::TpOffset)],
        SlotKind::TlsGd if imported => {
            &[(0, DynamicReloc::TlsModule), (1, DynamicReloc::TlsOffset)]
        }
        SlotKind::TlsGd | SlotKind::TlsLd if kind.is_shared() => &[(0, DynamicReloc::TlsModule)],
        SlotKind::TlsDesc => &[(0, DynamicReloc::TlsDescriptor)],
        _ => &[],
    }
}

/// How many relocations `.rela.dyn` has, and how many of them are RELATIVE ones, which come first.
pub(super) fn count(
    demands: &Demands,
    resolution: &Resolution<'_>,
    sections: &Sections,
    kind: OutputKind,
) -> (u64, u64) {
    let (mut all, mut relative) = (0, 0);
    for &(slot, symbol) in &demands.slots {
        let known_by = match slot {
            SlotKind::TlsLd => KnownBy::Linker,
            _ => {
                let home = symbol.value_source(resolution, sections);
                symbol.known_by(resolution, home, kind)
            }
        };
        let relocs = of_slot(slot, known_by, kind);
        all += relocs.len() as u64;
        let own = relocs.iter().filter(|(_, r)| *r == DynamicReloc::Relative);
        relative += own.count() as u64;
    }
    relative += demands.relative_words;
    all += demands.relative_words + demands.imports.words;
    (all + demands.imports.copies.len() as u64, relative)
}

/// Adds the section of all but IRELATIVE and JUMP_SLOT relocations.
pub(super) fn add_dynamic(arch: &dyn Arch, sections: &mut Sections, count: u64) {
    add(arch, sections, SyntheticKind::RelaDyn, "dyn", count);
}

/// Adds the section of the PLT's relocations.
pub(super) fn add_plt(arch: &dyn Arch, sections: &mut Sections, demands: &Demands) {
    let count = demands.imports.plt.len() as u64;
    if count > 0 {
        add(arch, sections, SyntheticKind::RelaPlt, "plt", count);
    }
}

/// Adds the section of IRELATIVE relocations where there are IFUNCs.
pub(super) fn add_irelatives(
    arch: &dyn Arch,
    sections: &mut Sections,
    demands: &Demands,
    dynamic: bool,
) {
    let name = if dynamic { "dyn" } else { "iplt" };
    let count = demands.iplt.len() as u64;
    if count > 0 {
        add(arch, sections, SyntheticKind::RelaIplt, name, count);
    }
}

fn add(arch: &dyn Arch, sections: &mut Sections, kind: SyntheticKind, name: &str, count: u64) {
    let (sh_type, prefix) = match arch.dynamic().rela {
        true => (elf::SHT_RELA, ".rela"),
        false => (elf::SHT_REL, ".rel"),
    };
    sections.add(Synthetic {
        kind,
        name: format!("{prefix}.{name}"),
        sh_type: sh_type.0,
        flags: elf::SHF_ALLOC.0,
        align: super::word(arch),
        entsize: entry_size(arch),
        size: count * entry_size(arch),
        link: Some((SyntheticKind::DynSym, 0)),
    });
}

/// A relocation of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// Number in `.dynsym`; RELATIVE ones have none.
    pub symbol: u32,
    /// The address of the place.
    pub place: u64,
    /// Its type.
    pub r_type: u32,
    /// The addend, or for RELATIVE ones the value.
    pub addend: u64,
}

/// Writes relocations.
pub(crate) fn write_all(
    arch: &dyn Arch,
    words: Words,
    out: &mut [u8],
    entries: impl Iterator<Item = Entry>,
) {
    let size = entry_size(arch) as usize;
    let shift = if arch.is_64() { 32 } else { 8 };
    for (place, entry) in out.chunks_exact_mut(size).zip(entries) {
        let info = u64::from(entry.symbol) << shift | u64::from(entry.r_type);
        let fields = [entry.place, info, entry.addend];
        let count = size / words.size();
        words.put_all(place, fields.into_iter().take(count));
    }
}

/// Writes the IRELATIVE relocations.
pub(crate) fn write_irelatives(
    arch: &dyn Arch,
    words: Words,
    addresses: &Addresses<'_, '_>,
    demands: &Demands,
    out: &mut [u8],
) {
    let slots = addresses.synthetic(SyntheticKind::IpltGot).unwrap_or(0);
    let slots = (0..).map(|index| slots + index * super::word(arch));
    let resolvers = super::iplt::resolvers(addresses, demands);
    let entries = slots.zip(resolvers).map(|(place, addend)| Entry {
        symbol: 0,
        place,
        r_type: arch.dynamic().irelative,
        addend,
    });
    write_all(arch, words, out, entries);
}

/// Writes the relocations of the PLT's slots.
pub(crate) fn write_plt(
    arch: &dyn Arch,
    words: Words,
    addresses: &Addresses<'_, '_>,
    (demands, symbols): (&Demands, &DynamicSymbols),
    out: &mut [u8],
) {
    let functions = demands.imports.plt.iter();
    let entries = functions.zip(super::plt::slots(arch, addresses));
    let entries = entries.map(|(id, place)| Entry {
        symbol: symbols.index_of(*id),
        place,
        r_type: arch.dynamic().jump_slot,
        addend: 0,
    });
    write_all(arch, words, out, entries);
}
