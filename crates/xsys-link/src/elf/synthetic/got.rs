//! `.got`: addresses and offsets of symbols that code reaches indirectly.
//!
//! The scan decides which slots there are, the relocator what is in them. Spec: psABIs, "Global Offset Table".

use object::elf;

use super::put::Words;
use super::scan::Demands;
use crate::elf::arch::Arch;
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};

/// Adds the section where anything refers to it.
pub(super) fn add(arch: &dyn Arch, sections: &mut Sections, demands: &Demands) {
    if demands.got_size == 0 && !demands.got_base {
        return;
    }
    let word = super::word(arch);
    sections.add(Synthetic {
        kind: SyntheticKind::Got,
        name: ".got".to_owned(),
        sh_type: elf::SHT_PROGBITS.0,
        flags: elf::SHF_ALLOC.0 | elf::SHF_WRITE.0,
        align: word,
        entsize: word,
        size: demands.got_size,
        link: None,
    });
}

/// Writes slots, as (offset, value).
pub(crate) fn write(words: Words, out: &mut [u8], slots: &[(u64, u64)]) {
    for &(at, value) in slots {
        words.put(out, at as usize, value);
    }
}
