//! `.plt` and its `.got.plt`: calls of functions of other files.
//!
//! The slots lead back into the PLT until the first call, when the dynamic linker finds the function; with `-z now` it
//! fills all of them at the start. The first words of `.got.plt` are the dynamic linker's.
//!
//! Spec: psABIs, "Procedure Linkage Table".

use object::elf;

use super::put::Words;
use super::scan::Demands;
use crate::elf::arch::Arch;
use crate::elf::layout::Addresses;
use crate::elf::sections::refs::SymRef;
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};

/// Adds both sections where functions are called through them.
pub(super) fn add(arch: &dyn Arch, sections: &mut Sections, demands: &Demands) {
    let count = demands.imports.plt.len() as u64;
    if count == 0 {
        return;
    }
    let word = super::word(arch);
    let form = arch.plt();
    sections.add(Synthetic {
        kind: SyntheticKind::Plt,
        name: ".plt".to_owned(),
        sh_type: elf::SHT_PROGBITS.0,
        flags: elf::SHF_ALLOC.0 | elf::SHF_EXECINSTR.0,
        align: 16,
        entsize: 0,
        size: (form.header + form.entry * count as usize) as u64,
        link: None,
    });
    sections.add(Synthetic {
        kind: SyntheticKind::PltGot,
        name: ".got.plt".to_owned(),
        sh_type: elf::SHT_PROGBITS.0,
        flags: elf::SHF_ALLOC.0 | elf::SHF_WRITE.0,
        align: word,
        entsize: word,
        size: (form.reserved + count) * word,
        link: None,
    });
}

/// The address of a symbol's PLT entry, with the mode bit.
pub(crate) fn entry(
    arch: &dyn Arch,
    addresses: &Addresses<'_, '_>,
    demands: &Demands,
    symbol: SymRef,
) -> Option<u64> {
    let index = demands.imports.plt_of(symbol)?;
    entry_at(arch, addresses, index)
}

/// The same, if the symbol's address is that of the entry.
pub(crate) fn canonical_entry(
    arch: &dyn Arch,
    addresses: &Addresses<'_, '_>,
    demands: &Demands,
    symbol: SymRef,
) -> Option<u64> {
    let index = demands.imports.canonical_of(symbol)?;
    entry_at(arch, addresses, index)
}

fn entry_at(arch: &dyn Arch, addresses: &Addresses<'_, '_>, index: u32) -> Option<u64> {
    let form = arch.plt();
    let start = addresses.synthetic(SyntheticKind::Plt)?;
    let offset = form.header + form.entry * index as usize;
    Some(start + offset as u64 + arch.plt_entry())
}

/// The addresses of the slots.
pub(super) fn slots(
    arch: &dyn Arch,
    addresses: &Addresses<'_, '_>,
) -> impl Iterator<Item = u64> + use<> {
    let word = super::word(arch);
    let start = addresses.synthetic(SyntheticKind::PltGot).unwrap_or(0);
    let first = start + arch.plt().reserved * word;
    (0..).map(move |index| first + index * word)
}

/// Writes the code.
pub(crate) fn write(arch: &dyn Arch, addresses: &Addresses<'_, '_>, out: &mut [u8]) {
    let (Some(start), Some(got)) = (
        addresses.synthetic(SyntheticKind::Plt),
        addresses.synthetic(SyntheticKind::PltGot),
    ) else {
        return;
    };
    let form = arch.plt();
    let (header, entries) = out.split_at_mut(form.header.min(out.len()));
    arch.write_plt_header(header, start, got);
    let places = entries.chunks_exact_mut(form.entry).zip(0u32..);
    for ((entry, index), slot) in places.zip(slots(arch, addresses)) {
        let addr = start + (form.header + form.entry * index as usize) as u64;
        arch.write_lazy_plt_entry(entry, index, (addr, start), slot);
    }
}

/// Writes the slots.
pub(crate) fn write_slots(
    arch: &dyn Arch,
    words: Words,
    addresses: &Addresses<'_, '_>,
    out: &mut [u8],
) {
    let form = arch.plt();
    let start = addresses.synthetic(SyntheticKind::Plt).unwrap_or(0);
    // The dynamic linker finds its own table here (on some machines).
    let dynamic = addresses.synthetic(SyntheticKind::Dynamic).unwrap_or(0);
    words.put(out, 0, dynamic);
    let first = form.reserved as usize * words.size();
    for (index, slot) in out[first..].chunks_exact_mut(words.size()).enumerate() {
        let entry = start + (form.header + form.entry * index) as u64;
        words.put(slot, 0, form.first_call.of(start, entry));
    }
}
