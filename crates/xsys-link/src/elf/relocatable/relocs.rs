//! The relocation tables of the output.
//!
//! Problem: every relocation that took part in the link is written again with the output's places
//! and symbols. One that named a section's symbol names the output section's, so the place of the
//! input section moves into the addend. What refers to something that the link dropped becomes
//! `R_*_NONE`, which is 0 in every psABI.
//!
//! Spec: gABI "Relocation"; GNU ld manual, `--emit-relocs`. As with lld, places of an image are
//! addresses, and its sections hold the values already.

use object::{Endian, Endianness, elf};
use rayon::prelude::*;

use crate::elf::arch::Rewrite;
use crate::elf::ids::FileId;
use crate::elf::ids::SectionId;
use crate::elf::layout::Addresses;
use crate::elf::object::{Reloc, Section};
use crate::elf::relocate::Relocator;
use crate::elf::sections::SyntheticKind;
use crate::elf::sections::frames::Frames;
use crate::elf::sections::refs::{SymRef, ValueSource};
use crate::elf::synthetic::eh_frame::EhFramePlan;
use crate::elf::synthetic::scan::decide;
use crate::elf::synthetic::symtab::SymbolIndexes;
use crate::script::eval::OutputId;

/// The relocations of one output section.
pub(crate) struct RelocSection {
    /// The section.
    pub target: OutputId,
    /// Addends stand in the table.
    pub has_addends: bool,
    /// The table.
    pub bytes: Vec<u8>,
}

/// What the tables are made from.
pub(crate) struct RelocTables<'g, 'l, 'a> {
    /// Values.
    pub relocator: &'g Relocator<'l, 'a>,
    /// Unwind records, and which of them the output holds.
    pub frames: (&'g Frames, &'g EhFramePlan),
    /// Symbols of the output.
    pub indexes: &'g SymbolIndexes,
    /// Byte order.
    pub endian: Endianness,
}

/// Makes the tables of all output sections that have relocations.
pub(crate) fn tables(given: &RelocTables<'_, '_, '_>, order: &[OutputId]) -> Vec<RelocSection> {
    order
        .iter()
        .filter_map(|&target| {
            let sources = given.sources(target);
            let has_addends = sources
                .iter()
                .any(|source| source.section.relocs.has_addends());
            let parts: Vec<Vec<u8>> = sources
                .par_iter()
                .map(|source| given.encode(source, has_addends))
                .collect();
            let bytes = parts.concat();
            (!bytes.is_empty()).then_some(RelocSection {
                target,
                has_addends,
                bytes,
            })
        })
        .collect()
}

/// Relocations of one input section, and where the bytes that they are for went.
struct Source<'s, 'a> {
    id: SectionId,
    file: FileId,
    section: &'s Section<'a>,
    relocs: std::ops::Range<u32>,
    /// Added to offsets in the input.
    shift: u64,
}

impl<'a> RelocTables<'_, '_, 'a> {
    fn addresses(&self) -> &Addresses<'_, 'a> {
        &self.relocator.addresses
    }

    fn sources(&self, target: OutputId) -> Vec<Source<'_, 'a>> {
        let addresses = self.addresses();
        let layout = addresses.layout;
        let mut out = Vec::new();
        for id in layout.placement.output(target).inputs() {
            let kind = addresses.sections.synthetic(id).map(|s| s.kind);
            if kind == Some(SyntheticKind::EhFrame) {
                out.extend(self.unwind_records(id));
            } else if let Some(source) = self.source(id) {
                let count = source.relocs.len() as u32;
                let shift = addresses.of_section(id, 0).unwrap_or(0);
                out.push(Source {
                    relocs: 0..count,
                    shift,
                    ..source
                });
            }
        }
        out
    }

    fn source(&self, id: SectionId) -> Option<Source<'_, 'a>> {
        let addresses = self.addresses();
        let (file, index) = addresses.sections.origin(id)?;
        let section = &addresses.resolution.files[file.0 as usize].sections[index as usize];
        Some(Source {
            id,
            file,
            section,
            relocs: 0..section.relocs.len() as u32,
            shift: 0,
        })
    }

    /// The records of an image's `.eh_frame`, each at its place in the output.
    fn unwind_records(&self, id: SectionId) -> Vec<Source<'_, 'a>> {
        let (frames, plan) = self.frames;
        let start = self.addresses().of_section(id, 0).unwrap_or(0);
        let records = plan.records.iter().filter_map(|planned| {
            let input = &frames.inputs[planned.input as usize];
            let record = &input.records[planned.record as usize];
            let shift = start
                .wrapping_add(u64::from(planned.offset))
                .wrapping_sub(u64::from(record.record.offset));
            Some(Source {
                relocs: record.relocs.clone(),
                shift,
                ..self.source(input.section)?
            })
        });
        records.collect()
    }

