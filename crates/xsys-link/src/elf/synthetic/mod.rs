//! The sections that the linker makes.
//!
//! Problem: GOT, IPLT, dynamic relocations, unwind tables, notes and common symbols must exist
//! before placement, because scripts name them like any other input section. Their sizes are fixed
//! here; their bytes are made when everything has an address.

pub mod cmse;
pub mod coverage;
pub mod dynamic;
pub mod exidx;
pub mod groups;
pub mod scan;
pub mod symtab;

use super::consts::SHT_ARM_EXIDX;
use super::consts::SHT_ATTRIBUTES;
use super::names::Map;

use object::elf;

use self::coverage::Coverage;
use self::scan::Demands;
use super::arch::Arch;
use super::ids::SectionId;
use super::ids::{FileId, SymbolId};
use super::layout::merged::{MergeMap, MergedInput};
use super::live::gc::Live;
use super::object::eh_frame;
use super::object::eh_frame::{CieKey, RecordKind};
use super::sections::frames::{Frames, target_section};
use super::sections::refs::{Home, SymRef};
use super::sections::{Sections, Synthetic, SyntheticKind};
use super::symbols::resolve::{Definition, Resolution, Symbol};
use crate::options::{BuildId, ElfOptions, OutputKind, SortCommon};

/// Bytes of a build id by kind.
const SHA1_BYTES: u64 = 20;

/// The output's `.eh_frame`: which records stand where.
#[derive(Default)]
pub struct EhFramePlan {
    /// Kept records.
    pub records: Vec<PlannedRecord>,
    /// Bytes, the terminator included.
    pub size: u64,
    /// FDEs among the records.
    pub frames: usize,
    /// For each input section where its offsets went, as (input, output): start-up files refer to
    /// the beginning of theirs to find the table.
    pieces: Vec<(SectionId, Vec<(u32, u32)>)>,
}

/// A record of the output's `.eh_frame`.
pub struct PlannedRecord {
    /// Index into [`Frames::inputs`].
    pub input: u32,
    /// Index into its records.
    pub record: u32,
    /// Offset in the output section.
    pub offset: u32,
    /// Offset of its CIE (its own for a CIE).
    pub cie: u32,
}

/// What later passes need of the synthetic sections beyond their ids.
#[derive(Default)]
pub struct Synthesised {
    /// `.eh_frame`
    pub eh_frame: EhFramePlan,
    /// The memory of common symbols.
    pub commons: Map<SymbolId, SectionId>,
    /// What `.ARM.exidx` says of the live code.
    pub coverage: Coverage,
    /// Secure entry functions.
    pub gateways: self::cmse::Gateways,
    /// Merged build attributes: section name and contents.
    pub attributes: Option<(String, Vec<u8>)>,
    /// Number of entries of `.rela.dyn`.
    pub relative_count: u64,
}

/// What the passes before found out that sizes synthetic sections.
#[derive(Clone, Copy)]
pub struct Needs<'n> {
    /// What lives.
    pub live: &'n Live,
    /// Unwind records.
    pub frames: &'n Frames,
    /// GOT slots and IPLT entries.
    pub demands: &'n Demands,
}

