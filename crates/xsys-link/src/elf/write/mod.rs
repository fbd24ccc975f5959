//! Writes the output: headers, contents, relocations, tables.
//!
//! Problem: hundreds of megabytes must be copied once, to their final place, by all cores. The output
//! is cut into disjoint pieces (one for each input section and gap), which are filled in any order
//! ([`filling`]); the bytes do not depend on it. The file is in memory as a whole only if it has to be
//! read again (for a hash as build id, or to compress sections).
//!
//! Spec: gABI "ELF Header", "Section Header", "Program Header".

mod headers;
mod synthetic;
mod tables;

use std::sync::{Mutex, PoisonError};

use object::Endianness;
use object::elf;
use xsys_diag::Diagnostic;

use super::arch::Arch;
use super::compressed;
use super::ids::SectionId;
use super::layout::Addresses;
use super::layout::placement::Item;
use super::layout::segments::FilePlan;
use super::relocatable;
use super::relocate::Relocator;
use super::reports::size_limit;
use super::sections::frames::Frames;
use super::synthetic::Synthesised;
use super::synthetic::groups;
use super::synthetic::groups::OutputGroup;
use super::synthetic::symtab;
use crate::filling::{self, Placed};
use crate::options::{BuildId, ElfOptions};
use crate::output::{OutputError, OutputFile};
use crate::script::eval::OutputId;

/// Everything the writer needs.
pub(super) struct Image<'i, 'a> {
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

/// The order of the section headers: groups, output sections, tables.
struct HeaderOrder<'s> {
    order: &'s [OutputId],
    /// Header indexes by [`OutputId`].
    numbers: &'s [u32],
    groups: &'s [OutputGroup<'s>],
}