    fn encode(&self, source: &Source<'_, 'a>, has_addends: bool) -> Vec<u8> {
        let is_64 = self.relocator.arch.is_64();
        let deltas = self.addresses().layout.deltas.get(&source.id);
        let mut out = Vec::new();
        let mut word = |value: u64| match is_64 {
            true => out.extend_from_slice(&self.endian.write_u64(value)),
            false => out.extend_from_slice(&self.endian.write_u32(value as u32)),
        };
        for index in source.relocs.clone() {
            let reloc = source.section.relocs.get(index as usize);
            let offset = deltas.map_or(reloc.offset, |deltas| deltas.map(reloc.offset));
            let change = deltas.and_then(|deltas| deltas.change_of(index));
            let (after, shift) = match change {
                // What relaxation has removed has no relocation.
                Some(change) => self.after(&change.rewrite, &reloc).unwrap_or((0, 0)),
                None => self.rewritten(source, &reloc).unwrap_or((reloc.r_type, 0)),
            };
            let (symbol, r_type, addend) = match self.target(source, &reloc, has_addends) {
                (symbol, 1.., addend) if after != 0 => (symbol, after, addend),
                _ => (0, 0, 0),
            };
            let place = offset.wrapping_add(source.shift);
            word(place.wrapping_add_signed(shift));
            word(match is_64 {
                true => (u64::from(symbol) << 32) | u64::from(r_type),
                false => (u64::from(symbol) << 8) | u64::from(r_type & 0xff),
            });
            if has_addends {
                word(addend as u64);
            }
        }
        out
    }

    /// Type and shift of the relocation of a changed instruction.
    fn after(&self, rewrite: &Rewrite, reloc: &Reloc) -> Option<(u32, i64)> {
        let arch = self.relocator.arch;
        arch.relocation_after(rewrite, reloc.r_type)
    }

    /// The same, if it was rewritten because the link is static.
    fn rewritten(&self, source: &Source<'_, 'a>, reloc: &Reloc) -> Option<(u32, i64)> {
        let (kind, addresses) = (self.relocator.kind, self.addresses());
        if kind.is_object() || source.section.flags & elf::SHF_ALLOC.0 == 0 {
            return None;
        }
        let decided = decide(
            self.relocator.arch,
            addresses.resolution,
            addresses.sections,
            source.file,
            source.section,
            *reloc,
            kind,
        );
        self.after(&decided.ok()?.rewrite?, reloc)
    }

    /// Symbol index, type and addend in the output.
    fn target(&self, source: &Source<'_, 'a>, reloc: &Reloc, has_addends: bool) -> (u32, u32, i64) {
        let addresses = self.addresses();
        let resolution = addresses.resolution;
        let symbol = SymRef::of(resolution, source.file, reloc.symbol);
        let addend = match (has_addends, reloc.addend) {
            (false, _) => 0,
            (true, Some(addend)) => addend,
            // The table has addends, but this input may keep them at the places.
            (true, None) => self.implicit_addend(source.section, reloc),
        };
        if matches!(symbol, SymRef::Local(_, 0)) {
            return (0, reloc.r_type, addend);
        }
        if symbol.kind(resolution) == elf::STT_SECTION.0 {
            return match section_target(addresses, symbol, addend) {
                Some((output, addend)) => (self.indexes.of_section(output), reloc.r_type, addend),
                None => (0, 0, 0),
            };
        }
        match self.indexes.of(symbol) {
            0 => (0, 0, 0),
            index => (index, reloc.r_type, addend),
        }
    }

    fn implicit_addend(&self, section: &Section<'_>, reloc: &Reloc) -> i64 {
        let rule = self.relocator.arch.rule(reloc.r_type);
        let place = usize::try_from(reloc.offset).ok();
        match (rule, place) {
            (Some(rule), Some(place)) if place + usize::from(rule.size) <= section.data.len() => {
                let arch = self.relocator.arch;
                arch.implicit_addend(rule, section.data, place)
            }
            _ => 0,
        }
    }
}

/// The output section and the addend of a reference to an input section; `None` if the section is
/// not in the output.
pub(crate) fn section_target(
    addresses: &Addresses<'_, '_>,
    symbol: SymRef,
    addend: i64,
) -> Option<(OutputId, i64)> {
    let ValueSource::Section(id, _) = symbol.value_source(addresses.resolution, addresses.sections)
    else {
        return None;
    };
    let merged = addresses.merge.get(id);
    let placed = merged.map_or(id, |m| addresses.merge.ids[m.merged as usize]);
    let output = addresses.layout.output_of[placed.0 as usize]?;
    let start = addresses.layout.extents[output.0 as usize].addr;
    let value = addresses.of_symbol(symbol, addend)?;
    Some((output, value.wrapping_sub(start) as i64))
}