/// Makes all synthetic sections.
pub fn synthesise(
    arch: &dyn Arch,
    resolution: &Resolution<'_>,
    sections: &mut Sections,
    needs: Needs<'_>,
    attributes: Option<(String, Vec<u8>)>,
    options: &ElfOptions,
) -> Synthesised {
    let Needs {
        live,
        frames,
        demands,
    } = needs;
    let mut out = Synthesised {
        attributes,
        ..Synthesised::default()
    };
    let word = if arch.is_64() { 8 } else { 4 };
    let alloc = elf::SHF_ALLOC.0;
    let write = elf::SHF_WRITE.0;
    let pic = options.kind == OutputKind::StaticPie;
    let got_relatives = demands.slots.iter().filter(|(kind, symbol)| {
        *kind == self::scan::SlotKind::Address
            && !matches!(
                symbol.home(resolution, sections),
                Home::Absolute(_) | Home::UndefinedWeak | Home::Undefined
            )
    });
    out.relative_count = demands.relative_words + got_relatives.count() as u64;
    let mut add = |kind, name: &str, sh_type: u32, flags, align, entsize, size| {
        sections.add(Synthetic {
            kind,
            name: name.to_owned(),
            sh_type,
            flags,
            align,
            entsize,
            size,
        })
    };
    let progbits = elf::SHT_PROGBITS.0;
    if demands.got_size > 0 || demands.got_base {
        add(
            SyntheticKind::Got,
            ".got",
            progbits,
            alloc | write,
            word,
            word,
            demands.got_size,
        );
    }
    let iplt = demands.iplt.len() as u64;
    let (rela_word, rela_type, rela_name) = if arch.dynamic().rela {
        (3 * word, elf::SHT_RELA.0, "rela")
    } else {
        (2 * word, elf::SHT_REL.0, "rel")
    };
    if iplt > 0 {
        let size = iplt * arch.plt_entry_size() as u64;
        add(
            SyntheticKind::Iplt,
            ".iplt",
            progbits,
            alloc | elf::SHF_EXECINSTR.0,
            16,
            0,
            size,
        );
        add(
            SyntheticKind::IpltGot,
            ".got.plt",
            progbits,
            alloc | write,
            word,
            word,
            iplt * word,
        );
    }
    let irelative_name = if pic {
        format!(".{rela_name}.dyn")
    } else {
        format!(".{rela_name}.iplt")
    };
    if pic {
        add(
            SyntheticKind::RelaDyn,
            &format!(".{rela_name}.dyn"),
            rela_type,
            alloc,
            word,
            rela_word,
            out.relative_count * rela_word,
        );
    }
    if iplt > 0 {
        add(
            SyntheticKind::RelaIplt,
            &irelative_name,
            rela_type,
            alloc,
            word,
            rela_word,
            iplt * rela_word,
        );
    }
    if pic {
        let entries = self::dynamic::entry_count(options);
        add(
            SyntheticKind::Dynamic,
            ".dynamic",
            elf::SHT_DYNAMIC.0,
            alloc | write,
            word,
            2 * word,
            entries * 2 * word,
        );
        add(
            SyntheticKind::DynSym,
            ".dynsym",
            elf::SHT_DYNSYM.0,
            alloc,
            word,
            if arch.is_64() { 24 } else { 16 },
            if arch.is_64() { 24 } else { 16 },
        );
        add(
            SyntheticKind::DynStr,
            ".dynstr",
            elf::SHT_STRTAB.0,
            alloc,
            1,
            0,
            1,
        );
        add(
            SyntheticKind::Hash,
            ".hash",
            elf::SHT_HASH.0,
            alloc,
            4,
            4,
            16,
        );
    }
    if options.kind != OutputKind::Relocatable {
        out.eh_frame = plan_eh_frame(resolution, sections, live, frames);
        if out.eh_frame.size > 0 {
            let (size, count) = (out.eh_frame.size, out.eh_frame.frames);
            let mut add = |kind, name: &str, align, size| {
                sections.add(Synthetic {
                    kind,
                    name: name.to_owned(),
                    sh_type: progbits,
                    flags: alloc,
                    align,
                    entsize: 0,
                    size,
                })
            };
            add(SyntheticKind::EhFrame, ".eh_frame", word, size);
            if options.eh_frame_hdr {
                add(
                    SyntheticKind::EhFrameHdr,
                    ".eh_frame_hdr",
                    4,
                    eh_frame::header_size(count) as u64,
                );
            }
        }
    }
    // The section type means something else on other machines.
    if arch.has_unwind_index() && options.kind != OutputKind::Relocatable {
        out.coverage = Coverage::gather(resolution, sections, live);
    }
    if !out.coverage.is_empty() {
        sections.add(Synthetic {
            kind: SyntheticKind::Exidx,
            name: ".ARM.exidx".to_owned(),
            sh_type: SHT_ARM_EXIDX,
            flags: alloc | elf::SHF_LINK_ORDER.0,
            align: 4,
            entsize: 0,
            // The sentinel; the layout finds the rest.
            size: self::exidx::ENTRY as u64,
        });
    }
    if let Some((name, bytes)) = &out.attributes {
        sections.add(Synthetic {
            kind: SyntheticKind::Attributes,
            name: name.clone(),
            sh_type: SHT_ATTRIBUTES,
            flags: 0,
            align: 1,
            entsize: 0,
            size: bytes.len() as u64,
        });
    }
    let id_bytes = match &options.build_id {
        BuildId::None => 0,
        BuildId::Fast => 8,
        BuildId::Sha1 => SHA1_BYTES,
        BuildId::Md5 => 16,
        BuildId::Hex(bytes) => bytes.len() as u64,
    };
    if id_bytes > 0 {
        sections.add(Synthetic {
            kind: SyntheticKind::BuildId,
            name: ".note.gnu.build-id".to_owned(),
            sh_type: elf::SHT_NOTE.0,
            flags: alloc,
            align: 4,
            entsize: 0,
            size: 16 + id_bytes.next_multiple_of(4),
        });
    }
    if options.kind == OutputKind::Relocatable && !options.define_common {
        return out;
    }
    let common = |(index, symbol): (usize, &Symbol<'_>)| match symbol.definition {
        Definition::Common { align, .. } => Some((SymbolId(index as u32), align)),
        _ => None,
    };
    let mut commons: Vec<(SymbolId, u64)> = resolution
        .symbols
        .iter()
        .enumerate()
        .filter_map(common)
        .collect();
    match options.sort_common {
        Some(SortCommon::Descending) => commons.sort_by_key(|(_, align)| std::cmp::Reverse(*align)),
        Some(SortCommon::Ascending) => commons.sort_by_key(|(_, align)| *align),
        None => {}
    }
    for (id, align) in commons {
        {
            let size = resolution
                .definition_entry(id)
                .map_or(0, |(_, entry)| entry.size);
            let section = sections.add(Synthetic {
                kind: SyntheticKind::Common(id),
                name: "COMMON".to_owned(),
                sh_type: elf::SHT_NOBITS.0,
                flags: alloc | write,
                align: if align.is_power_of_two() { align } else { 1 },
                entsize: 0,
                size,
            });
            out.commons.insert(id, section);
        }
    }
    out
}

/// Keeps the FDEs of live functions and one of each equal CIE.
fn plan_eh_frame(
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
    plan.size = if plan.records.is_empty() {
        0
    } else {
        u64::from(end) + 4
    };
    plan
}

/// A number that is equal for references to the same place.
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

/// Makes references into `.eh_frame` inputs find the output's records, by the same map that serves
/// merged sections.
pub fn map_eh_frame(
    plan: &EhFramePlan,
    sections: &Sections,
    merge: &mut MergeMap<'_>,
    ids: &mut Vec<SectionId>,
) {
    let Some(id) = sections.find(SyntheticKind::EhFrame) else {
        return;
    };
    let index = ids.len() as u32;
    ids.push(id);
    for (input, pieces) in &plan.pieces {
        merge.insert(*input, MergedInput::new(index, pieces.clone()));
    }
}
