//! `.dynsym`, `.dynstr` and `.hash` with nothing but the null symbol, as loaders and debuggers expect them.
//!
//! Spec: gABI, "Symbol Table", "Hash Table".

use object::elf;

use super::put::Words;
use crate::elf::arch::Arch;
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};

/// Bytes of `.dynstr`: the empty name.
pub(super) const STRINGS: u64 = 1;

/// One bucket, one chain, both empty.
const HASH: [u32; 4] = [1, 1, 0, 0];

/// Bytes of a symbol.
pub(super) fn entry_size(arch: &dyn Arch) -> u64 {
    if arch.is_64() { 24 } else { 16 }
}

/// Adds the three sections.
pub(super) fn add(arch: &dyn Arch, sections: &mut Sections) {
    let (symbol, hash) = (entry_size(arch), 4 * HASH.len() as u64);
    let strings = Some((SyntheticKind::DynStr, 1));
    let symbols = Some((SyntheticKind::DynSym, 0));
    let mut add = |kind, name: &str, sh_type: elf::SectionType, align, entsize, size, link| {
        sections.add(Synthetic {
            kind,
            name: name.to_owned(),
            sh_type: sh_type.0,
            flags: elf::SHF_ALLOC.0,
            align,
            entsize,
            size,
            link,
        })
    };
    let word = super::word(arch);
    let (dynsym, dynstr) = (SyntheticKind::DynSym, SyntheticKind::DynStr);
    add(
        dynsym,
        ".dynsym",
        elf::SHT_DYNSYM,
        word,
        symbol,
        symbol,
        strings,
    );
    add(dynstr, ".dynstr", elf::SHT_STRTAB, 1, 0, STRINGS, None);
    add(
        SyntheticKind::Hash,
        ".hash",
        elf::SHT_HASH,
        4,
        4,
        hash,
        symbols,
    );
}

/// Writes `.hash`; the other two are zeros.
pub(crate) fn write_hash(words: Words, out: &mut [u8]) {
    for (index, value) in HASH.into_iter().enumerate() {
        words.put32(out, 4 * index, value);
    }
}
