//! The type, flags and alignment of output sections, and which of them exist, from their contents.
//!
//! Spec: gABI, `sh_type` and `sh_flags`; GNU ld manual, "Output Section Type", "Output Section
//! Discarding".

use object::elf;
use xsys_diag::Diagnostic;

use crate::elf::consts::SHF_PURECODE;
use crate::elf::ids::SectionId;
use crate::elf::layout::placement::{Item, OutputSection, Placement};
use crate::elf::names::Map;
use crate::elf::sections::Sections;
use crate::elf::sections::described::Statement;
use crate::elf::symbols::resolve::Resolution;
use crate::elf::symbols::script_symbols::ScriptSymbols;
use crate::script::ast::SectionKind;
use crate::script::eval::OutputId;

/// Joins output sections of the same name, at the place of the first.
pub(super) fn merge_same_names(placement: &mut Placement<'_>) {
    let mut first: Map<String, usize> = Map::default();
    for index in 0..placement.outputs.len() {
        // Sections without a description are joined already, as far as that is allowed.
        if placement.outputs[index].def.is_none() {
            continue;
        }
        if placement.outputs[index].items.is_empty() || placement.outputs[index].name == "/DISCARD/"
        {
            continue;
        }
        let name = placement.outputs[index].name.clone();
        match first.get(&name) {
            Some(&at) => {
                let items = std::mem::take(&mut placement.outputs[index].items);
                placement.outputs[at].items.extend(items);
            }
            None => {
                first.insert(name, index);
            }
        }
    }
}

/// Type, flags and alignment from the inputs and the description.
pub(super) fn summarise(
    resolution: &Resolution<'_>,
    sections: &Sections,
    output: &mut OutputSection<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    const KEPT: u64 = elf::SHF_GROUP.0 | elf::SHF_COMPRESSED.0;
    let ids: Vec<SectionId> = output.inputs().collect();
    let (mut sh_type, mut flags, mut align, mut entsize) = (elf::SHT_NULL.0, 0, 1, None);
    // These flags stay only if all inputs have them.
    let mut merge = elf::SHF_MERGE.0 | elf::SHF_STRINGS.0;
    let mut execute_only = SHF_PURECODE;
    for id in ids {
        let outline = sections.outline(resolution, id);
        if flags != 0 && (flags ^ outline.flags) & elf::SHF_TLS.0 != 0 && outline.size > 0 {
            let name = String::from_utf8_lossy(outline.name);
            diagnostics.push(
                Diagnostic::error(format!(
                    "section `{}` mixes thread-local and ordinary data",
                    output.name
                ))
                .note(format!("`{name}` differs from the sections before it"))
                .help(
                    "give thread-local sections (`.tdata`, `.tbss`) an output section of their own",
                ),
            );
        }
        sh_type = match (sh_type, outline.sh_type) {
            (0, new) => new,
            (old, new) if old == new => old,
            (old, 8) if old != 0 => old,
            (8, new) => new,
            _ => elf::SHT_PROGBITS.0,
        };
        flags |= outline.flags & !KEPT & !(elf::SHF_MERGE.0 | elf::SHF_STRINGS.0);
        execute_only &= outline.flags;
        merge &= outline.flags;
        align = align.max(outline.align);
        entsize = match entsize {
            None => Some(outline.entsize),
            Some(size) if size == outline.entsize => Some(size),
            _ => Some(0),
        };
    }
    if flags & elf::SHF_EXECINSTR.0 != 0 {
        flags &= execute_only | !SHF_PURECODE;
    }
    output.entsize = entsize.unwrap_or(0);
    if output.entsize != 0 {
        flags |= merge;
    } else if merge == 0 || output.entsize == 0 {
        output.entsize = if matches!(sh_type, 4 | 9 | 6 | 11) {
            output.entsize
        } else {
            0
        };
    }
    let has_data = output
        .items
        .iter()
        .any(|i| matches!(i, Item::Data { .. } | Item::Bytes(_)));
    if sh_type == elf::SHT_NULL.0 || (has_data && sh_type == elf::SHT_NOBITS.0) {
        sh_type = elf::SHT_PROGBITS.0;
    }
    match output.def.and_then(|def| def.kind.as_ref()) {
        Some(SectionKind::NoLoad { read_only }) => {
            sh_type = elf::SHT_NOBITS.0;
            if *read_only {
                flags &= !elf::SHF_WRITE.0;
            }
        }
        Some(SectionKind::NonAlloc) => flags &= !elf::SHF_ALLOC.0,
        Some(
            SectionKind::ReadOnly
            | SectionKind::Type {
                read_only: true, ..
            },
        ) => flags &= !elf::SHF_WRITE.0,
        _ => {}
    }
    (output.sh_type, output.flags, output.align) = (sh_type, flags, align);
}

/// Whether a description produces nothing: no inputs, no symbols, no data. A PROVIDE that nobody asked
/// for is nothing.
pub(super) fn is_empty(
    resolution: &Resolution<'_>,
    script_symbols: &ScriptSymbols<'_>,
    output: &OutputSection<'_>,
) -> bool {
    let idle = |item: &Item<'_>| match item {
        Item::Inputs(ids) => ids.is_empty(),
        Item::Assign(assignment) if assignment.provide => !script_symbols
            .index_of(assignment)
            .is_some_and(|index| resolution.provided[index]),
        _ => false,
    };
    output.items.iter().all(idle)
}

/// Drops descriptions that produce nothing, and gives those that only hold symbols the
/// permissions of the section before them, so that they need no segment of their own.
pub(super) fn remove_empty(
    resolution: &Resolution<'_>,
    script_symbols: &ScriptSymbols<'_>,
    placement: &mut Placement<'_>,
) {
    let mut before = elf::SHF_ALLOC.0;
    let order: Vec<OutputId> = placement
        .statements
        .iter()
        .filter_map(|s| match s {
            Statement::Section(id) => Some(*id),
            _ => None,
        })
        .collect();
    for id in order {
        let output = &mut placement.outputs[id.0 as usize];
        if output.name == "/DISCARD/" {
            continue;
        }
        let has_inputs = output.inputs().next().is_some();
        output.present = !is_empty(resolution, script_symbols, output);
        if has_inputs {
            if output.is_alloc() {
                before = output.flags;
            }
        } else if output.present {
            let non_alloc = matches!(
                output.def.and_then(|d| d.kind.as_ref()),
                Some(SectionKind::NonAlloc)
            );
            let kept = elf::SHF_WRITE.0 | if non_alloc { 0 } else { elf::SHF_ALLOC.0 };
            output.flags = (before | elf::SHF_ALLOC.0) & kept;
        }
    }
}
