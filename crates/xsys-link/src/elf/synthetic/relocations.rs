//! `.rela.dyn` and `.rela.iplt` (or `.rel.…`): the relocations that start-up code applies.
//!
//! A static image has two kinds: RELATIVE for words with addresses, if it is position-independent, and IRELATIVE
//! for the slots of IFUNCs. Neither has a symbol. Spec: gABI, "Relocation"; psABIs.

use object::elf;

use super::put::Words;
use super::scan::Demands;
use crate::elf::arch::Arch;
use crate::elf::layout::Addresses;
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};

/// Bytes of an entry.
pub(super) fn entry_size(arch: &dyn Arch) -> u64 {
    super::word(arch) * if arch.dynamic().rela { 3 } else { 2 }
}

/// Adds the section of RELATIVE relocations.
pub(super) fn add_relatives(arch: &dyn Arch, sections: &mut Sections, count: u64) {
    add(arch, sections, SyntheticKind::RelaDyn, "dyn", count);
}

/// Adds the section of IRELATIVE relocations where there are IFUNCs.
pub(super) fn add_irelatives(
    arch: &dyn Arch,
    sections: &mut Sections,
    demands: &Demands,
    pic: bool,
) {
    let name = if pic { "dyn" } else { "iplt" };
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

/// Writes RELATIVE relocations, as (place, value).
pub(crate) fn write_relatives(
    arch: &dyn Arch,
    words: Words,
    out: &mut [u8],
    entries: &[(u64, u64)],
) {
    let entries = entries.iter().copied();
    write(arch, words, out, entries, arch.dynamic().relative);
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
    let entries = slots.zip(super::iplt::resolvers(addresses, demands));
    write(arch, words, out, entries, arch.dynamic().irelative);
}

/// RELA holds the value, REL finds it at the place.
fn write(
    arch: &dyn Arch,
    words: Words,
    out: &mut [u8],
    entries: impl Iterator<Item = (u64, u64)>,
    r_type: u32,
) {
    let size = entry_size(arch) as usize;
    for (entry, (place, value)) in out.chunks_exact_mut(size).zip(entries) {
        let fields = [place, u64::from(r_type), value];
        let count = size / words.size();
        words.put_all(entry, fields.into_iter().take(count));
    }
}
