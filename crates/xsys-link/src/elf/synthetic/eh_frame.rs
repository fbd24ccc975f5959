//! `.eh_frame` and `.eh_frame_hdr`: the unwind records of live functions, and the table that finds them by address.
//!
//! Problem: each object brings its own CIEs and the FDEs of all its functions. Of equal CIEs one is kept, and FDEs
//! of live functions only; the header is a table of (function, FDE) for binary search, which needs addresses.
//!
//! Spec: LSB "Exception Frames".

use object::elf;
use xsys_diag::Diagnostic;

use super::put::Words;
use crate::elf::arch::Arch;
use crate::elf::ids::{FileId, SectionId};
use crate::elf::layout::Addresses;
use crate::elf::layout::merged::{MergedInput, MergedSections};
use crate::elf::live::gc::Live;
use crate::elf::names::Map;
use crate::elf::object::Reloc;
use crate::elf::object::eh_frame::{self, CieKey, RecordKind, WordFormat};
use crate::elf::sections::frames::{Frames, target_section};
use crate::elf::sections::refs::SymRef;
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};
use crate::elf::symbols::resolve::Resolution;

/// The output's `.eh_frame`: which records stand where.
#[derive(Default)]
pub(crate) struct EhFramePlan {
    /// Kept records.
    pub records: Vec<PlannedRecord>,
    /// Bytes, the terminator included.
    pub size: u64,
    /// FDEs among the records.
    pub frames: usize,
    /// For each input section its offsets as (input, output): start-up files refer to the beginning of
    /// their `.eh_frame` to find the whole table.
    pieces: Vec<(SectionId, Vec<(u32, u32)>)>,
}

/// A record of the output's `.eh_frame`.
pub(crate) struct PlannedRecord {
    /// Index into [`Frames::inputs`].
    pub input: u32,
    /// Index into its records.
    pub record: u32,
    /// Offset in the output section.
    pub offset: u32,
    /// Offset of its CIE (its own for a CIE).
    pub cie: u32,
}

/// Plans both sections, and adds those that are needed.
pub(super) fn add(
    arch: &dyn Arch,
    resolution: &Resolution<'_>,
    sections: &mut Sections,
    (live, frames): (&Live, &Frames),
    with_header: bool,
) -> EhFramePlan {
    let plan = plan(resolution, sections, live, frames);
    if plan.size == 0 {
        return plan;
    }
    let mut add = |kind, name: &str, align, size| {
        sections.add(Synthetic {
            kind,
            name: name.to_owned(),
            sh_type: elf::SHT_PROGBITS.0,
            flags: elf::SHF_ALLOC.0,
            align,
            entsize: 0,
            size,
            link: None,
        })
    };
    let word = super::word(arch);
    add(SyntheticKind::EhFrame, ".eh_frame", word, plan.size);
    if with_header && plan.frames > 0 {
        let size = eh_frame::header_size(plan.frames) as u64;
        add(SyntheticKind::EhFrameHdr, ".eh_frame_hdr", 4, size);
    }
    plan
}

/// Keeps the FDEs of live functions and one of each equal CIE.
fn plan(
    resolution: &Resolution<'_>,
    sections: &Sections,
    live: &Live,
    frames: &Frames,
) -> EhFramePlan {
    let mut plan = EhFramePlan::default();
    let mut cies: Map<CieKey<'_>, u32> = Map::default();
    let mut end: u32 = 0;
    for (input_index, input) in frames.inputs.iter().enumerate() {
        let Some((file, section_index)) = sections.origin(input.section) else {
            continue;
        };
        let section = &resolution.files[file.0 as usize].sections[section_index as usize];
        let mut own: Map<u32, u32> = Map::default();
        let mut pieces = vec![(0, end)];
        for (record_index, record) in input.records.iter().enumerate() {
            let RecordKind::Fde { cie } = record.record.kind else {
                continue;
            };
            if !record
                .function
                .is_some_and(|function| live.contains(function))
            {
                continue;
            }
            let cie_offset = *own.entry(cie).or_insert_with(|| {
                let cie_record = &input.records[cie as usize];
                let start = cie_record.record.offset as usize;
                let bytes = section
                    .data
                    .get(start..start + cie_record.record.size as usize)
                    .unwrap_or_default();
                let targets = cie_record
                    .relocs
                    .clone()
                    .map(|at| {
                        let reloc = section.relocs.get(at as usize);
                        let target =
                            reference_key(resolution, sections, file, reloc.symbol, reloc.addend);
                        (reloc.offset as u32 - cie_record.record.offset, target)
                    })
                    .collect();
                *cies.entry(CieKey { bytes, targets }).or_insert_with(|| {
                    let offset = end;
                    plan.records.push(PlannedRecord {
                        input: input_index as u32,
                        record: cie,
                        offset,
                        cie: offset,
                    });
                    end += cie_record.record.size;
                    offset
                })
            });
            plan.records.push(PlannedRecord {
                input: input_index as u32,
                record: record_index as u32,
                offset: end,
                cie: cie_offset,
            });
            pieces.push((record.record.offset, end));
            plan.frames += 1;
            end += record.record.size;
        }
        plan.pieces.push((input.section, pieces));
    }
    // A terminator, so that unwinders that walk the section know its end (LSB).
    if !plan.records.is_empty() || live.refers_to_frames {
        plan.size = u64::from(end) + 4;
    }
    plan
}

