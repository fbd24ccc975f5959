//! The ELF header, the program headers and the section headers.
//!
//! Spec: gABI "ELF Header", "Sections", "Program Header".

use crate::elf::consts::SHT_ARM_EXIDX;
use crate::elf::sections::SyntheticKind;
use object::elf;
use object::{Endian, Endianness};

use super::tables::TableSection;
use super::{HeaderOrder, Image};
use crate::elf::relocatable::linked_output;
use crate::options::OutputKind;
use crate::script::eval::OutputId;

impl Image<'_, '_> {
    pub(super) fn file_header(&self, headers_at: u64, sections: usize, names: usize) -> Vec<u8> {
        let (e, arch) = (self.endian, self.arch());
        let segments = self.plan.segments.len();
        let mut out = Vec::with_capacity(64);
        out.extend_from_slice(b"\x7fELF");
        out.push(if arch.is_64() { 2 } else { 1 });
        out.push(if e == Endianness::Little { 1 } else { 2 });
        out.extend_from_slice(&[1, self.os_abi(), 0, 0, 0, 0, 0, 0, 0, 0]);
        let e_type = match self.options.kind {
            OutputKind::Static | OutputKind::DynamicExec => elf::ET_EXEC,
            OutputKind::StaticPie | OutputKind::DynamicPie | OutputKind::Shared => elf::ET_DYN,
            OutputKind::Relocatable => elf::ET_REL,
        };
        out.extend_from_slice(&e.write_u16(e_type.0));
        out.extend_from_slice(&e.write_u16(arch.machine()));
        out.extend_from_slice(&e.write_u32(1));
        let phoff = if segments == 0 {
            0
        } else if arch.is_64() {
            64
        } else {
            52
        };
        for value in [self.entry, phoff, headers_at] {
            if arch.is_64() {
                out.extend_from_slice(&e.write_u64(value));
            } else {
                out.extend_from_slice(&e.write_u32(value as u32));
            }
        }
        out.extend_from_slice(&e.write_u32(self.e_flags));
        let (ehsize, phentsize, shentsize) = if arch.is_64() {
            (64, 56, 64)
        } else {
            (52, 32, 40)
        };
        let phentsize = if segments == 0 { 0 } else { phentsize };
        for value in [ehsize, phentsize, segments as u16, shentsize] {
            out.extend_from_slice(&e.write_u16(value));
        }
        // Counts that do not fit stand in section header 0 (gABI).
        let reserved = usize::from(elf::SHN_LORESERVE);
        out.extend_from_slice(&e.write_u16(if sections >= reserved {
            0
        } else {
            sections as u16
        }));
        let names = if names >= reserved {
            elf::SHN_XINDEX.0
        } else {
            names as u16
        };
        out.extend_from_slice(&e.write_u16(names));
        out
    }

    /// IFUNCs are a GNU extension, and so is SHF_GNU_RETAIN, which only objects keep.
    fn os_abi(&self) -> u8 {
        let retains = || {
            let outputs = &self.addresses().layout.placement.outputs;
            self.options.kind.is_object()
                && outputs
                    .iter()
                    .any(|o| o.flags & crate::elf::live::gc::RETAIN != 0)
        };
        if self.relocator.demands.iplt.is_empty() && !retains() {
            0
        } else {
            3
        }
    }

    /// The program headers, which follow the file header.
    pub(super) fn program_headers(&self) -> Vec<u8> {
        let (e, is_64) = (self.endian, self.arch().is_64());
        let mut out = Vec::with_capacity(56 * self.plan.segments.len());
        for s in &self.plan.segments {
            out.extend_from_slice(&e.write_u32(s.p_type));
            if is_64 {
                out.extend_from_slice(&e.write_u32(s.flags));
                for value in [
                    s.offset,
                    s.addr,
                    s.physical,
                    s.file_size,
                    s.memory_size,
                    s.align,
                ] {
                    out.extend_from_slice(&e.write_u64(value));
                }
            } else {
                for value in [s.offset, s.addr, s.physical, s.file_size, s.memory_size] {
                    out.extend_from_slice(&e.write_u32(value as u32));
                }
                out.extend_from_slice(&e.write_u32(s.flags));
                out.extend_from_slice(&e.write_u32(s.align as u32));
            }
        }
        out
    }