/// The next multiple; offsets that do not fit 64 bits are refused by `size_limit`.
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
    pub(super) fn write(&self, diagnostics: &mut Vec<Diagnostic>) -> bool {
        let layout = self.addresses().layout;
        let order = layout.in_order();
        let groups = groups::kept(self.addresses(), self.options);
        let mut numbers = vec![0u32; layout.extents.len()];
        for (position, id) in order.iter().enumerate() {
            numbers[id.0 as usize] = (groups.len() + position) as u32 + 1;
        }
        let symbols = symtab::build(&symtab::SymtabContext {
            arch: self.arch(),
            addresses: self.addresses(),
            options: self.options,
            endian: self.endian,
            groups: &groups,
            order: &order,
            numbers: &numbers,
        });
        let shape = HeaderOrder {
            order: &order,
            numbers: &numbers,
            groups: &groups,
        };
        let (tables, names) = self.tables(&shape, symbols);

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
        let total = headers_at.saturating_add((count * header_size) as u64);

        let given = self.addresses().resolution;
        if let Err(refusal) = size_limit::check(given, layout, self.plan, total) {
            diagnostics.push(refusal);
            return false;
        }
        let path = &self.options.output;
        let file = match self.is_read_back() {
            true => OutputFile::create(path, total),
            false => OutputFile::create_for_parts(path, total),
        };
        let before = diagnostics.len();
        let written = file.and_then(|mut file| {
            let jobs = self.jobs(&order, total, diagnostics);
            self.contents(jobs, &mut file, diagnostics)?;
            let mut rest: Vec<(u64, Vec<u8>)> = Vec::new();
            let offsets = table_offsets.iter().copied();
            let headers = self.section_headers(&shape, &tables, &table_offsets, &names);
            rest.extend(offsets.zip(tables.into_iter().map(|table| table.bytes)));
            rest.push((headers_at, headers));
            rest.push((0, self.file_header(headers_at, count, count - 1)));
            rest.push((
                if self.arch().is_64() { 64 } else { 52 },
                self.program_headers(),
            ));
            if let (BuildId::Hex(id), Some(at)) =
                (&self.options.layout.build_id, self.build_id_place())
            {
                rest.push((at, id.clone()));
            }
            self.finish(rest, headers_at, &mut file)?;
            Ok(file)
        });
        let file = match written {
            Ok(file) => file,
            Err(error) => {
                diagnostics.push(error.into_diagnostic());
                return false;
            }
        };
        if self.options.reports.fatal_warnings {
            diagnostics[before..]
                .iter_mut()
                .for_each(super::reports::make_fatal);
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

    /// Whether the file has to be read after its contents are written.
    fn is_read_back(&self) -> bool {
        let hashed = !matches!(self.options.layout.build_id, BuildId::Hex(_));
        self.options.layout.compress_debug.is_some() || (hashed && self.build_id_place().is_some())
    }

    /// Writes headers, and what depends on all bytes.
    fn finish(
        &self,
        rest: Vec<(u64, Vec<u8>)>,
        headers_at: u64,
        file: &mut OutputFile,
    ) -> Result<(), OutputError> {
        if let Some(parts) = file.parts() {
            return rest
                .iter()
                .try_for_each(|(at, part)| parts.write(*at, part));
        }
        let bytes = file.bytes_mut();
        for (at, part) in rest {
            bytes[at as usize..][..part.len()].copy_from_slice(&part);
        }
        let length = self.compress(bytes, headers_at);
        self.build_id(&mut bytes[..length]);
        file.shorten(length as u64);
        Ok(())
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

    /// Fills all section contents in parallel.
    fn contents(
        &self,
        jobs: Vec<Placed<Piece>>,
        file: &mut OutputFile,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<(), OutputError> {
        let found = Mutex::new(Vec::new());
        let fill = |placed: &Placed<Piece>, out: &mut [u8]| {
            let mut problems = Vec::new();
            self.fill(&placed.job, out, &mut problems);
            if !problems.is_empty() {
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                found.push((placed.offset, problems));
            }
        };
        let result = match file.parts() {
            Some(parts) => {
                let fill = |placed: &Placed<Piece>, out: &mut [u8]| {
                    out.fill(0);
                    fill(placed, out);
                };
                filling::in_parts(&jobs, |_| None, fill, |at, bytes| parts.write(at, bytes))
            }
            None => {
                filling::in_memory(jobs, file.bytes_mut(), fill);
                Ok(())
            }
        };
        let mut problems = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        problems.sort_by_key(|(offset, _)| *offset);
        diagnostics.extend(problems.into_iter().flat_map(|(_, problems)| problems));
        result
    }

    /// Cuts the contents of all sections into pieces, in the order of the file.
    fn jobs(
        &self,
        order: &[OutputId],
        total: u64,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Placed<Piece>> {
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
        let mut jobs = Vec::new();
        let mut at = 0u64;
        for (offset, size, id) in stretches {
            if offset < at {
                diagnostics.push(overlap(&layout.placement.output(id).name));
                continue;
            }
            let end = offset.checked_add(size).filter(|end| *end <= total);
            let Some(end) = end else { break };
            at = end;
            self.pieces(id, (offset, size), &mut jobs);
        }
        jobs
    }

    /// Cuts one output section, which starts at `start` in the file, into pieces.
    fn pieces(&self, id: OutputId, (start, whole): (u64, u64), jobs: &mut Vec<Placed<Piece>>) {
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
        // The pattern of a gap starts again after FILL and around data.
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
        let texts: Vec<(u64, usize)> = layout
            .texts
            .iter()
            .filter(|(o, ..)| *o == id)
            .map(|(_, at, text)| (*at, text.len()))
            .collect();
        let gaps = |mut at: u64, until: u64, jobs: &mut Vec<Placed<Piece>>| {
            while at < until {
                let end = starts.get(starts.partition_point(|start| *start <= at));
                let end = end.map_or(until, |end| until.min(*end));
                let inside = |from: u64, size: usize| from >= at && from + size as u64 <= end;
                let data = data.iter().copied();
                let data = data.filter(|d| inside(d.offset, usize::from(d.size).min(8)));
                let data: Vec<_> = data.collect();
                let gap = gap(at);
                let empty = data.is_empty() && !texts.iter().any(|(at, size)| inside(*at, *size));
                // Zeros are not written.
                if !(empty && matches!(gap, Gap::Zero)) {
                    jobs.push(Placed {
                        offset: start + at,
                        size: (end - at) as usize,
                        job: Piece::Gap {
                            at,
                            gap,
                            data,
                            output: id,
                        },
                    });
                }
                at = end;
            }
        };
        let mut at = 0u64;
        for (offset, input, size) in inputs {
            if offset < at {
                continue;
            }
            let end = offset.checked_add(size).filter(|end| *end <= whole);
            let Some(end) = end else { return };
            gaps(at, offset, jobs);
            jobs.push(Placed {
                offset: start + offset,
                size: size as usize,
                job: Piece::Input { id: input },
            });
            at = end;
        }
        gaps(at, whole, jobs);
    }

    /// Fills a piece's bytes, which are zero.
    fn fill(&self, piece: &Piece, bytes: &mut [u8], problems: &mut Vec<Diagnostic>) {
        match piece {
            &Piece::Input { id } => match self.addresses().sections.synthetic(id) {
                Some(section) => self.synthetic(section.kind, id, bytes, problems),
                None if self.options.kind.is_object() => {
                    relocatable::addends::copy(&self.relocator, id, bytes, problems)
                }
                None => self.relocator.section(id, bytes, problems),
            },
            Piece::Gap {
                at,
                gap,
                data,
                output,
            } => {
                let at = *at;
                match gap {
                    Gap::Zero => {}
                    Gap::Code => repeat(bytes, self.arch().fill(), at),
                    Gap::Pattern(pattern) => repeat(bytes, pattern, 0),
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
                self.literal_bytes(*output, at, bytes);
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

/// A piece of the output.
enum Piece {
    Input {
        id: SectionId,
    },
    Gap {
        at: u64,
        gap: Gap,
        data: Vec<crate::elf::layout::DataWrite>,
        output: OutputId,
    },
}

/// The contents of a gap.
enum Gap {
    Zero,
    Code,
    Pattern(Vec<u8>),
}

/// Repeats a pattern that began `at` bytes before.
fn repeat(bytes: &mut [u8], pattern: &[u8], at: u64) {
    if pattern.is_empty() {
        return;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = pattern[(at as usize + index) % pattern.len()];
    }
}

fn overlap(name: &str) -> Diagnostic {
    Diagnostic::error(format!(
        "section `{name}` overlaps the section before it in the file"
    ))
    .help("check the addresses that the script gives to both")
}
