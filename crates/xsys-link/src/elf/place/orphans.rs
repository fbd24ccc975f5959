//! Places orphans: sections that no rule takes.
//!
//! Orphans are named and placed as in lld: with the built-in layout `.text.foo` goes to `.text`, with
//! a user's script it keeps its name. Sections are ranked by permissions, and an orphan goes beside
//! the sections that are most like it. Spec: GNU ld manual, "Orphan Sections", `--orphan-handling`.

use object::elf;
use xsys_diag::Diagnostic;

use super::PlaceContext;
use super::summary::{is_empty, summarise};
use crate::elf::ids::SectionId;
use crate::elf::layout::placement::{Item, OutputSection, Placement};
use crate::elf::names::Map;
use crate::elf::sections::described::Statement;
use crate::options::{ElfOptions, Orphan};
use crate::script::ast::{Command, Script};
use crate::script::eval::OutputId;

/// The name of an orphan's output section. With the built-in layout it is without what a compiler
/// appends.
fn orphan_name<'n>(name: &'n [u8], script: &Script, options: &ElfOptions) -> &'n [u8] {
    const PREFIXES: [&[u8]; 20] = [
        b".data.rel.ro",
        b".bss.rel.ro",
        b".data",
        b".rodata",
        b".text",
        b".bss",
        b".ldata",
        b".lrodata",
        b".lbss",
        b".gcc_except_table",
        b".init_array",
        b".fini_array",
        b".preinit_array",
        b".tbss",
        b".tdata",
        b".ctors",
        b".dtors",
        b".ARM.exidx",
        b".ARM.extab",
        b".sdata",
    ];
    if options.kind.is_object() || script.built_in.is_none() {
        return name;
    }
    PREFIXES
        .into_iter()
        .find(|prefix| {
            name.strip_prefix(*prefix)
                .is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
        })
        .unwrap_or(name)
}

pub(super) fn place_orphans<'s>(
    given: &PlaceContext<'_, 's, '_>,
    orphans: Vec<SectionId>,
    floating: Vec<usize>,
    placement: &mut Placement<'s>,
    statements: &mut Vec<Statement<'s>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let PlaceContext {
        resolution,
        sections,
        script,
        options,
        ..
    } = *given;
    let mut by_name: Map<Vec<u8>, usize> = Map::default();
    let mut new = floating;
    for (index, output) in placement.outputs.iter().enumerate() {
        by_name
            .entry(output.name.clone().into_bytes())
            .or_insert(index);
    }
    for id in orphans {
        let outline = sections.outline(resolution, id);
        if outline.flags & elf::SHF_ALLOC.0 != 0
            || options.layout.orphan_handling == Orphan::Discard
        {
            match options.layout.orphan_handling {
                Orphan::Place => {}
                Orphan::Discard => {
                    placement.dropped[id.0 as usize] = true;
                    continue;
                }
                Orphan::Warn | Orphan::Error => {
                    let text = format!(
                        "no rule of the script places section `{}`",
                        String::from_utf8_lossy(outline.name)
                    );
                    let diagnostic = if options.layout.orphan_handling == Orphan::Warn {
                        Diagnostic::warning(text)
                    } else {
                        Diagnostic::error(text)
                    };
                    let file = sections
                        .origin(id)
                        .map(|(file, _)| resolution.files[file.0 as usize].name.to_string());
                    diagnostics.push(
                        diagnostic
                            .note(format!(
                                "it comes from {}",
                                file.unwrap_or_else(|| "the linker".to_owned())
                            ))
                            .help(
                                "add a rule for it to the script, or discard it with `/DISCARD/`",
                            ),
                    );
                }
            }
        }
        let name = orphan_name(outline.name, script, options);
        let index = *by_name.entry(name.to_vec()).or_insert_with(|| {
            placement.outputs.push(OutputSection {
                name: String::from_utf8_lossy(name).into_owned(),
                def: None,
                items: vec![Item::Inputs(Vec::new())],
                sh_type: elf::SHT_NULL.0,
                flags: 0,
                align: 1,
                entsize: 0,
                present: false,
                overlay: None,
            });
            new.push(placement.outputs.len() - 1);
            placement.outputs.len() - 1
        });
        let output = &mut placement.outputs[index];
        match output.items.last_mut() {
            Some(Item::Inputs(ids)) => ids.push(id),
            _ => output.items.push(Item::Inputs(vec![id])),
        }
    }
    let mut quiet = Vec::new();
    for output in &mut placement.outputs {
        summarise(resolution, sections, output, &mut quiet);
    }
    new.sort_by_key(|&index| rank(&placement.outputs[index]));
    let only_behind = script
        .commands
        .iter()
        .any(|c| matches!(c, Command::Phdrs(_) | Command::Memory(_)));
    for index in new {
        let at = orphan_position(given, placement, statements, index, only_behind);
        statements.insert(at, Statement::Section(OutputId(index as u32)));
    }
}

