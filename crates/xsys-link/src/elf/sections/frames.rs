//! Which unwind records belong to which code.
//!
//! Problem: an FDE is live if its function is, and then its LSDA and its CIE's personality routine
//! are; but `.eh_frame` is one section per object. So every `.eh_frame` is cut into records once,
//! before garbage collection, and each FDE is assigned to the section of its function.
//!
//! Spec: LSB "Exception Frames".

use crate::elf::names::Map;

use object::elf;
use rayon::prelude::*;
use xsys_diag::Diagnostic;

use super::Sections;
use crate::elf::ids::FileId;
use crate::elf::ids::SectionId;
use crate::elf::object::SymbolPlace;
use crate::elf::object::eh_frame;
use crate::elf::object::eh_frame::{Record, RecordKind};
use crate::elf::symbols::resolve::{Definition, Resolution};

/// One `.eh_frame` input section, cut up.
pub(crate) struct FrameInput {
    /// The section.
    pub section: SectionId,
    /// Its records in file order.
    pub records: Vec<FrameRecord>,
}

/// A CIE or FDE with what it refers to.
pub(crate) struct FrameRecord {
    /// Its place in the section and its kind.
    pub record: Record,
    /// Its relocations: a range of indexes into the section's table, sorted by offset.
    pub relocs: std::ops::Range<u32>,
    /// For an FDE the section of its function; `None` if that is discarded or absolute.
    pub function: Option<SectionId>,
}

/// All unwind records of a link.
#[derive(Default)]
pub(crate) struct Frames {
    /// In load order.
    pub inputs: Vec<FrameInput>,
    /// For a code section its FDEs, as (index into `inputs`, index into `records`).
    pub by_function: Map<SectionId, Vec<(u32, u32)>>,
}

/// Cuts all `.eh_frame` sections into records.
pub(crate) fn gather(
    resolution: &Resolution<'_>,
    sections: &Sections,
    diagnostics: &mut Vec<Diagnostic>,
) -> Frames {
    let results: Vec<Result<FrameInput, Diagnostic>> = (0..resolution.files.len())
        .into_par_iter()
        .flat_map_iter(|file| {
            let file = FileId(file as u32);
            let object = &resolution.files[file.0 as usize];
            object
                .sections
                .iter()
                .enumerate()
                .filter_map(move |(index, section)| {
                    let wanted = section.name == b".eh_frame"
                        && section.flags & elf::SHF_ALLOC.0 != 0
                        && !resolution.is_discarded(file, index as u32);
                    wanted.then(|| cut(resolution, sections, file, index as u32))
                })
        })
        .collect();
    let mut frames = Frames::default();
    for result in results {
        match result {
            Ok(input) => {
                let at = frames.inputs.len() as u32;
                for (index, record) in input.records.iter().enumerate() {
                    if let Some(function) = record.function {
                        frames
                            .by_function
                            .entry(function)
                            .or_default()
                            .push((at, index as u32));
                    }
                }
                frames.inputs.push(input);
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    frames
}

fn cut(
    resolution: &Resolution<'_>,
    sections: &Sections,
    file: FileId,
    index: u32,
) -> Result<FrameInput, Diagnostic> {
    let object = &resolution.files[file.0 as usize];
    let section = &object.sections[index as usize];
    let parsed = eh_frame::parse(section.data, object.endian).map_err(|error| {
        Diagnostic::error(format!(
            "`{}` has a damaged `.eh_frame`: {error}",
            object.name
        ))
        .help("rebuild the object; its unwind tables cannot be read")
    })?;
    let mut next = 0;
    let count = section.relocs.len() as u32;
    let sorted = section.relocs.iter().is_sorted_by_key(|r| r.offset);
    if !sorted {
        return Err(Diagnostic::error(format!(
            "`{}` has `.eh_frame` relocations out of order",
            object.name
        )));
    }
    let records = parsed
        .into_iter()
        .map(|record| {
            let end = u64::from(record.offset) + u64::from(record.size);
            let start = next;
            while next < count && section.relocs.get(next as usize).offset < end {
                next += 1;
            }
            let function = match record.kind {
                RecordKind::Fde { .. } if start < next => {
                    let reloc = section.relocs.get(start as usize);
                    target_section(resolution, sections, file, reloc.symbol)
                }
                _ => None,
            };
            FrameRecord {
                record,
                relocs: start..next,
                function,
            }
        })
        .collect();
    Ok(FrameInput {
        section: sections.id(file, index),
        records,
    })
}

/// The section in which a relocation's symbol is defined, if an object's section defines it and it
/// was not discarded with its COMDAT group.
pub(crate) fn target_section(
    resolution: &Resolution<'_>,
    sections: &Sections,
    file: FileId,
    symbol: u32,
) -> Option<SectionId> {
    let (file, index) = match resolution.global(file, symbol) {
        Some(id) => match resolution.symbol(id).definition {
            Definition::Object { file, index } => (file, index),
            _ => return None,
        },
        None => (file, symbol),
    };
    match resolution.files[file.0 as usize]
        .symbols
        .get(index as usize)
        .place
    {
        SymbolPlace::Section(section) if !resolution.is_discarded(file, section) => {
            let known = (section as usize) < resolution.files[file.0 as usize].sections.len();
            known.then(|| sections.id(file, section))
        }
        _ => None,
    }
}
