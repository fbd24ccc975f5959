//! The segments of an image whose script has no PHDRS.
//!
//! Problem: one LOAD for each run of sections that share permissions, regions and the distance between VMA and
//! LMA; the others as their sections ask for them.
//!
//! Spec: gABI "Program Header"; for PT_GNU_… what glibc and binutils agree on; EHABI32 for PT_ARM_EXIDX.

use object::elf;

use super::{Planner, segment};
use crate::elf::consts::{PT_ARM_EXIDX, SHF_PURECODE, SHT_ARM_EXIDX, SHT_ATTRIBUTES};
use crate::elf::layout::segments::Segment;
use crate::elf::names::is_relro_name;
use crate::elf::sections::SyntheticKind;
use crate::script::eval::OutputId;

const PT_OPENBSD_WXNEEDED: u32 = 0x65a3_dbe7;

/// Bytes between two sections that are worth a LOAD of their own: within one they would be zeros in the file.
const WIDE_GAP: u64 = 1 << 20;
/// The same before a section that is not in the file: only memory between the two would be taken.
const WIDE_GAP_OF_ZEROS: u64 = 1 << 28;

impl Planner<'_> {
    /// The segments in the order of their table.
    pub(super) fn implied(&self) -> Vec<Segment> {
        let order = self.layout.in_order();
        let alloc: Vec<OutputId> = order
            .iter()
            .copied()
            .filter(|id| self.layout.placement.output(*id).is_alloc())
            .collect();
        let relro = self.relro_sections(&alloc);
        let unpaged = self.options.layout.nmagic || self.options.layout.omagic;
        let headers = self.layout.headers_wanted && !unpaged;
        let mut out = Vec::new();
        if headers {
            out.push(Segment {
                program_headers: true,
                align: 8,
                ..segment(elf::PT_PHDR.0, elf::PF_R.0)
            });
        }
        out.extend(self.of_synthetic(SyntheticKind::Interp, elf::PT_INTERP.0, Some(elf::PF_R.0)));
        out.append(&mut self.loads(&alloc, &relro, headers));
        out.extend(self.thread_local(&alloc));
        out.extend(self.of_synthetic(SyntheticKind::Dynamic, elf::PT_DYNAMIC.0, None));
        if !relro.is_empty() {
            out.push(Segment {
                sections: relro,
                ..segment(elf::PT_GNU_RELRO.0, elf::PF_R.0)
            });
        }
        let read_only = Some(elf::PF_R.0);
        out.extend(self.of_synthetic(SyntheticKind::EhFrameHdr, elf::PT_GNU_EH_FRAME.0, read_only));
        out.extend(self.stack());
        if self.options.z.wxneeded {
            out.push(Segment {
                align: 0,
                ..segment(PT_OPENBSD_WXNEEDED, elf::PF_X.0)
            });
        }
        out.extend(self.of_synthetic(SyntheticKind::Property, elf::PT_GNU_PROPERTY.0, read_only));
        out.append(&mut self.notes(&alloc));
        let index = self.arch.has_unwind_index().then_some(PT_ARM_EXIDX);
        out.extend(index.and_then(|p_type| self.of_type(p_type, SHT_ARM_EXIDX, &alloc)));
        let attributes = self.arch.attributes_segment();
        out.extend(attributes.and_then(|p_type| self.of_type(p_type, SHT_ATTRIBUTES, &order)));
        out
    }

    /// The LOADs.
    fn loads(&self, alloc: &[OutputId], relro: &[OutputId], headers: bool) -> Vec<Segment> {
        let layout = self.layout;
        let mut loads: Vec<Segment> = Vec::new();
        for &id in alloc {
            let flags = self.flags(id);
            if layout.placement.output(id).is_tbss() {
                // It is only part of the TLS template and shares its addresses with the sections after it.
                if let Some(load) = loads.last_mut().filter(|l| l.flags == flags) {
                    load.sections.push(id);
                }
                continue;
            }
            let joins = |load: &Segment| load.flags == flags && self.goes_on(load, id, relro);
            if !loads.last().is_some_and(joins) {
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
        // An empty LOAD is useless, and some loaders refuse it.
        loads.retain(|load| {
            load.file_header
                || load.sections.iter().any(|id| {
                    !layout.placement.output(*id).is_tbss()
                        && layout.extents[id.0 as usize].size > 0
                })
        });
        loads
    }

    /// Whether a section of a LOAD's permissions can be loaded with the sections before it.
    fn goes_on(&self, load: &Segment, id: OutputId, relro: &[OutputId]) -> bool {
        let layout = self.layout;
        let mut before = load.sections.iter().rev();
        let Some(&previous) = before.find(|id| !layout.placement.output(**id).is_tbss()) else {
            return true;
        };
        let (before, extent) = (
            layout.extents[previous.0 as usize],
            layout.extents[id.0 as usize],
        );
        let is_nobits = |id| layout.placement.output(id).sh_type == elf::SHT_NOBITS.0;
        let zeros_then_data = is_nobits(previous) && before.size > 0 && !is_nobits(id);
        let wide = match is_nobits(id) {
            true => WIDE_GAP_OF_ZEROS,
            false => WIDE_GAP,
        };
        let leaves_relro = relro.contains(&previous) && !relro.contains(&id);
        before.region == extent.region
            && before.load_region == extent.load_region
            && !extent.explicit_load
            && extent.addr >= before.addr.wrapping_add(before.size)
            && extent.addr.wrapping_sub(extent.load_addr)
                == before.addr.wrapping_sub(before.load_addr)
            && extent.addr - before.addr.wrapping_add(before.size) < wide
            && !zeros_then_data
            && !leaves_relro
    }

    /// The permissions that a section needs in its segment.
    fn flags(&self, id: OutputId) -> u32 {
        let flags = self.layout.placement.output(id).flags;
        let execute_only = SHF_PURECODE | elf::SHF_EXECINSTR.0;
        let mut out = match flags & execute_only == execute_only {
            true => 0,
            false => elf::PF_R.0,
        };
        // `--no-rosegment`: read-only data shares the segment of code.
        if !self.options.layout.rosegment && flags & elf::SHF_WRITE.0 == 0 {
            out |= elf::PF_X.0;
        }
        if flags & elf::SHF_WRITE.0 != 0 || self.options.layout.omagic {
            out |= elf::PF_W.0;
        }
        if flags & elf::SHF_EXECINSTR.0 != 0 || self.options.layout.omagic {
            out |= elf::PF_X.0;
        }
        out
    }

    fn thread_local(&self, alloc: &[OutputId]) -> Option<Segment> {
        let is_tls = |id: &OutputId| self.layout.placement.output(*id).flags & elf::SHF_TLS.0 != 0;
        let sections: Vec<OutputId> = alloc.iter().copied().filter(is_tls).collect();
        (!sections.is_empty()).then(|| Segment {
            sections,
            ..segment(elf::PT_TLS.0, elf::PF_R.0)
        })
    }

    /// The segment of a section that the linker makes, whatever the script calls the output section that it is in.
    fn of_synthetic(
        &self,
        kind: SyntheticKind,
        p_type: u32,
        flags: Option<u32>,
    ) -> Option<Segment> {
        let section = self.sections.find(kind)?;
        let id = self.layout.output_of[section.0 as usize]?;
        let flags = flags.unwrap_or_else(|| self.flags(id));
        let alloc = self.layout.placement.output(id).is_alloc();
        alloc.then(|| Segment {
            sections: vec![id],
            part: Some(section),
            ..segment(p_type, flags)
        })
    }

    /// The segment of the first section of a type.
    fn of_type(&self, p_type: u32, sh_type: u32, ids: &[OutputId]) -> Option<Segment> {
        let mut ids = ids.iter().copied();
        let found = ids.find(|id| self.layout.placement.output(*id).sh_type == sh_type)?;
        Some(Segment {
            sections: vec![found],
            ..segment(p_type, elf::PF_R.0)
        })
    }

    /// The run of RELRO sections, if the options ask for it and the layout keeps them together.
    fn relro_sections(&self, alloc: &[OutputId]) -> Vec<OutputId> {
        let z = &self.options.z;
        if !z.relro.unwrap_or(self.script.built_in.is_some()) || !self.layout.headers_wanted {
            return Vec::new();
        }
        let is_relro = |id: &&OutputId| {
            let output = self.layout.placement.output(**id);
            let filled_at_start = is_relro_name(&output.name) || z.now && output.name == ".got.plt";
            output.flags & elf::SHF_WRITE.0 != 0 && filled_at_start
        };
        // `.tbss` has the addresses of what follows.
        alloc
            .iter()
            .filter(|id| !self.layout.placement.output(**id).is_tbss())
            .skip_while(|id| !is_relro(id))
            .take_while(is_relro)
            .copied()
            .collect()
    }

    /// PT_GNU_STACK: the size of the stack, and that it need not be executable.
    fn stack(&self) -> Option<Segment> {
        let z = &self.options.z;
        let execute = match z.exec_stack.unwrap_or(false) {
            true => elf::PF_X.0,
            false => 0,
        };
        (!z.no_gnu_stack).then(|| Segment {
            memory_size: z.stack_size.unwrap_or(0),
            align: 0,
            ..segment(elf::PT_GNU_STACK.0, elf::PF_R.0 | elf::PF_W.0 | execute)
        })
    }

    /// Notes of one alignment that follow each other share a segment.
    fn notes(&self, alloc: &[OutputId]) -> Vec<Segment> {
        let mut out: Vec<Segment> = Vec::new();
        let mut previous = None;
        for (position, &id) in alloc.iter().enumerate() {
            if self.layout.placement.output(id).sh_type != elf::SHT_NOTE.0 {
                continue;
            }
            let align = self.layout.extents[id.0 as usize].align;
            match out.last_mut() {
                Some(last) if previous == Some(position.wrapping_sub(1)) && last.align == align => {
                    last.sections.push(id)
                }
                _ => out.push(Segment {
                    sections: vec![id],
                    align,
                    ..segment(elf::PT_NOTE.0, elf::PF_R.0)
                }),
            }
            previous = Some(position);
        }
        out
    }
}
