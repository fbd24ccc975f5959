//! Program headers and file offsets.
//!
//! Problem: loaders read segments, not sections. PHDRS in the script lists them ([`from_script`]); otherwise
//! they follow from permissions, memory regions and load addresses ([`implied`]). File offsets must
//! agree with addresses modulo the page size, zeros go last in their segment, and `p_paddr` must be
//! right, because emulators and flashers load by it ([`numbers`]).
//!
//! Spec: gABI "Program Header"; GNU ld manual, "PHDRS Command".

mod from_script;
mod implied;
mod numbers;

pub(crate) use from_script::{phdr_type, phdr_types};
use object::elf;

use crate::elf::arch::Arch;
use crate::elf::consts::{PT_ARM_EXIDX, SHT_ARM_EXIDX};
use crate::elf::layout::Layout;
use crate::elf::layout::segments::Segment;
use crate::elf::sections::Sections;
use crate::options::ElfOptions;
use crate::script::ast::{Command, Phdr, Script};

/// The results of earlier passes that segments follow from.
#[derive(Clone, Copy)]
pub(crate) struct Planner<'p> {
    /// The instruction set.
    pub arch: &'p dyn Arch,
    /// Addresses.
    pub layout: &'p Layout<'p>,
    /// Sections, the linker's own included.
    pub sections: &'p Sections,
    /// PHDRS.
    pub script: &'p Script,
    /// Options.
    pub options: &'p ElfOptions,
}

impl Planner<'_> {
    /// Bytes of the ELF header and the program headers for the present layout.
    pub(crate) fn headers_size(&self) -> u64 {
        let entry = if self.arch.is_64() { 56 } else { 32 };
        self.file_header_size() + entry * self.segments().len() as u64
    }

    fn file_header_size(&self) -> u64 {
        if self.arch.is_64() { 64 } else { 52 }
    }

    /// Segments with their sections, before file offsets.
    fn segments(&self) -> Vec<Segment> {
        if self.options.kind.is_object() {
            return Vec::new();
        }
        let phdrs: Vec<&Phdr> = self
            .script
            .commands
            .iter()
            .filter_map(|c| match c {
                Command::Phdrs(list) => Some(list),
                _ => None,
            })
            .flatten()
            .collect();
        if phdrs.is_empty() {
            return self.implied();
        }
        let mut out = from_script::segments(&phdrs, self.layout);
        // Unwinders find the index by this header only, so it is there even if PHDRS does not list it.
        if self.arch.has_unwind_index() && !out.iter().any(|s| s.p_type == PT_ARM_EXIDX) {
            let index = self.layout.in_order().into_iter().find(|id| {
                let output = self.layout.placement.output(*id);
                output.sh_type == SHT_ARM_EXIDX && output.is_alloc()
            });
            out.extend(index.map(|id| Segment {
                sections: vec![id],
                ..segment(PT_ARM_EXIDX, elf::PF_R.0)
            }));
        }
        out
    }
}

fn segment(p_type: u32, flags: u32) -> Segment {
    Segment {
        p_type,
        flags,
        sections: Vec::new(),
        file_header: false,
        program_headers: false,
        part: None,
        load_addr: None,
        offset: 0,
        addr: 0,
        physical: 0,
        file_size: 0,
        memory_size: 0,
        align: 1,
    }
}
