//! The plan of the output file: program headers and the file offsets of sections.

use object::elf;

use crate::elf::ids::SectionId;
use crate::script::eval::OutputId;

/// A program header under construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// `p_type`
    pub p_type: u32,
    /// `p_flags`
    pub flags: u32,
    /// Its sections, in layout order.
    pub sections: Vec<OutputId>,
    /// The section of the linker's own that it consists of: its output section may have others.
    pub part: Option<SectionId>,
    /// It begins with the ELF header.
    pub file_header: bool,
    /// It holds the program headers.
    pub program_headers: bool,
    /// `AT(…)` of PHDRS.
    pub load_addr: Option<u64>,
    /// `p_offset`
    pub offset: u64,
    /// `p_vaddr`
    pub addr: u64,
    /// `p_paddr`
    pub physical: u64,
    /// `p_filesz`
    pub file_size: u64,
    /// `p_memsz`
    pub memory_size: u64,
    /// `p_align`
    pub align: u64,
}

/// The plan of the output file.
pub(crate) struct FilePlan {
    /// Program headers in table order.
    pub segments: Vec<Segment>,
    /// File offset by [`OutputId`].
    pub offsets: Vec<u64>,
    /// Where the section contents end.
    pub end: u64,
}

impl FilePlan {
    /// Loadable segments as (address, bytes).
    pub(crate) fn load_ranges(&self) -> Vec<(u64, u64)> {
        self.segments
            .iter()
            .filter(|s| s.p_type == elf::PT_LOAD.0)
            .map(|s| (s.addr, s.memory_size))
            .collect()
    }

    /// The end of the bytes that are in segments; `headers` is the size of the headers.
    pub(crate) fn loaded_end(&self, headers: u64) -> u64 {
        let ends = self.segments.iter().map(|s| s.offset + s.file_size);
        ends.max().unwrap_or(0).max(headers)
    }

    /// The first segment of a type.
    pub(crate) fn find(&self, p_type: u32) -> Option<&Segment> {
        self.segments.iter().find(|s| s.p_type == p_type)
    }
}
