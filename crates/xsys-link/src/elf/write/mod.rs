//! The finished file: headers, contents, relocations, tables.
//!
//! Problem: hundreds of megabytes must be copied once, into their final place, by all cores. The
//! output is cut into disjoint pieces (one an input section, one a gap), which rayon fills in any
//! order; the bytes do not depend on it.
//!
//! Spec: gABI "ELF Header", "Section Header", "Program Header".

mod headers;
mod synthetic;

use std::borrow::Cow;

use object::elf;
use object::{Endian, Endianness};
use rayon::prelude::*;
use xsys_diag::Diagnostic;

use super::arch::Arch;
use super::assign::segments::in_order;
use super::compressed;
use super::ids::SectionId;
use super::layout::Addresses;
use super::layout::placement::Item;
use super::layout::segments::FilePlan;
use super::relocatable;
use super::relocatable::relocs;
use super::relocate::Relocator;
use super::reports::size_limit;
use super::sections::frames::Frames;
use super::sections::refs::SymRef;
use super::synthetic::Synthesised;
use super::synthetic::groups;
use super::synthetic::groups::Group;
use super::synthetic::symtab;
use super::synthetic::symtab::{SymbolIndexes, SymbolTable};
use crate::options::ElfOptions;
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
    name: Cow<'static, str>,
    sh_type: u32,
    flags: u64,
    bytes: Vec<u8>,
    link: u32,
    info: u32,
    align: u64,
    entsize: u64,
}

/// The order of the section headers: groups, output sections, tables.
struct Shape<'s> {
    order: &'s [OutputId],
    /// Header indexes by [`OutputId`].
    numbers: &'s [u32],
    groups: &'s [Group<'s>],
}

