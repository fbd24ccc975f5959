//! PHDRS: the segments that a script asks for, and the types that it may name.
//!
//! Spec: GNU ld manual, "PHDRS Command".

use object::elf;

use super::segment;
use crate::elf::arch;
use crate::elf::layout::Layout;
use crate::elf::layout::segments::Segment;
use crate::script::ast::Phdr;

/// PHDRS: sections name their segments; those that name none go to the segments of the section before.
pub(super) fn segments(phdrs: &[&Phdr], layout: &Layout<'_>) -> Vec<Segment> {
    let values = |index: usize| layout.phdrs.get(index).copied().unwrap_or_default();
    let mut out: Vec<Segment> = phdrs
        .iter()
        .enumerate()
        .map(|(index, phdr)| Segment {
            file_header: phdr.filehdr,
            program_headers: phdr.phdrs,
            load_addr: values(index).at,
            flags: values(index).flags.unwrap_or(u32::MAX),
            // PT_GNU_STACK has no bytes in the file.
            align: u64::from(values(index).p_type != elf::PT_GNU_STACK.0),
            ..segment(values(index).p_type, 0)
        })
        .collect();
    let mut current: Vec<usize> = (0..phdrs.len())
        .position(|index| values(index).p_type == elf::PT_LOAD.0)
        .into_iter()
        .collect();
    for id in layout.in_order() {
        let output = layout.placement.output(id);
        let named = output
            .def
            .map(|def| def.phdrs.as_slice())
            .unwrap_or_default();
        if named.iter().any(|n| &*n.text == "NONE") {
            current.clear();
        } else if !named.is_empty() {
            current = named
                .iter()
                .filter_map(|n| phdrs.iter().position(|p| p.name.text == n.text))
                .collect();
        }
        if !output.is_alloc() && named.is_empty() {
            continue;
        }
        for &index in &current {
            out[index].sections.push(id);
        }
    }
    for segment in out.iter_mut().filter(|s| s.flags == u32::MAX) {
        segment.flags = segment.sections.iter().fold(elf::PF_R.0, |flags, id| {
            let f = layout.placement.output(*id).flags;
            flags
                | if f & elf::SHF_WRITE.0 != 0 {
                    elf::PF_W.0
                } else {
                    0
                }
                | if f & elf::SHF_EXECINSTR.0 != 0 {
                    elf::PF_X.0
                } else {
                    0
                }
        });
    }
    out
}

/// The types of segments that every machine has.
const PHDR_TYPES: &[(&str, u32)] = &[
    ("PT_NULL", elf::PT_NULL.0),
    ("PT_LOAD", elf::PT_LOAD.0),
    ("PT_DYNAMIC", elf::PT_DYNAMIC.0),
    ("PT_INTERP", elf::PT_INTERP.0),
    ("PT_NOTE", elf::PT_NOTE.0),
    ("PT_SHLIB", elf::PT_SHLIB.0),
    ("PT_PHDR", elf::PT_PHDR.0),
    ("PT_TLS", elf::PT_TLS.0),
    ("PT_GNU_EH_FRAME", elf::PT_GNU_EH_FRAME.0),
    ("PT_GNU_STACK", elf::PT_GNU_STACK.0),
    ("PT_GNU_RELRO", elf::PT_GNU_RELRO.0),
    ("PT_GNU_PROPERTY", elf::PT_GNU_PROPERTY.0),
];

/// The names that a line of PHDRS may give for its type.
pub(crate) fn phdr_types() -> impl Iterator<Item = &'static (&'static str, u32)> {
    PHDR_TYPES.iter().chain(arch::segment_types())
}

/// The type of that name.
pub(crate) fn phdr_type(name: &str) -> Option<u32> {
    let found = phdr_types().find(|(known, _)| *known == name);
    found.map(|(_, p_type)| *p_type)
}
