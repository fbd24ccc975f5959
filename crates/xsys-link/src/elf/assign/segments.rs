//! Program headers and file offsets.
//!
//! Problem: loaders read segments, not sections. PHDRS in the script says which there are;
//! otherwise they follow from permissions, memory regions and load addresses. File offsets must
//! agree with addresses modulo the page size, zeros go last in their segment, and `p_paddr` must be
//! right, because emulators and flashers load by it.
//!
//! Spec: gABI "Program Header"; GNU ld manual, "PHDRS Command".

use crate::elf::layout::segments::FilePlan;
use crate::elf::layout::segments::Segment;
use crate::elf::names::is_relro_name;
use object::elf;

use crate::elf::arch::{self, Arch};
use crate::elf::consts::{PT_ARM_EXIDX, SHF_PURECODE, SHT_ARM_EXIDX, SHT_ATTRIBUTES};
use crate::elf::layout::Layout;
use crate::elf::sections::described::Statement;
use crate::options::ElfOptions;
use crate::script::ast::{Command, Phdr, Script};
use crate::script::eval::OutputId;

const PT_OPENBSD_WXNEEDED: u32 = 0x65a3_dbe7;

/// Bytes of the ELF header and the program headers as things stand.
pub(crate) fn headers_size(
    arch: &dyn Arch,
    layout: &Layout<'_>,
    script: &Script,
    options: &ElfOptions,
) -> u64 {
    let (header, entry) = if arch.is_64() { (64, 56) } else { (52, 32) };
    header + entry * plan_segments(arch, layout, script, options).len() as u64
}

/// Present output sections in layout order.
pub(crate) fn in_order(layout: &Layout<'_>) -> Vec<OutputId> {
    layout
        .placement
        .statements
        .iter()
        .filter_map(|statement| match statement {
            Statement::Section(id) => Some(*id),
            _ => None,
        })
        .filter(|id| {
            let output = layout.placement.output(*id);
            output.present && output.name != "/DISCARD/"
        })
        .collect()
}