/// The next multiple; what does not fit 64 bits is for `size_limit` to refuse.
fn round_up(offset: u64, align: u64) -> u64 {
    offset.checked_next_multiple_of(align).unwrap_or(u64::MAX)
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
        let groups = groups::kept(self.addresses(), self.options);
        let mut numbers = vec![0u32; layout.extents.len()];
        for (position, id) in order.iter().enumerate() {
            numbers[id.0 as usize] = (groups.len() + position) as u32 + 1;
        }
        let symbols = symtab::build(&symtab::Given {
            arch: self.arch(),
            addresses: self.addresses(),
            options: self.options,
            endian: self.endian,
            groups: &groups,
            order: &order,
            numbers: &numbers,
        });
        let (tables, names) = self.tables(&order, &numbers, &groups, symbols);

        let mut end = self.plan.end;
        let mut table_offsets = Vec::new();
        for table in &tables {
            end = round_up(end, table.align);
            table_offsets.push(end);
            end = end.saturating_add(table.bytes.len() as u64);
        }
        let headers_at = round_up(end, self.word() as u64);
        let header_size = if self.arch().is_64() { 64 } else { 40 };
        let count = order.len() + tables.len() + 1;
        let shape = Shape {
            order: &order,
            numbers: &numbers,
            groups: &groups,
        };
        let total = headers_at.saturating_add((count * header_size) as u64);

        let given = self.addresses().resolution;
        if let Err(refusal) = size_limit::check(given, layout, self.plan, total) {
            diagnostics.push(refusal);
            return false;
        }
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
            &shape,
            &tables,
            &table_offsets,
            &names,
            &mut bytes[headers_at as usize..],
        );
        self.file_header(bytes, headers_at, count, count - 1);
        self.program_headers(bytes);
        let length = self.compress(bytes, headers_at);
        self.build_id(&mut bytes[..length]);
        file.shorten(length as u64);
        if self.options.reports.fatal_warnings {
            diagnostics[before..]
                .iter_mut()
                .for_each(super::reports::report::make_fatal);
        }
        let failed = diagnostics[before..]
            .iter()
            .any(|d| d.severity == xsys_diag::Severity::Error);
        if failed && !self.options.no_inhibit_exec {
            return false;
        }
        match file.persist(self.options.kind.is_image()) {
            Ok(()) => true,
            Err(error) => {
                diagnostics.push(error.into_diagnostic());
                false
            }
        }
    }

    /// `--compress-debug-sections`; returns the file's length.
    fn compress(&self, bytes: &mut [u8], headers_at: u64) -> usize {
        let Some(format) = self.options.layout.compress_debug else {
            return bytes.len();
        };
        let (file, program) = if self.arch().is_64() {
            (64, 56)
        } else {
            (52, 32)
        };
        let headers = file + program * self.plan.segments.len() as u64;
        let loaded_end = self.plan.loaded_end(headers);
        // As in lld.
        let level = if self.options.layout.optimize > 1 {
            6
        } else {
            1
        };
        let shape = (self.arch().is_64(), self.endian);
        compressed::compress(bytes, shape, (loaded_end, headers_at), format, level)
    }

    /// Symbol and string tables, the section names last; and the offset of each name.
    fn tables(
        &self,
        order: &[OutputId],
        numbers: &[u32],
        groups: &[Group<'_>],
        symbols: SymbolTable,
    ) -> (Vec<Table>, Vec<u32>) {
        let symtab = (groups.len() + order.len()) as u32 + 1;
        let strings = symtab + if symbols.extended.is_empty() { 1 } else { 2 };
        let indexes = symbols.indexes;
        let mut relocs = Vec::new();
        if self.options.keeps_relocations() {
            let given = relocs::Given {
                relocator: &self.relocator,
                frames: (self.frames, &self.made.eh_frame),
                indexes: &indexes,
                endian: self.endian,
            };
            relocs = relocs::tables(&given, order);
        }
        // Which header the relocations of an output section will have.
        let header_of = |id: OutputId| -> Option<u32> {
            let position = relocs.iter().position(|table| table.target == id)?;
            Some(strings + 1 + position as u32)
        };
        // Groups stand first, as the gABI wants it.
        let mut tables: Vec<Table> = groups
            .iter()
            .enumerate()
            .map(|(position, group)| {
                let members = group
                    .members
                    .iter()
                    .flat_map(|id| std::iter::once(numbers[id.0 as usize]).chain(header_of(*id)));
                Table {
                    name: ".group".into(),
                    sh_type: elf::SHT_GROUP.0,
                    flags: 0,
                    bytes: std::iter::once(group.flags)
                        .chain(members)
                        .flat_map(|word| self.endian.write_u32(word))
                        .collect(),
                    link: symtab,
                    info: match (group.own_name, group.signature) {
                        (Some(_), _) => indexes.of_group(position),
                        (None, signature) => self.signature(signature, &indexes),
                    },
                    align: 4,
                    entsize: 4,
                }
            })
            .collect();
        if !symbols.symbols.is_empty() {
            tables.push(Table {
                name: ".symtab".into(),
                sh_type: elf::SHT_SYMTAB.0,
                flags: 0,
                bytes: symbols.symbols,
                link: strings,
                info: symbols.first_global,
                align: self.word() as u64,
                entsize: if self.arch().is_64() { 24 } else { 16 },
            });
            if !symbols.extended.is_empty() {
                tables.push(Table {
                    name: ".symtab_shndx".into(),
                    sh_type: elf::SHT_SYMTAB_SHNDX.0,
                    flags: 0,
                    bytes: symbols.extended,
                    link: symtab,
                    info: 0,
                    align: 4,
                    entsize: 4,
                });
            }
            tables.push(plain_table(".strtab", symbols.strings));
        }
        tables.extend(relocs.into_iter().map(|relocs| {
            let target = self.addresses().layout.placement.output(relocs.target);
            let (prefix, sh_type) = match relocs.has_addends {
                true => (".rela", elf::SHT_RELA),
                false => (".rel", elf::SHT_REL),
            };
            let words = if relocs.has_addends { 3 } else { 2 };
            let in_group = groups.iter().any(|g| g.members.contains(&relocs.target));
            Table {
                name: format!("{prefix}{}", target.name).into(),
                sh_type: sh_type.0,
                flags: elf::SHF_INFO_LINK.0 | if in_group { elf::SHF_GROUP.0 } else { 0 },
                bytes: relocs.bytes,
                link: symtab,
                info: numbers[relocs.target.0 as usize],
                align: self.word() as u64,
                entsize: (words * self.word()) as u64,
            }
        }));
        let mut names = vec![0u8];
        let mut offsets = Vec::new();
        let layout = self.addresses().layout;
        let (front, back) = tables.split_at(groups.len());
        let all = order
            .iter()
            .map(|id| layout.placement.output(*id).name.as_str());
        let own = |tables: &'_ [Table]| {
            tables
                .iter()
                .map(|t| t.name.to_string())
                .collect::<Vec<_>>()
        };
        let (front, back) = (own(front), own(back));
        let own = back.iter().map(String::as_str).chain([".shstrtab"]);
        for name in front.iter().map(String::as_str).chain(all).chain(own) {
            offsets.push(names.len() as u32);
            names.extend_from_slice(name.as_bytes());
            names.push(0);
        }
        tables.push(plain_table(".shstrtab", names));
        (tables, offsets)
    }

    /// The symbol table index of a group's signature.
    fn signature(&self, symbol: SymRef, indexes: &SymbolIndexes) -> u32 {
        match indexes.of(symbol) {
            0 => relocs::section_target(self.addresses(), symbol, 0)
                .map_or(0, |(output, _)| indexes.of_section(output)),
            index => index,
        }
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
                (
                    layout.offsets[input.0 as usize],
                    input,
                    layout.size(input, outline.size),
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
                Some((_, _, pattern)) => Gap::Pattern(pattern.clone()),
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
        // Where a gap's pattern starts anew: behind FILL, and around data.
        let mut starts: Vec<u64> = Vec::new();
        let fills = layout.fills.iter().filter(|(o, ..)| *o == id);
        starts.extend(fills.map(|(_, from, _)| *from));
        if !starts.is_empty() {
            starts.extend(
                data.iter()
                    .flat_map(|d| [d.offset, d.offset + u64::from(d.size)]),
            );
            let texts = layout.texts.iter().filter(|(o, ..)| *o == id);
            starts.extend(texts.flat_map(|(_, at, text)| [*at, at + text.len() as u64]));
            starts.sort_unstable();
        }
        let gaps = |mut bytes: &'b mut [u8], mut at: u64, tasks: &mut Vec<Piece<'b>>| {
            while !bytes.is_empty() {
                let end = starts.get(starts.partition_point(|start| *start <= at));
                let length = end.map_or(bytes.len() as u64, |end| end - at);
                let length = usize::try_from(length)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                let (part, rest) = bytes.split_at_mut(length);
                tasks.push(Piece::Gap {
                    bytes: part,
                    at,
                    gap: gap(at),
                    data: data.clone(),
                    output: id,
                });
                (bytes, at) = (rest, at + length as u64);
            }
        };
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
            gaps(before, at, tasks);
            tasks.push(Piece::Input { bytes, id: input });
            (rest, at) = (tail, offset + size);
        }
        gaps(rest, at, tasks);
    }

    fn fill(&self, piece: Piece<'_>, problems: &mut Vec<Diagnostic>) {
        match piece {
            Piece::Input { bytes, id } => match self.addresses().sections.synthetic(id) {
                Some(section) => self.synthetic(section.kind, id, bytes, problems),
                None if self.options.kind.is_object() => {
                    relocatable::addends::copy(&self.relocator, id, bytes, problems)
                }
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
                    Gap::Pattern(pattern) => repeat(bytes, &pattern, 0),
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
        data: Vec<crate::elf::layout::DataWrite>,
        output: OutputId,
    },
}

/// What a gap holds.
enum Gap {
    Zero,
    Code,
    Pattern(Vec<u8>),
}

/// Repeats a pattern, as if it began `at` bytes before.
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
        name: name.into(),
        sh_type: elf::SHT_STRTAB.0,
        flags: 0,
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
