//! The numbers of segments: file offsets, addresses and sizes.
//!
//! Spec: gABI "Program Header": offset and address of a LOAD are equal modulo its alignment, and bytes that are
//! not in the file come after those that are.

use object::elf;

use super::Planner;
use crate::elf::layout::Layout;
use crate::elf::layout::segments::{FilePlan, Segment};
use crate::script::eval::OutputId;

/// The file offsets of sections, as far as they are known.
struct Offsets {
    /// By [`OutputId`].
    of: Vec<u64>,
    placed: Vec<bool>,
    /// The end of the bytes that have an offset.
    end: u64,
}

impl Planner<'_> {
    /// Plans the file: offsets for all sections, and the numbers of all segments.
    pub(crate) fn plan(&self) -> FilePlan {
        let mut segments = self.segments();
        let count = self.layout.extents.len();
        let mut offsets = Offsets {
            of: vec![0; count],
            placed: vec![false; count],
            end: match segments.is_empty() {
                true => self.file_header_size(),
                false => self.layout.headers_size,
            },
        };
        for segment in segments.iter_mut().filter(|s| s.p_type == elf::PT_LOAD.0) {
            self.place_loaded(segment, &mut offsets);
        }
        self.place_others(&mut offsets);
        for segment in &mut segments {
            self.number(segment, &offsets.of);
        }
        for segment in &mut segments {
            if segment.p_type == elf::PT_GNU_RELRO.0 {
                let asked = self.options.z.common_page_size;
                let page = asked.unwrap_or(self.arch.common_page_size());
                cover_page(segment, self.layout, page.min(self.page_size()));
            }
        }
        self.number_headers(&mut segments);
        FilePlan {
            segments,
            offsets: offsets.of,
            end: offsets.end,
        }
    }

    fn page_size(&self) -> u64 {
        let asked = self.options.z.max_page_size;
        asked.unwrap_or(self.arch.max_page_size())
    }

    /// The alignment of a LOAD and the places of its sections.
    fn place_loaded(&self, segment: &mut Segment, offsets: &mut Offsets) {
        let layout = self.layout;
        let paged = !self.options.layout.nmagic && !self.options.layout.omagic;
        let members = &segment.sections;
        let align = members
            .iter()
            .filter(|id| !layout.placement.output(**id).is_tbss())
            .map(|id| layout.extents[id.0 as usize].align)
            .max()
            .unwrap_or(1)
            .max(if paged { self.page_size() } else { 1 });
        segment.align = align;
        // An offset in the file, and the address that belongs to it.
        let mut first: Option<(u64, u64)> = None;
        if segment.file_header || segment.program_headers {
            let at = match segment.file_header {
                true => 0,
                false => self.file_header_size(),
            };
            let addr = members
                .first()
                .map_or(0, |id| layout.extents[id.0 as usize].addr);
            // The headers come right before the first section, if its page has room for them.
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
                    let end = offsets.end;
                    let offset = end.saturating_add(extent.addr.wrapping_sub(end) & (align - 1));
                    first = Some((offset, extent.addr));
                    offset
                }
            };
            offsets.of[id.0 as usize] = offset;
            offsets.placed[id.0 as usize] = true;
            if output.is_tbss() {
                offsets.end = offsets.end.max(offset);
            } else if !nobits {
                offsets.end = offsets.end.max(offset.saturating_add(extent.size));
            }
        }
    }

    /// Sections that are not loaded come after those that are.
    fn place_others(&self, offsets: &mut Offsets) {
        let layout = self.layout;
        for id in layout.in_order() {
            let index = id.0 as usize;
            if offsets.placed[index] {
                continue;
            }
            let extent = layout.extents[index];
            // Offsets that do not fit 64 bits are refused by `size_limit`.
            let aligned = offsets.end.checked_next_multiple_of(extent.align.max(1));
            offsets.of[index] = aligned.unwrap_or(u64::MAX);
            if layout.placement.output(id).sh_type != elf::SHT_NOBITS.0 {
                offsets.end = offsets.of[index].saturating_add(extent.size);
            }
        }
    }

    /// gABI: PT_PHDR has the address of the program headers in the LOAD that contains them.
    fn number_headers(&self, segments: &mut [Segment]) {
        let mut loads = segments.iter().filter(|s| s.p_type == elf::PT_LOAD.0);
        let home = loads.find(|s| s.program_headers).cloned();
        let header = self.file_header_size();
        for segment in segments.iter_mut().filter(|s| s.p_type == elf::PT_PHDR.0) {
            segment.offset = header;
            segment.file_size = self.layout.headers_size.saturating_sub(header);
            segment.memory_size = segment.file_size;
            segment.align = if self.arch.is_64() { 8 } else { 4 };
            if let Some(home) = &home {
                let inner = header.wrapping_sub(home.offset);
                segment.addr = home.addr.wrapping_add(inner);
                segment.physical = home.physical.wrapping_add(inner);
            }
        }
    }

    /// Offset, addresses and sizes of a segment from its sections.
    fn number(&self, segment: &mut Segment, offsets: &[u64]) {
        let layout = self.layout;
        let members: Vec<OutputId> = segment
            .sections
            .iter()
            .copied()
            .filter(|id| segment.p_type == elf::PT_TLS.0 || !layout.placement.output(*id).is_tbss())
            .collect();
        let header = self.file_header_size();
        if let Some(first) = members.first() {
            let extent = layout.extents[first.0 as usize];
            segment.offset = offsets[first.0 as usize];
            segment.addr = extent.addr;
            segment.physical = extent.load_addr;
            if segment.p_type == elf::PT_LOAD.0 && (segment.file_header || segment.program_headers)
            {
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
                // A script may reverse the order (`.tbss` before `.tdata`): a section before the start of the
                // segment does not enlarge it.
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
            // Offsets of thread-local symbols count from here.
            segment.memory_size = segment.memory_size.max(segment.file_size);
        }
        if segment.p_type == elf::PT_GNU_RELRO.0 {
            segment.align = 1;
        }
        if let Some(part) = segment.part {
            let within = layout.offsets[part.0 as usize];
            segment.offset = segment.offset.wrapping_add(within);
            segment.addr = segment.addr.wrapping_add(within);
            segment.physical = segment.physical.wrapping_add(within);
            let size = self
                .sections
                .synthetic(part)
                .map_or(0, |section| section.size);
            segment.memory_size = size;
            segment.file_size = segment.file_size.min(size);
        }
    }
}

/// Whole pages are protected: RELRO reaches to the end of its last page, if nothing else is there.
fn cover_page(relro: &mut Segment, layout: &Layout<'_>, page: u64) {
    let end = relro.addr.wrapping_add(relro.memory_size);
    let Some(page_end) = end.checked_next_multiple_of(page) else {
        return;
    };
    let in_the_way = layout.in_order().into_iter().any(|id| {
        let output = layout.placement.output(id);
        let extent = layout.extents[id.0 as usize];
        let there = extent.addr < page_end && extent.addr.wrapping_add(extent.size) > end;
        output.is_alloc() && !output.is_tbss() && there
    });
    if !in_the_way {
        relro.memory_size = page_end - relro.addr;
    }
}