/// Segments with their sections, before file offsets.
fn plan_segments(
    arch: &dyn Arch,
    layout: &Layout<'_>,
    script: &Script,
    options: &ElfOptions,
) -> Vec<Segment> {
    if options.kind.is_object() {
        return Vec::new();
    }
    let phdrs: Vec<&Phdr> = script
        .commands
        .iter()
        .filter_map(|c| match c {
            Command::Phdrs(list) => Some(list),
            _ => None,
        })
        .flatten()
        .collect();
    if phdrs.is_empty() {
        implied(arch, layout, options)
    } else {
        let mut out = from_script(&phdrs, layout);
        // Unwinders find their index by this header alone: it is there whatever PHDRS names.
        if arch.has_unwind_index() && !out.iter().any(|s| s.p_type == PT_ARM_EXIDX) {
            let order = in_order(layout);
            let index = order.into_iter().find(|id| {
                let output = layout.placement.output(*id);
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
        load_addr: None,
        offset: 0,
        addr: 0,
        physical: 0,
        file_size: 0,
        memory_size: 0,
        align: 1,
    }
}

fn section_flags(layout: &Layout<'_>, id: OutputId, options: &ElfOptions) -> u32 {
    let flags = layout.placement.output(id).flags;
    let execute_only = SHF_PURECODE | elf::SHF_EXECINSTR.0;
    let mut out = match flags & execute_only == execute_only {
        true => 0,
        false => elf::PF_R.0,
    };
    // `--no-rosegment`: read-only data shares the segment of code.
    if !options.layout.rosegment && flags & elf::SHF_WRITE.0 == 0 {
        out |= elf::PF_X.0;
    }
    if flags & elf::SHF_WRITE.0 != 0 || options.layout.omagic {
        out |= elf::PF_W.0;
    }
    if flags & elf::SHF_EXECINSTR.0 != 0 || options.layout.omagic {
        out |= elf::PF_X.0;
    }
    out
}

/// Without PHDRS: one LOAD for each run of sections that share permissions, regions and the
/// distance between VMA and LMA; the others as their sections ask.
fn implied(arch: &dyn Arch, layout: &Layout<'_>, options: &ElfOptions) -> Vec<Segment> {
    let order = in_order(layout);
    let alloc: Vec<OutputId> = order
        .iter()
        .copied()
        .filter(|id| layout.placement.output(*id).is_alloc())
        .collect();
    let headers = layout.headers_wanted && !options.layout.nmagic && !options.layout.omagic;
    let mut out = Vec::new();
    if headers {
        out.push(Segment {
            program_headers: true,
            align: 8,
            ..segment(elf::PT_PHDR.0, elf::PF_R.0)
        });
    }
    let mut loads: Vec<Segment> = Vec::new();
    let relro_run = relro_sections(layout, &alloc, options);
    for (position, &id) in alloc.iter().enumerate() {
        let output = layout.placement.output(id);
        let extent = layout.extents[id.0 as usize];
        let flags = section_flags(layout, id, options);
        if output.is_tbss() {
            // Part of the TLS template only; it lies over what follows.
            if let Some(load) = loads.last_mut().filter(|l| l.flags == flags) {
                load.sections.push(id);
            }
            continue;
        }
        let joins = loads.last().is_some_and(|load| {
            let previous = load
                .sections
                .iter()
                .rev()
                .find(|id| !layout.placement.output(**id).is_tbss());
            let Some(&previous) = previous else {
                return load.flags == flags;
            };
            let before = layout.extents[previous.0 as usize];
            let zeros_then_data = layout.placement.output(previous).sh_type == elf::SHT_NOBITS.0
                && before.size > 0
                && output.sh_type != elf::SHT_NOBITS.0;
            let leaves_relro =
                relro_run.contains(&previous) && !relro_run.contains(&id) && position > 0;
            load.flags == flags
                && before.region == extent.region
                && before.load_region == extent.load_region
                && !extent.explicit_load
                && extent.addr >= before.addr.wrapping_add(before.size)
                && extent.addr.wrapping_sub(extent.load_addr)
                    == before.addr.wrapping_sub(before.load_addr)
                && extent.addr - before.addr.wrapping_add(before.size) < 0x1000_0000
                && !zeros_then_data
                && !leaves_relro
        });
        if !joins {
            let mut load = segment(elf::PT_LOAD.0, flags);
            if loads.is_empty() && headers {
                (load.file_header, load.program_headers) = (true, true);
            }
            loads.push(load);
        }
        if let Some(load) = loads.last_mut() {
            load.sections.push(id);
        }
    }
    // A LOAD of nothing is noise, and some loaders refuse it.
    loads.retain(|load| {
        load.file_header
            || load.sections.iter().any(|id| {
                !layout.placement.output(*id).is_tbss() && layout.extents[id.0 as usize].size > 0
            })
    });
    out.append(&mut loads);
    let named = |name: &str| {
        alloc
            .iter()
            .copied()
            .find(|id| layout.placement.output(*id).name == name)
    };
    let tls: Vec<OutputId> = alloc
        .iter()
        .copied()
        .filter(|id| layout.placement.output(*id).flags & elf::SHF_TLS.0 != 0)
        .collect();
    if !tls.is_empty() {
        out.push(Segment {
            sections: tls,
            ..segment(elf::PT_TLS.0, elf::PF_R.0)
        });
    }
    if let Some(id) = named(".dynamic") {
        let flags = section_flags(layout, id, options);
        out.push(Segment {
            sections: vec![id],
            ..segment(elf::PT_DYNAMIC.0, flags)
        });
    }
    if !relro_run.is_empty() {
        out.push(Segment {
            sections: relro_run,
            ..segment(elf::PT_GNU_RELRO.0, elf::PF_R.0)
        });
    }
    if let Some(id) = named(".eh_frame_hdr").filter(|_| options.layout.eh_frame_hdr) {
        out.push(Segment {
            sections: vec![id],
            ..segment(elf::PT_GNU_EH_FRAME.0, elf::PF_R.0)
        });
    }
    if !options.z.no_gnu_stack {
        let exec = options.z.exec_stack.unwrap_or(false);
        let flags = elf::PF_R.0 | elf::PF_W.0 | if exec { elf::PF_X.0 } else { 0 };
        out.push(Segment {
            memory_size: options.z.stack_size.unwrap_or(0),
            align: 0,
            ..segment(elf::PT_GNU_STACK.0, flags)
        });
    }
    if options.z.wxneeded {
        out.push(Segment {
            align: 0,
            ..segment(PT_OPENBSD_WXNEEDED, elf::PF_X.0)
        });
    }
    // Notes of one alignment that follow each other share a segment.
    let mut notes: Vec<Segment> = Vec::new();
    let mut previous = None;
    for (position, &id) in alloc.iter().enumerate() {
        let output = layout.placement.output(id);
        if output.sh_type != elf::SHT_NOTE.0 {
            continue;
        }
        let align = layout.extents[id.0 as usize].align;
        match notes.last_mut() {
            Some(note) if previous == Some(position.wrapping_sub(1)) && note.align == align => {
                note.sections.push(id)
            }
            _ => notes.push(Segment {
                sections: vec![id],
                align,
                ..segment(elf::PT_NOTE.0, elf::PF_R.0)
            }),
        }
        previous = Some(position);
    }
    out.append(&mut notes);
    let typed = |p_type: u32, sh_type: u32, ids: &[OutputId]| {
        let found = ids
            .iter()
            .copied()
            .find(|id| layout.placement.output(*id).sh_type == sh_type)?;
        Some(Segment {
            sections: vec![found],
            ..segment(p_type, elf::PF_R.0)
        })
    };
    let index = arch.has_unwind_index().then_some(PT_ARM_EXIDX);
    out.extend(index.and_then(|p_type| typed(p_type, SHT_ARM_EXIDX, &alloc)));
    let attributes = arch.attributes_segment();
    out.extend(attributes.and_then(|p_type| typed(p_type, SHT_ATTRIBUTES, &order)));
    out
}

/// The run of RELRO sections, if the options ask for it and the layout keeps them together.
fn relro_sections(layout: &Layout<'_>, alloc: &[OutputId], options: &ElfOptions) -> Vec<OutputId> {
    if !options.z.relro || !layout.headers_wanted {
        return Vec::new();
    }
    let is_relro = |id: &&OutputId| {
        let output = layout.placement.output(**id);
        output.flags & elf::SHF_WRITE.0 != 0 && is_relro_name(&output.name)
    };
    alloc
        .iter()
        .skip_while(|id| !is_relro(id))
        .take_while(is_relro)
        .copied()
        .collect()
}

/// PHDRS: sections name their segments, and those that do not go where the one before went.
fn from_script(phdrs: &[&Phdr], layout: &Layout<'_>) -> Vec<Segment> {
    let values = |index: usize| layout.phdrs.get(index).copied().unwrap_or_default();
    let mut out: Vec<Segment> = phdrs
        .iter()
        .enumerate()
        .map(|(index, phdr)| Segment {
            file_header: phdr.filehdr,
            program_headers: phdr.phdrs,
            load_addr: values(index).at,
            flags: values(index).flags.unwrap_or(u32::MAX),
            // Of a stack nothing is in the file.
            align: u64::from(values(index).p_type != elf::PT_GNU_STACK.0),
            ..segment(values(index).p_type, 0)
        })
        .collect();
    let mut current: Vec<usize> = (0..phdrs.len())
        .position(|index| values(index).p_type == elf::PT_LOAD.0)
        .into_iter()
        .collect();
    for id in in_order(layout) {
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

/// Plans the file: offsets for all sections, and the numbers of all segments.
pub(crate) fn plan(
    arch: &dyn Arch,
    layout: &Layout<'_>,
    script: &Script,
    options: &ElfOptions,
) -> FilePlan {
    let mut segments = plan_segments(arch, layout, script, options);
    let page = options.z.max_page_size.unwrap_or(arch.max_page_size());
    let paged = !options.layout.nmagic && !options.layout.omagic;
    let mut offsets = vec![0; layout.extents.len()];
    let mut end = if segments.is_empty() {
        if arch.is_64() { 64 } else { 52 }
    } else {
        layout.headers_size
    };
    let mut placed = vec![false; layout.extents.len()];
    for segment in segments.iter_mut().filter(|s| s.p_type == elf::PT_LOAD.0) {
        let members = segment.sections.clone();
        let align = members
            .iter()
            .filter(|id| !layout.placement.output(**id).is_tbss())
            .map(|id| layout.extents[id.0 as usize].align)
            .max()
            .unwrap_or(1)
            .max(if paged { page } else { 1 });
        segment.align = align;
        let mut first: Option<(u64, u64)> = None;
        if segment.file_header || segment.program_headers {
            let at = if segment.file_header {
                0
            } else {
                if arch.is_64() { 64 } else { 52 }
            };
            let addr = members
                .first()
                .map_or(0, |id| layout.extents[id.0 as usize].addr);
            // The headers stand right before the first section, as far as its page allows.
            let headers = layout.headers_size.saturating_sub(at);
            let base = addr.wrapping_sub(headers) / align * align;
            first = Some((at, base.wrapping_add(at)));
        }
        for (position, id) in members.iter().enumerate() {
            let output = layout.placement.output(*id);
            let extent = layout.extents[id.0 as usize];
            let nobits = output.sh_type == elf::SHT_NOBITS.0
                && !members[position + 1..].iter().any(|later| {
                    let later_output = layout.placement.output(*later);
                    later_output.sh_type != elf::SHT_NOBITS.0
                        && layout.extents[later.0 as usize].size > 0
                });
            let offset = match first {
                Some((offset, addr)) => offset.wrapping_add(extent.addr.wrapping_sub(addr)),
                None => {
                    // p_offset and p_vaddr agree modulo p_align.
                    let offset = end.saturating_add(extent.addr.wrapping_sub(end) & (align - 1));
                    first = Some((offset, extent.addr));
                    offset
                }
            };
            offsets[id.0 as usize] = offset;
            placed[id.0 as usize] = true;
            if !nobits || output.is_tbss() {
                end = end.max(if output.is_tbss() {
                    offset
                } else {
                    offset.saturating_add(extent.size)
                });
            }
        }
    }
    for id in in_order(layout) {
        if placed[id.0 as usize] {
            continue;
        }
        let extent = layout.extents[id.0 as usize];
        // What does not fit 64 bits is far beyond what `size_limit` lets pass.
        let aligned = end.checked_next_multiple_of(extent.align.max(1));
        offsets[id.0 as usize] = aligned.unwrap_or(u64::MAX);
        if layout.placement.output(id).sh_type != elf::SHT_NOBITS.0 {
            end = offsets[id.0 as usize].saturating_add(extent.size);
        }
    }
    for segment in &mut segments {
        number(segment, arch, layout, &offsets);
    }
    for segment in &mut segments {
        if segment.p_type == elf::PT_GNU_RELRO.0 {
            cover_page(segment, layout, page);
        }
    }
    // gABI: PT_PHDR says where the LOAD that holds them puts them.
    let home = segments
        .iter()
        .find(|s| s.p_type == elf::PT_LOAD.0 && s.program_headers)
        .cloned();
    let header = if arch.is_64() { 64 } else { 52 };
    for segment in segments.iter_mut().filter(|s| s.p_type == elf::PT_PHDR.0) {
        segment.offset = header;
        segment.file_size = layout.headers_size.saturating_sub(header);
        segment.memory_size = segment.file_size;
        segment.align = if arch.is_64() { 8 } else { 4 };
        if let Some(home) = &home {
            let inner = header.wrapping_sub(home.offset);
            segment.addr = home.addr.wrapping_add(inner);
            segment.physical = home.physical.wrapping_add(inner);
        }
    }
    FilePlan {
        segments,
        offsets,
        end,
    }
}

/// Whole pages are protected: RELRO reaches to the end of its last page, if nothing else is there.
fn cover_page(relro: &mut Segment, layout: &Layout<'_>, page: u64) {
    let end = relro.addr.wrapping_add(relro.memory_size);
    let Some(page_end) = end.checked_next_multiple_of(page) else {
        return;
    };
    let in_the_way = in_order(layout).into_iter().any(|id| {
        let output = layout.placement.output(id);
        let extent = layout.extents[id.0 as usize];
        let there = extent.addr < page_end && extent.addr.wrapping_add(extent.size) > end;
        output.is_alloc() && !output.is_tbss() && there
    });
    if !in_the_way {
        relro.memory_size = page_end - relro.addr;
    }
}

/// Offset, addresses and sizes of a segment from its sections.
fn number(segment: &mut Segment, arch: &dyn Arch, layout: &Layout<'_>, offsets: &[u64]) {
    let members: Vec<OutputId> = segment
        .sections
        .iter()
        .copied()
        .filter(|id| segment.p_type == elf::PT_TLS.0 || !layout.placement.output(*id).is_tbss())
        .collect();
    let header = if arch.is_64() { 64 } else { 52 };
    if let Some(first) = members.first() {
        let extent = layout.extents[first.0 as usize];
        segment.offset = offsets[first.0 as usize];
        segment.addr = extent.addr;
        segment.physical = extent.load_addr;
        if segment.p_type == elf::PT_LOAD.0 && (segment.file_header || segment.program_headers) {
            let at = if segment.file_header { 0 } else { header };
            let before = segment.offset.wrapping_sub(at);
            segment.offset = at;
            segment.addr = segment.addr.wrapping_sub(before);
            segment.physical = segment.physical.wrapping_sub(before);
        }
    }
    let mut zeros = false;
    for id in &members {
        let output = layout.placement.output(*id);
        let extent = layout.extents[id.0 as usize];
        let memory_end = extent
            .addr
            .wrapping_add(extent.size)
            .wrapping_sub(segment.addr);
        segment.memory_size = segment.memory_size.max(memory_end);
        // An empty section behind zeros does not bring them into the file.
        let nobits = output.sh_type == elf::SHT_NOBITS.0;
        zeros |= nobits && extent.size > 0;
        if !nobits && (extent.size > 0 || !zeros) {
            // A script may turn the order around (`.tbss` before `.tdata`): what lies in front of
            // the segment adds nothing to it.
            let file_end = offsets[id.0 as usize].saturating_add(extent.size);
            let file_size = file_end.saturating_sub(segment.offset);
            segment.file_size = segment.file_size.max(file_size);
        }
        if segment.p_type != elf::PT_LOAD.0 {
            segment.align = segment.align.max(extent.align);
        }
    }
    if segment.p_type == elf::PT_LOAD.0 && segment.file_header {
        segment.file_size = segment.file_size.max(layout.headers_size);
        segment.memory_size = segment.memory_size.max(segment.file_size);
    }
    if let Some(at) = segment.load_addr {
        segment.physical = at;
    }
    if segment.p_type == elf::PT_TLS.0 {
        // Addresses of thread-local symbols count from here.
        segment.memory_size = segment.memory_size.max(segment.file_size);
    }
    if segment.p_type == elf::PT_GNU_RELRO.0 {
        segment.align = 1;
    }
}
