//! The finished file: headers, contents, relocations, tables.
//!
//! Problem: hundreds of megabytes must be copied once, into their final place, by all cores. The
//! output is cut into disjoint pieces (one an input section, one a gap), which rayon fills in any
//! order; the bytes do not depend on it.
//!
//! Spec: gABI "ELF Header", "Section Header", "Program Header".

use object::elf;
use object::{Endian, Endianness};
use rayon::prelude::*;
use xsys_diag::Diagnostic;

use super::arch::Arch;
use super::eh_frame::{self, Format, RecordKind};
use super::exidx;
use super::frames::Frames;
use super::layout::Addresses;
use super::place::Item;
use super::relocate::Relocator;
use super::sections::{SectionId, SyntheticKind};
use super::segments::{FilePlan, in_order};
use super::symtab::{self, SymbolTable};
use super::synth::Synthesised;
use crate::options::{BuildId, ElfOptions, OutputKind};
use crate::output::OutputFile;
use crate::script::eval::OutputId;

/// Everything the writer needs.
pub struct Image<'i, 'a> {
    /// Values.
    pub relocator: Relocator<'i, 'a>,
    /// Unwind records.
    pub frames: &'i Frames,
    /// Synthetic sections' contents.
    pub made: &'i Synthesised,
    /// Segments and offsets.
    pub plan: &'i FilePlan,
    /// Options.
    pub options: &'i ElfOptions,
    /// Byte order.
    pub endian: Endianness,
    /// `e_flags`
    pub e_flags: u32,
    /// `e_entry`
    pub entry: u64,
}

/// A section of the section header table beyond the output sections.
struct Table {
    name: &'static str,
    sh_type: u32,
    bytes: Vec<u8>,
    link: u32,
    info: u32,
    align: u64,
    entsize: u64,
}

impl Image<'_, '_> {
    fn arch(&self) -> &dyn Arch {
        self.relocator.arch
    }

    fn addresses(&self) -> &Addresses<'_, '_> {
        &self.relocator.addresses
    }

    fn word(&self) -> usize {
        if self.arch().is_64() { 8 } else { 4 }
    }

    /// Writes the file, or nothing if there are errors.
    pub fn write(&self, diagnostics: &mut Vec<Diagnostic>) -> bool {
        let layout = self.addresses().layout;
        let order = in_order(layout);
        let index_of = |id: OutputId| {
            order
                .iter()
                .position(|o| *o == id)
                .map_or(0, |at| at as u32 + 1)
        };
        let mut numbers = vec![0u32; layout.extents.len()];
        for &id in &order {
            numbers[id.0 as usize] = index_of(id);
        }
        let symbols = symtab::build(
            self.arch(),
            self.addresses(),
            self.options,
            self.endian,
            &|id| numbers[id.0 as usize],
        );
        let (tables, names) = self.tables(&order, symbols);

        let mut end = self.plan.end;
        let mut table_offsets = Vec::new();
        for table in &tables {
            end = end.next_multiple_of(table.align);
            table_offsets.push(end);
            end += table.bytes.len() as u64;
        }
        let headers_at = end.next_multiple_of(self.word() as u64);
        let header_size = if self.arch().is_64() { 64 } else { 40 };
        let count = order.len() + tables.len() + 1;
        let total = headers_at + (count * header_size) as u64;

        let mut file = match OutputFile::create(&self.options.output, total) {
            Ok(file) => file,
            Err(error) => {
                diagnostics.push(error.into_diagnostic());
                return false;
            }
        };
        let bytes = file.bytes_mut();
        let before = diagnostics.len();
        self.contents(&order, bytes, diagnostics);
        for (table, &at) in tables.iter().zip(&table_offsets) {
            bytes[at as usize..][..table.bytes.len()].copy_from_slice(&table.bytes);
        }
        self.section_headers(
            &order,
            &tables,
            &table_offsets,
            &names,
            &mut bytes[headers_at as usize..],
        );
        self.file_header(bytes, headers_at, count, order.len() + tables.len());
        self.program_headers(bytes);
        self.build_id(bytes);
        let failed = diagnostics[before..]
            .iter()
            .any(|d| d.severity == xsys_diag::Severity::Error);
        if failed && !self.options.no_inhibit_exec {
            return false;
        }
        match file.persist(self.options.kind != OutputKind::Relocatable) {
            Ok(()) => true,
            Err(error) => {
                diagnostics.push(error.into_diagnostic());
                false
            }
        }
    }

