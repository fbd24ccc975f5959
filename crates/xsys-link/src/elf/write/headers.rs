//! The ELF header, the program headers and the section headers.
//!
//! Spec: gABI "ELF Header", "Sections", "Program Header".

use object::elf;
use object::{Endian, Endianness};

use super::{Image, Table};
use crate::options::OutputKind;
use crate::script::eval::OutputId;

impl Image<'_, '_> {
    pub(super) fn file_header(
        &self,
        bytes: &mut [u8],
        headers_at: u64,
        sections: usize,
        names: usize,
    ) {
        let (e, arch) = (self.endian, self.arch());
        let segments = self.plan.segments.len();
        let mut out = Vec::with_capacity(64);
        out.extend_from_slice(b"\x7fELF");
        out.push(if arch.is_64() { 2 } else { 1 });
        out.push(if e == Endianness::Little { 1 } else { 2 });
        out.extend_from_slice(&[1, self.os_abi(), 0, 0, 0, 0, 0, 0, 0, 0]);
        let e_type = match self.options.kind {
            OutputKind::Static => elf::ET_EXEC,
            OutputKind::StaticPie => elf::ET_DYN,
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
        bytes[..out.len()].copy_from_slice(&out);
    }

    /// IFUNCs are a GNU extension.
    fn os_abi(&self) -> u8 {
        if self.relocator.demands.iplt.is_empty() {
            0
        } else {
            3
        }
    }

    pub(super) fn program_headers(&self, bytes: &mut [u8]) {
        let (e, is_64) = (self.endian, self.arch().is_64());
        let mut at = if is_64 { 64 } else { 52 };
        for s in &self.plan.segments {
            let mut out = Vec::with_capacity(56);
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
            bytes[at..at + out.len()].copy_from_slice(&out);
            at += out.len();
        }
    }

    pub(super) fn section_headers(
        &self,
        order: &[OutputId],
        tables: &[Table],
        table_offsets: &[u64],
        names: &[u32],
        out: &mut [u8],
    ) {
        let layout = self.addresses().layout;
        let is_64 = self.arch().is_64();
        let size = if is_64 { 64 } else { 40 };
        let sections = order.len() + tables.len() + 1;
        let reserved = usize::from(elf::SHN_LORESERVE);
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
            let (link, info) = self.link_of(order, id);
            let fields = [
                u64::from(names[position]),
                u64::from(output.sh_type),
                output.flags,
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
        for (position, table) in tables.iter().enumerate() {
            let fields = [
                u64::from(names[order.len() + position]),
                u64::from(table.sh_type),
                0,
                0,
                table_offsets[position],
                table.bytes.len() as u64,
                u64::from(table.link),
                u64::from(table.info),
                table.align,
                table.entsize,
            ];
            self.section_header(
                &mut out[(order.len() + 1 + position) * size..][..size],
                fields,
            );
        }
    }

    /// `sh_link` and `sh_info` of sections that refer to others.
    fn link_of(&self, order: &[OutputId], id: OutputId) -> (u64, u64) {
        let layout = self.addresses().layout;
        let index = |name: &str| {
            order
                .iter()
                .position(|o| layout.placement.output(*o).name == name)
                .map_or(0, |at| at as u64 + 1)
        };
        let output = layout.placement.output(id);
        match (output.sh_type, output.name.as_str()) {
            (6, _) => (index(".dynstr"), 0),
            (11, _) => (index(".dynstr"), 1),
            (5, _) => (index(".dynsym"), 0),
            (crate::elf::synth::SHT_ARM_EXIDX, _) => (index(".text"), 0),
            (4 | 9, _) => (index(".dynsym"), 0),
            _ => (0, 0),
        }
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