/// A number that is the same for all references to the same place.
fn reference_key(
    resolution: &Resolution<'_>,
    sections: &Sections,
    file: FileId,
    symbol: u32,
    addend: Option<i64>,
) -> u64 {
    let addend = addend.unwrap_or(0) as u64;
    match SymRef::of(resolution, file, symbol) {
        SymRef::Global(id) => (u64::from(id.0) << 32) ^ addend,
        SymRef::Local(file, index) => {
            let entry = resolution.files[file.0 as usize]
                .symbols
                .get(index as usize);
            let section = target_section(resolution, sections, file, index)
                .map_or(u64::MAX, |s| u64::from(s.0));
            (1 << 63) ^ (section << 32) ^ entry.value.wrapping_add(addend)
        }
    }
}

/// Makes references into `.eh_frame` inputs lead to the output's records, in the same way as
/// references into merged sections.
pub(crate) fn map(plan: &EhFramePlan, sections: &Sections, merge: &mut MergedSections<'_>) {
    let Some(id) = sections.find(SyntheticKind::EhFrame) else {
        return;
    };
    let index = merge.ids.len() as u32;
    merge.ids.push(id);
    for (input, pieces) in &plan.pieces {
        merge.insert(*input, MergedInput::new(index, pieces.clone()));
    }
}

/// Relocates a record: its section, relocations, its offset there and its address, its bytes.
pub(crate) type Relocate<'w> = dyn Fn(SectionId, &mut dyn Iterator<Item = Reloc>, (u64, u64), &mut [u8], &mut Vec<Diagnostic>)
    + Sync
    + 'w;

/// Writes both sections.
pub(crate) struct Writer<'w, 'l, 'a> {
    /// The records and their offsets.
    pub plan: &'w EhFramePlan,
    /// The inputs' records.
    pub frames: &'w Frames,
    /// The finished layout.
    pub addresses: &'w Addresses<'l, 'a>,
    /// Class and byte order.
    pub words: Words,
    /// How records are relocated.
    pub relocate: &'w Relocate<'w>,
}

impl Writer<'_, '_, '_> {
    fn format(&self) -> WordFormat {
        WordFormat {
            is_64: self.words.is_64,
            endian: self.words.endian,
        }
    }

    /// Writes `.eh_frame`; returns (function, FDE) addresses.
    pub(crate) fn write(&self, out: &mut [u8], problems: &mut Vec<Diagnostic>) -> Vec<(u64, u64)> {
        let addresses = self.addresses;
        let Some(addr) = addresses.synthetic(SyntheticKind::EhFrame) else {
            return Vec::new();
        };
        let format = self.format();
        let mut table = Vec::with_capacity(self.plan.frames);
        for planned in &self.plan.records {
            let input = &self.frames.inputs[planned.input as usize];
            let (resolution, sections) = (addresses.resolution, addresses.sections);
            let Some(section) = sections.input(resolution, input.section) else {
                continue;
            };
            let record = &input.records[planned.record as usize];
            let (from, size) = (record.record.offset as usize, record.record.size as usize);
            let at = planned.offset as usize;
            out[at..at + size].copy_from_slice(&section.data[from..from + size]);
            if let RecordKind::Fde { .. } = record.record.kind {
                eh_frame::set_cie_pointer(out, planned.offset, planned.cie, format.endian);
            }
            let relocs = record.relocs.clone();
            let mut relocs = relocs.map(|index| section.relocs.get(index as usize));
            let place = addr + u64::from(planned.offset);
            let bytes = &mut out[at..at + size];
            let places = (from as u64, place);
            (self.relocate)(input.section, &mut relocs, places, bytes, problems);
            if let RecordKind::Fde { cie } = record.record.kind {
                let cie = &input.records[cie as usize].record;
                let cie_bytes = &section.data[cie.offset as usize..][..cie.size as usize];
                let code = eh_frame::fde_encoding(cie_bytes, format.is_64)
                    .and_then(|encoding| eh_frame::read_code(bytes, place, encoding, format));
                match code {
                    // One of no bytes would hide the function at the same address.
                    Ok((_, 0)) => {}
                    Ok((pc, _)) => table.push((pc, place)),
                    Err(error) => problems.push(Diagnostic::error(format!(
                        "cannot index `.eh_frame`: {error}"
                    ))),
                }
            }
        }
        table
    }

    /// Writes `.eh_frame_hdr`. The table is made from a private copy of `.eh_frame`, so that both
    /// sections can be written at the same time.
    pub(crate) fn write_header(&self, out: &mut [u8], problems: &mut Vec<Diagnostic>) {
        let (Some(header), Some(frame)) = (
            self.addresses.synthetic(SyntheticKind::EhFrameHdr),
            self.addresses.synthetic(SyntheticKind::EhFrame),
        ) else {
            return;
        };
        let mut copy = vec![0; self.plan.size as usize];
        // Problems are reported by the section itself.
        let mut table = self.write(&mut copy, &mut Vec::new());
        let written = eh_frame::write_header(out, header, frame, &mut table, self.format());
        if let Err(error) = written {
            problems.push(Diagnostic::error(format!(
                "cannot write `.eh_frame_hdr`: {error}"
            )));
        }
    }
}