    /// Symbol and string tables, the section names last; and the offset of each name.
    fn tables(&self, order: &[OutputId], symbols: SymbolTable) -> (Vec<Table>, Vec<u32>) {
        let mut tables = Vec::new();
        if !symbols.symbols.is_empty() {
            let strings = order.len() as u32 + if symbols.extended.is_empty() { 2 } else { 3 };
            tables.push(Table {
                name: ".symtab",
                sh_type: elf::SHT_SYMTAB.0,
                bytes: symbols.symbols,
                link: strings,
                info: symbols.first_global,
                align: self.word() as u64,
                entsize: if self.arch().is_64() { 24 } else { 16 },
            });
            if !symbols.extended.is_empty() {
                tables.push(Table {
                    name: ".symtab_shndx",
                    sh_type: elf::SHT_SYMTAB_SHNDX.0,
                    bytes: symbols.extended,
                    link: order.len() as u32 + 1,
                    info: 0,
                    align: 4,
                    entsize: 4,
                });
            }
            tables.push(plain_table(".strtab", symbols.strings));
        }
        let mut names = vec![0u8];
        let mut offsets = Vec::new();
        let layout = self.addresses().layout;
        let all = order
            .iter()
            .map(|id| layout.placement.output(*id).name.as_str());
        let own = tables.iter().map(|t| t.name).chain([".shstrtab"]);
        for name in all.chain(own) {
            offsets.push(names.len() as u32);
            names.extend_from_slice(name.as_bytes());
            names.push(0);
        }
        tables.push(plain_table(".shstrtab", names));
        (tables, offsets)
    }

    /// Fills all section contents in parallel.
    fn contents(&self, order: &[OutputId], bytes: &mut [u8], diagnostics: &mut Vec<Diagnostic>) {
        let layout = self.addresses().layout;
        let mut stretches: Vec<(u64, u64, OutputId)> = order
            .iter()
            .filter(|id| layout.placement.output(**id).sh_type != elf::SHT_NOBITS.0)
            .map(|id| {
                (
                    self.plan.offsets[id.0 as usize],
                    layout.extents[id.0 as usize].size,
                    *id,
                )
            })
            .filter(|(_, size, _)| *size > 0)
            .collect();
        stretches.sort_unstable();
        let mut tasks: Vec<Piece<'_>> = Vec::new();
        let mut rest = bytes;
        let mut at = 0u64;
        for (offset, size, id) in stretches {
            let Some(skip) = offset.checked_sub(at) else {
                diagnostics.push(overlap(&layout.placement.output(id).name));
                continue;
            };
            let Some((_, tail)) = rest.split_at_mut_checked(skip as usize) else {
                break;
            };
            let Some((own, tail)) = tail.split_at_mut_checked(size as usize) else {
                break;
            };
            rest = tail;
            at = offset + size;
            self.pieces(id, own, &mut tasks);
        }
        let mut problems: Vec<(usize, Vec<Diagnostic>)> = tasks
            .into_par_iter()
            .enumerate()
            .map(|(index, piece)| {
                let mut problems = Vec::new();
                self.fill(piece, &mut problems);
                (index, problems)
            })
            .filter(|(_, problems)| !problems.is_empty())
            .collect();
        problems.sort_by_key(|(index, _)| *index);
        diagnostics.extend(problems.into_iter().flat_map(|(_, problems)| problems));
    }