/// Sections in the order in which a layout without a script has them.
fn rank(output: &OutputSection<'_>) -> u32 {
    const NOT_ALLOC: u32 = 1 << 26;
    const WRITE: u32 = 1 << 16;
    const EXEC_WRITE: u32 = 1 << 15;
    const EXEC: u32 = 1 << 14;
    const RODATA: u32 = 1 << 13;
    const NOT_RELRO: u32 = 1 << 9;
    const NOT_TLS: u32 = 1 << 8;
    const BSS: u32 = 1 << 7;
    if !output.is_alloc() {
        return NOT_ALLOC;
    }
    let writable = output.flags & elf::SHF_WRITE.0 != 0;
    let mut rank = match (output.flags & elf::SHF_EXECINSTR.0 != 0, writable) {
        (true, true) => EXEC_WRITE,
        (true, false) => EXEC,
        (false, true) => WRITE,
        (false, false) if output.sh_type == elf::SHT_PROGBITS.0 => RODATA,
        (false, false) => 0,
    };
    let array = [
        elf::SHT_INIT_ARRAY,
        elf::SHT_FINI_ARRAY,
        elf::SHT_PREINIT_ARRAY,
    ]
    .iter()
    .any(|sh_type| sh_type.0 == output.sh_type);
    if writable && !array && !crate::elf::names::is_relro_name(&output.name) {
        rank |= NOT_RELRO;
    }
    if output.flags & elf::SHF_TLS.0 == 0 {
        rank |= NOT_TLS;
    }
    if output.sh_type == elf::SHT_NOBITS.0 {
        rank |= BSS;
    }
    rank
}

/// Where an orphan goes: beside the section that is most like it. Before it if it ranks higher,
/// unless regions or PHDRS make the orphan continue what is there; else behind the last one that is
/// as much like it, and behind the symbol assignments that follow (`_etext = .;` stays with its
/// section, also where a section that turned out empty stands between the two).
fn orphan_position(
    given: &PlaceContext<'_, '_, '_>,
    placement: &Placement<'_>,
    statements: &[Statement<'_>],
    orphan: usize,
    only_behind: bool,
) -> usize {
    if !placement.outputs[orphan].is_alloc() {
        return statements.len();
    }
    let own = rank(&placement.outputs[orphan]);
    let anchor = |statement: &Statement<'_>| match statement {
        Statement::Section(id) => {
            let output = placement.output(*id);
            let has_inputs = output.inputs().next().is_some();
            has_inputs.then(|| (rank(output), (own ^ rank(output)).leading_zeros()))
        }
        _ => None,
    };
    // Of equals, the last that may precede the orphan; if none may, the first.
    let mut best: Option<(usize, u32, u32)> = None;
    for (index, statement) in statements.iter().enumerate() {
        let Some((rank, like)) = anchor(statement) else {
            continue;
        };
        let better = best.is_none_or(|(_, _, most)| like > most || (like == most && rank <= own));
        if better {
            best = Some((index, rank, like));
        }
    }
    let Some((index, found, like)) = best else {
        return statements.len();
    };
    let mut at;
    if found <= own || only_behind {
        at = index + 1;
        for (later, statement) in statements.iter().enumerate().skip(at) {
            match anchor(statement) {
                None => continue,
                Some((_, l)) if l != like => break,
                Some(_) => at = later + 1,
            }
        }
    } else {
        // What is assigned to the location counter before any section says where the image starts,
        // and how much room its headers take.
        let first = statements
            .iter()
            .take_while(|statement| !matches!(statement, Statement::Section(_)))
            .enumerate()
            .filter_map(|(at, statement)| match statement {
                Statement::Assign(assignment) if &*assignment.symbol.text == "." => Some(at + 1),
                _ => None,
            })
            .last()
            .unwrap_or(0);
        at = index;
        while at > first && anchor(&statements[at - 1]).is_none() {
            at -= 1;
        }
    }
    // Behind the last section an orphan goes behind all else that the script says. A `.bss` that happens
    // to be empty must not move it behind a stack that fills the rest of the memory.
    let stands = |statement: &Statement<'_>| match statement {
        Statement::Section(id) if placement.output(*id).name == ".bss" => true,
        statement => anchor(statement).is_some(),
    };
    if !statements[at..].iter().any(stands) {
        return statements.len();
    }
    while let Some(statement) = statements.get(at) {
        let skipped = match statement {
            Statement::Assign(assignment) => &*assignment.symbol.text != ".",
            Statement::Section(id) => is_empty(
                given.resolution,
                given.script_symbols,
                placement.output(*id),
            ),
            Statement::Assert(_) => false,
        };
        if !skipped {
            break;
        }
        at += 1;
    }
    at
}
