//! `.iplt` and its `.got.plt`: calls of IFUNCs, and their slots, which IRELATIVE relocations fill.
//!
//! Spec: psABIs, "Procedure Linkage Table"; GNU gABI supplement, STT_GNU_IFUNC.

use object::elf;

use super::put::Words;
use super::scan::Demands;
use crate::elf::arch::Arch;
use crate::elf::layout::Addresses;
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};

/// Adds both sections where there are IFUNCs.
pub(super) fn add(arch: &dyn Arch, sections: &mut Sections, demands: &Demands) {
    let count = demands.iplt.len() as u64;
    if count == 0 {
        return;
    }
    let word = super::word(arch);
    sections.add(Synthetic {
        kind: SyntheticKind::Iplt,
        name: ".iplt".to_owned(),
        sh_type: elf::SHT_PROGBITS.0,
        flags: elf::SHF_ALLOC.0 | elf::SHF_EXECINSTR.0,
        align: 16,
        entsize: 0,
        size: count * arch.plt_entry_size() as u64,
        link: None,
    });
    sections.add(Synthetic {
        kind: SyntheticKind::IpltGot,
        name: ".got.plt".to_owned(),
        sh_type: elf::SHT_PROGBITS.0,
        flags: elf::SHF_ALLOC.0 | elf::SHF_WRITE.0,
        align: word,
        entsize: word,
        size: count * word,
        link: None,
    });
}

/// Writes the jumps through the slots.
pub(crate) fn write(arch: &dyn Arch, addresses: &Addresses<'_, '_>, out: &mut [u8]) {
    let (Some(addr), Some(slots)) = (
        addresses.synthetic(SyntheticKind::Iplt),
        addresses.synthetic(SyntheticKind::IpltGot),
    ) else {
        return;
    };
    let (size, word) = (arch.plt_entry_size(), super::word(arch));
    for (index, entry) in (0..).zip(out.chunks_exact_mut(size)) {
        arch.write_plt_entry(entry, addr + index * size as u64, slots + index * word);
    }
}

/// Writes the resolvers' addresses into the slots: REL relocations take their addend from here.
pub(crate) fn write_slots(
    words: Words,
    addresses: &Addresses<'_, '_>,
    demands: &Demands,
    out: &mut [u8],
) {
    words.put_all(out, resolvers(addresses, demands));
}

/// The addresses of the resolvers.
pub(super) fn resolvers(
    addresses: &Addresses<'_, '_>,
    demands: &Demands,
) -> impl Iterator<Item = u64> {
    let symbols = demands.iplt.iter();
    symbols.map(|symbol| addresses.of_symbol(*symbol, 0).unwrap_or(0))
}
