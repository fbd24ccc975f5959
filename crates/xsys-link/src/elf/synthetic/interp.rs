//! `.interp`: the program that loads an executable and its libraries.
//!
//! Spec: gABI "Program Interpreter"; the names are the psABIs' and those of glibc's ports.

use object::elf;

use crate::elf::arch::Arch;
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};
use crate::options::{ElfOptions, OutputKind};

/// The path of the dynamic linker, if the output has one.
pub(crate) fn path<'o>(arch: &dyn Arch, options: &'o ElfOptions) -> Option<&'o str> {
    let dynamic = &options.dynamic;
    match options.kind {
        OutputKind::DynamicExec | OutputKind::DynamicPie if !dynamic.no_dynamic_linker => {
            let named = dynamic.dynamic_linker.as_deref();
            named.or_else(|| arch.dynamic_linker())
        }
        // Libraries that can be run as programs name one.
        OutputKind::Shared => dynamic.dynamic_linker.as_deref(),
        _ => None,
    }
}

/// Adds the section.
pub(super) fn add(arch: &dyn Arch, sections: &mut Sections, options: &ElfOptions) {
    let Some(path) = path(arch, options) else {
        return;
    };
    sections.add(Synthetic {
        kind: SyntheticKind::Interp,
        name: ".interp".to_owned(),
        sh_type: elf::SHT_PROGBITS.0,
        flags: elf::SHF_ALLOC.0,
        align: 1,
        entsize: 0,
        size: path.len() as u64 + 1,
        link: None,
    });
}

/// Writes the path; the byte after it is 0 already.
pub(crate) fn write(arch: &dyn Arch, options: &ElfOptions, out: &mut [u8]) {
    if let Some(path) = path(arch, options) {
        out[..path.len()].copy_from_slice(path.as_bytes());
    }
}