    pub(super) fn section_headers(
        &self,
        shape: &HeaderOrder<'_>,
        tables: &[TableSection],
        table_offsets: &[u64],
        names: &[u32],
    ) -> Vec<u8> {
        let layout = self.addresses().layout;
        let is_64 = self.arch().is_64();
        let size = if is_64 { 64 } else { 40 };
        let order = shape.order;
        let sections = order.len() + tables.len() + 1;
        let reserved = usize::from(elf::SHN_LORESERVE);
        let mut out = vec![0; sections * size];
        let first = [
            0,
            0,
            0,
            0,
            0,
            if sections >= reserved {
                sections as u64
            } else {
                0
            },
            if sections > reserved {
                sections as u64 - 1
            } else {
                0
            },
            0,
            0,
            0,
        ];
        self.section_header(&mut out[..size], first);
        for (position, &id) in order.iter().enumerate() {
            let output = layout.placement.output(id);
            let extent = layout.extents[id.0 as usize];
            let position = shape.groups.len() + position;
            let (link, info) = self.link_of(shape, id);
            let in_group = shape.groups.iter().any(|group| group.members.contains(&id));
            let fields = [
                u64::from(names[position]),
                u64::from(output.sh_type),
                output.flags | if in_group { elf::SHF_GROUP.0 } else { 0 },
                if output.is_alloc() { extent.addr } else { 0 },
                self.plan.offsets[id.0 as usize],
                extent.size,
                link,
                info,
                extent.align,
                output.entsize,
            ];
            self.section_header(&mut out[(position + 1) * size..][..size], fields);
        }
        for (at, table) in tables.iter().enumerate() {
            let position = if at < shape.groups.len() {
                at
            } else {
                order.len() + at
            };
            let fields = [
                u64::from(names[position]),
                u64::from(table.sh_type),
                table.flags,
                0,
                table_offsets[at],
                table.bytes.len() as u64,
                u64::from(table.link),
                u64::from(table.info),
                table.align,
                table.entsize,
            ];
            self.section_header(&mut out[(position + 1) * size..][..size], fields);
        }
        out
    }

    /// `sh_link` and `sh_info` of sections that refer to others.
    fn link_of(&self, shape: &HeaderOrder<'_>, id: OutputId) -> (u64, u64) {
        let layout = self.addresses().layout;
        let output = layout.placement.output(id);
        if self.options.kind.is_object() && output.flags & elf::SHF_LINK_ORDER.0 != 0 {
            let linked = linked_output(self.addresses(), id);
            let number = linked.map_or(0, |id| u64::from(shape.numbers[id.0 as usize]));
            return (number, 0);
        }
        let number = |id: OutputId| u64::from(shape.numbers[id.0 as usize]);
        if output.sh_type == SHT_ARM_EXIDX && output.flags & elf::SHF_LINK_ORDER.0 != 0 {
            let code = self.made.exidx.code();
            let outputs = code.filter_map(|id| layout.output_of[id.0 as usize]);
            return (outputs.map(number).min().unwrap_or(0), 0);
        }
        let Some((target, info)) = self.synthetic_link(id) else {
            return (0, 0);
        };
        let sections = self.addresses().sections;
        let target = sections
            .find(target)
            .and_then(|target| layout.output_of[target.0 as usize]);
        (target.map_or(0, number), u64::from(info))
    }

    /// The `sh_link` and `sh_info` of the first synthetic section in an output section.
    fn synthetic_link(&self, id: OutputId) -> Option<(SyntheticKind, u32)> {
        let (layout, sections) = (self.addresses().layout, self.addresses().sections);
        let first = sections.input_count();
        let inside = sections.synthetic.iter().enumerate();
        let mut inside = inside.filter(|(at, _)| layout.output_of[first + at] == Some(id));
        inside.find_map(|(_, section)| section.link)
    }

    fn section_header(&self, out: &mut [u8], fields: [u64; 10]) {
        let e = self.endian;
        let wide_in_64 = [
            false, false, true, true, true, true, false, false, true, true,
        ];
        let mut at = 0;
        for (value, wide) in fields.into_iter().zip(wide_in_64) {
            if wide && self.arch().is_64() {
                out[at..at + 8].copy_from_slice(&e.write_u64(value));
                at += 8;
            } else {
                out[at..at + 4].copy_from_slice(&e.write_u32(value as u32));
                at += 4;
            }
        }
    }
}