    /// Cuts one output section's bytes into pieces.
    fn pieces<'b>(&self, id: OutputId, own: &'b mut [u8], tasks: &mut Vec<Piece<'b>>) {
        let addresses = self.addresses();
        let layout = addresses.layout;
        let output = layout.placement.output(id);
        let mut inputs: Vec<(u64, SectionId, u64)> = output
            .inputs()
            .map(|input| {
                let outline = addresses.sections.outline(addresses.resolution, input);
                let removed = layout.cuts.get(&input).map_or(0, |c| c.total());
                (
                    layout.offsets[input.0 as usize],
                    input,
                    outline.size - removed,
                )
            })
            .filter(|(_, _, size)| *size > 0)
            .collect();
        inputs.sort_by_key(|(offset, _, _)| *offset);
        let gap = |offset: u64| -> Gap {
            let explicit = layout
                .fills
                .iter()
                .rev()
                .find(|(o, from, _)| *o == id && *from <= offset);
            match explicit {
                Some((_, from, pattern)) => Gap::Pattern(pattern.clone(), *from),
                None if output.flags & elf::SHF_EXECINSTR.0 != 0 => Gap::Code,
                None => Gap::Zero,
            }
        };
        let data: Vec<_> = layout
            .data
            .iter()
            .filter(|d| d.output == id)
            .copied()
            .collect();
        let (mut rest, mut at) = (own, 0u64);
        for (offset, input, size) in inputs {
            let Some(skip) = offset.checked_sub(at) else {
                continue;
            };
            let Some((before, tail)) = rest.split_at_mut_checked(skip as usize) else {
                return;
            };
            let Some((bytes, tail)) = tail.split_at_mut_checked(size as usize) else {
                return;
            };
            if !before.is_empty() {
                tasks.push(Piece::Gap {
                    bytes: before,
                    at,
                    gap: gap(at),
                    data: data.clone(),
                    output: id,
                });
            }
            tasks.push(Piece::Input { bytes, id: input });
            (rest, at) = (tail, offset + size);
        }
        if !rest.is_empty() {
            tasks.push(Piece::Gap {
                bytes: rest,
                at,
                gap: gap(at),
                data,
                output: id,
            });
        }
    }

    fn fill(&self, piece: Piece<'_>, problems: &mut Vec<Diagnostic>) {
        match piece {
            Piece::Input { bytes, id } => match self.addresses().sections.synthetic(id) {
                Some(section) => self.synthetic(section.kind, id, bytes, problems),
                None => self.relocator.section(id, bytes, problems),
            },
            Piece::Gap {
                bytes,
                at,
                gap,
                data,
                output,
            } => {
                match gap {
                    Gap::Zero => {}
                    Gap::Code => repeat(bytes, self.arch().fill(), at),
                    Gap::Pattern(pattern, from) => repeat(bytes, &pattern, at - from),
                }
                for write in data {
                    let value = match self.endian {
                        Endianness::Little => write.value.to_le_bytes(),
                        Endianness::Big => write.value.to_be_bytes(),
                    };
                    let size = usize::from(write.size).min(8);
                    let value = if self.endian == Endianness::Big {
                        &value[8 - size..]
                    } else {
                        &value[..size]
                    };
                    if let Some(start) = write.offset.checked_sub(at)
                        && let Some(place) = bytes.get_mut(start as usize..start as usize + size)
                    {
                        place.copy_from_slice(value);
                    }
                }
                self.literal_bytes(output, at, bytes);
            }
        }
    }

    /// ASCII and ASCIZ: their offsets follow from the items before them.
    fn literal_bytes(&self, output: OutputId, at: u64, bytes: &mut [u8]) {
        let layout = self.addresses().layout;
        let has = layout
            .placement
            .output(output)
            .items
            .iter()
            .any(|i| matches!(i, Item::Bytes(_)));
        if !has {
            return;
        }
        for (id, offset, text) in &layout.texts {
            if *id == output
                && let Some(start) = offset.checked_sub(at)
                && let Some(place) = bytes.get_mut(start as usize..start as usize + text.len())
            {
                place.copy_from_slice(text);
            }
        }
    }

    fn synthetic(
        &self,
        kind: SyntheticKind,
        id: SectionId,
        out: &mut [u8],
        problems: &mut Vec<Diagnostic>,
    ) {
        let addresses = self.addresses();
        let arch = self.arch();
        let word = self.word();
        match kind {
            SyntheticKind::Got => {
                for (at, value) in self.relocator.got_words() {
                    self.put_word(out, at as usize, value);
                }
            }
            SyntheticKind::Iplt => {
                let (Some(addr), Some(slots)) = (
                    addresses.of_section(id, 0),
                    addresses.synthetic(SyntheticKind::IpltGot),
                ) else {
                    return;
                };
                let size = arch.plt_entry_size();
                for (index, entry) in out.chunks_exact_mut(size).enumerate() {
                    let index = index as u64;
                    arch.write_plt_entry(
                        entry,
                        addr + index * size as u64,
                        slots + index * word as u64,
                    );
                }
            }
            SyntheticKind::IpltGot => {
                // Resolvers' addresses: REL relocations take their addend from here.
                for (index, symbol) in self.relocator.demands.iplt.iter().enumerate() {
                    self.put_word(
                        out,
                        index * word,
                        addresses.of_symbol(*symbol, 0).unwrap_or(0),
                    );
                }
            }
            SyntheticKind::RelaIplt => {
                let slots = addresses.synthetic(SyntheticKind::IpltGot).unwrap_or(0);
                let entries: Vec<(u64, u64)> = self
                    .relocator
                    .demands
                    .iplt
                    .iter()
                    .enumerate()
                    .map(|(index, symbol)| {
                        (
                            slots + (index * word) as u64,
                            addresses.of_symbol(*symbol, 0).unwrap_or(0),
                        )
                    })
                    .collect();
                self.put_dynamic(out, &entries, arch.dynamic().irelative);
            }
            SyntheticKind::RelaDyn => {
                let ids: Vec<SectionId> = (0..addresses.sections.input_count() as u32)
                    .map(SectionId)
                    .filter(|id| self.is_placed(*id))
                    .collect();
                let entries = self.relocator.relatives(&ids);
                self.put_dynamic(out, &entries, arch.dynamic().relative);
            }
            SyntheticKind::Dynamic => {
                let entries = super::dynamic::entries(arch, addresses, self.made, self.options);
                for (index, (tag, value)) in entries.into_iter().enumerate() {
                    self.put_word(out, 2 * index * word, tag);
                    self.put_word(out, (2 * index + 1) * word, value);
                }
            }
            SyntheticKind::Hash => {
                for (index, value) in super::dynamic::hash_words().into_iter().enumerate() {
                    out[4 * index..][..4].copy_from_slice(&self.endian.write_u32(value));
                }
            }
            SyntheticKind::DynSym | SyntheticKind::DynStr | SyntheticKind::Common(_) => {}
            SyntheticKind::EhFrame => {
                self.eh_frame(id, out, problems);
            }
            SyntheticKind::EhFrameHdr => self.eh_frame_hdr(id, out, problems),
            SyntheticKind::Exidx => self.exidx(id, out, problems),
            SyntheticKind::Merged(index) => {
                for (offset, entry) in &addresses.merge.merged[index as usize].entries {
                    out[*offset as usize..][..entry.len()].copy_from_slice(entry);
                }
            }
            SyntheticKind::BuildId => {
                // The description is filled in when everything else is written.
                let descsz = out.len() as u32 - 16;
                out[..4].copy_from_slice(&self.endian.write_u32(4));
                out[4..8].copy_from_slice(&self.endian.write_u32(descsz));
                out[8..12].copy_from_slice(&self.endian.write_u32(3)); // NT_GNU_BUILD_ID
                out[12..16].copy_from_slice(b"GNU\0");
            }
            SyntheticKind::Attributes => {
                if let Some((_, bytes)) = &self.made.attributes {
                    out.copy_from_slice(bytes);
                }
            }
            SyntheticKind::Thunks(group) => {
                for thunk in &addresses.layout.thunk_groups[group as usize].thunks {
                    let size = arch.thunk_size(thunk.form);
                    let Some(at) = addresses.of_section(id, thunk.offset) else {
                        continue;
                    };
                    let target = super::thunks::branch_target(
                        arch,
                        addresses,
                        self.relocator.demands,
                        thunk.target,
                        thunk.addend,
                    );
                    if let Some(target) = target {
                        arch.write_thunk(
                            thunk.form,
                            &mut out[thunk.offset as usize..][..size],
                            at,
                            target.addr,
                        );
                    }
                }
            }
        }
    }

    fn is_placed(&self, id: SectionId) -> bool {
        let addresses = self.addresses();
        addresses.layout.output_of[id.0 as usize].is_some()
            && addresses
                .sections
                .input(addresses.resolution, id)
                .is_some_and(|s| s.flags & elf::SHF_ALLOC.0 != 0 && !s.relocs.is_empty())
    }

    fn put_word(&self, out: &mut [u8], at: usize, value: u64) {
        if self.arch().is_64() {
            out[at..at + 8].copy_from_slice(&self.endian.write_u64(value));
        } else {
            out[at..at + 4].copy_from_slice(&self.endian.write_u32(value as u32));
        }
    }

    /// Relocations without symbols: RELA holds the value, REL finds it at the place.
    fn put_dynamic(&self, out: &mut [u8], entries: &[(u64, u64)], r_type: u32) {
        let word = self.word();
        let rela = self.arch().dynamic().rela;
        let size = if rela { 3 * word } else { 2 * word };
        for (entry, &(place, value)) in out.chunks_exact_mut(size).zip(entries) {
            self.put_word(entry, 0, place);
            self.put_word(entry, word, u64::from(r_type));
            if rela {
                self.put_word(entry, 2 * word, value);
            }
        }
    }

    /// Relocated unwind records; returns (function, FDE) addresses.
    fn eh_frame(
        &self,
        id: SectionId,
        out: &mut [u8],
        problems: &mut Vec<Diagnostic>,
    ) -> Vec<(u64, u64)> {
        let addresses = self.addresses();
        let Some(addr) = addresses.of_section(id, 0) else {
            return Vec::new();
        };
        let format = Format {
            is_64: self.arch().is_64(),
            endian: self.endian,
        };
        let mut table = Vec::with_capacity(self.made.eh_frame.frames);
        for planned in &self.made.eh_frame.records {
            let input = &self.frames.inputs[planned.input as usize];
            let Some(section) = addresses
                .sections
                .input(addresses.resolution, input.section)
            else {
                continue;
            };
            let record = &input.records[planned.record as usize];
            let (from, size) = (record.record.offset as usize, record.record.size as usize);
            let at = planned.offset as usize;
            out[at..at + size].copy_from_slice(&section.data[from..from + size]);
            if let RecordKind::Fde { .. } = record.record.kind {
                eh_frame::set_cie_pointer(out, planned.offset, planned.cie, self.endian);
            }
            let relocs = record
                .relocs
                .clone()
                .map(|index| section.relocs.get(index as usize));
            let place = addr + u64::from(planned.offset);
            self.relocator.record(
                input.section,
                relocs,
                from as u64,
                place,
                &mut out[at..at + size],
                problems,
            );
            if let RecordKind::Fde { cie } = record.record.kind {
                let cie = &input.records[cie as usize].record;
                let cie_bytes = &section.data[cie.offset as usize..][..cie.size as usize];
                let pc = eh_frame::fde_encoding(cie_bytes, format.is_64).and_then(|encoding| {
                    eh_frame::read_pc(&out[at..at + size], place, encoding, format)
                });
                match pc {
                    Ok(pc) => table.push((pc, place)),
                    Err(error) => problems.push(Diagnostic::error(format!(
                        "cannot index `.eh_frame`: {error}"
                    ))),
                }
            }
        }
        table
    }

    /// The table is made from a second, private copy of `.eh_frame`, so that both sections can be
    /// written at the same time.
    fn eh_frame_hdr(&self, id: SectionId, out: &mut [u8], problems: &mut Vec<Diagnostic>) {
        let addresses = self.addresses();
        let (Some(header), Some(frame_id)) = (
            addresses.of_section(id, 0),
            addresses.sections.find(SyntheticKind::EhFrame),
        ) else {
            return;
        };
        let Some(frame) = addresses.of_section(frame_id, 0) else {
            return;
        };
        let mut copy = vec![0; self.made.eh_frame.size as usize];
        // Problems are reported by the section itself.
        let mut table = self.eh_frame(frame_id, &mut copy, &mut Vec::new());
        let format = Format {
            is_64: self.arch().is_64(),
            endian: self.endian,
        };
        if let Err(error) = eh_frame::write_header(out, header, frame, &mut table, format) {
            problems.push(Diagnostic::error(format!(
                "cannot write `.eh_frame_hdr`: {error}"
            )));
        }
    }

    fn exidx(&self, id: SectionId, out: &mut [u8], problems: &mut Vec<Diagnostic>) {
        let addresses = self.addresses();
        let Some(addr) = addresses.of_section(id, 0) else {
            return;
        };
        let mut table = vec![0; out.len() - 8];
        let mut at = 0;
        for &input in &self.made.exidx {
            let Some(section) = addresses.sections.input(addresses.resolution, input) else {
                continue;
            };
            let part = &mut table[at..at + section.data.len()];
            part.copy_from_slice(section.data);
            self.relocator.record(
                input,
                section.relocs.iter(),
                0,
                addr + at as u64,
                part,
                problems,
            );
            at += section.data.len();
        }
        let layout = addresses.layout;
        let code_end = layout
            .placement
            .outputs
            .iter()
            .zip(&layout.extents)
            .filter(|(o, _)| o.present && o.flags & elf::SHF_EXECINSTR.0 != 0)
            .map(|(_, e)| e.addr + e.size)
            .max()
            .unwrap_or(0);
        let result = exidx::decode(&table, addr as u32, self.endian).and_then(|mut entries| {
            exidx::arrange(&mut entries, self.options.merge_exidx_entries);
            exidx::encode(&entries, code_end as u32, out, addr as u32, self.endian)
        });
        if let Err(error) = result {
            problems.push(Diagnostic::error(format!(
                "cannot write `.ARM.exidx`: {error}"
            )));
        }
    }

    fn file_header(&self, bytes: &mut [u8], headers_at: u64, sections: usize, names: usize) {
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

    fn program_headers(&self, bytes: &mut [u8]) {
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

    fn section_headers(
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
            (super::synth::SHT_ARM_EXIDX, _) => (index(".text"), 0),
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

    /// The build id is a hash of the finished file; `--build-id=0x…` is taken as it is.
    fn build_id(&self, bytes: &mut [u8]) {
        let addresses = self.addresses();
        let Some(id) = addresses.sections.find(SyntheticKind::BuildId) else {
            return;
        };
        let Some(output) = addresses.layout.output_of[id.0 as usize] else {
            return;
        };
        let at =
            self.plan.offsets[output.0 as usize] + addresses.layout.offsets[id.0 as usize] + 16;
        let digest = match &self.options.build_id {
            BuildId::Hex(hex) => hex.clone(),
            kind => {
                let length = match kind {
                    BuildId::Fast => 8,
                    BuildId::Md5 => 16,
                    _ => 20,
                };
                let mut digest = content_digest(bytes);
                digest.truncate(length);
                digest
            }
        };
        if let Some(place) = bytes.get_mut(at as usize..at as usize + digest.len()) {
            place.copy_from_slice(&digest);
        }
    }
}

/// SHA-256 over the SHA-256 of 1 MiB blocks, so that all cores take part. Nothing depends on which
/// hash it is, only that equal files and no others get equal ids.
fn content_digest(bytes: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let blocks: Vec<_> = bytes.par_chunks(1 << 20).map(Sha256::digest).collect();
    let mut hasher = Sha256::new();
    for block in blocks {
        hasher.update(block);
    }
    hasher.finalize().to_vec()
}

/// A stretch of the output.
enum Piece<'b> {
    Input {
        bytes: &'b mut [u8],
        id: SectionId,
    },
    Gap {
        bytes: &'b mut [u8],
        at: u64,
        gap: Gap,
        data: Vec<super::layout::DataWrite>,
        output: OutputId,
    },
}

/// What a gap holds.
enum Gap {
    Zero,
    Code,
    Pattern(Vec<u8>, u64),
}

/// Repeats a pattern, in step with the section's start.
fn repeat(bytes: &mut [u8], pattern: &[u8], at: u64) {
    if pattern.is_empty() {
        return;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = pattern[(at as usize + index) % pattern.len()];
    }
}

fn plain_table(name: &'static str, bytes: Vec<u8>) -> Table {
    Table {
        name,
        sh_type: elf::SHT_STRTAB.0,
        bytes,
        link: 0,
        info: 0,
        align: 1,
        entsize: 0,
    }
}

fn overlap(name: &str) -> Diagnostic {
    Diagnostic::error(format!(
        "section `{name}` overlaps the section before it in the file"
    ))
    .help("check the addresses that the script gives to both")
}
