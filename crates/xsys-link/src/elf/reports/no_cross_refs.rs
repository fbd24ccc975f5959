//! NOCROSSREFS: sections that must not refer to each other.
//!
//! Problem: only one section of an overlay is in memory at a time; a reference from one to another would
//! lead to the wrong contents. NOCROSSREFS and the keyword of OVERLAY forbid such references,
//! NOCROSSREFS_TO those to its first section. Relocations are walked only if a script has them.
//!
//! Spec: GNU ld manual, "Other Linker Script Commands", "Overlay Description".

use rayon::prelude::*;
use xsys_diag::Diagnostic;

use crate::elf::ids::SectionId;
use crate::elf::layout::placement::Placement;
use crate::elf::sections::Sections;
use crate::elf::sections::refs::{SymRef, ValueSource};
use crate::elf::symbols::resolve::Resolution;
use crate::script::ast::{Command, Script, SectionsItem, Span};

/// One prohibition.
struct Prohibition<'s> {
    names: Vec<&'s str>,
    /// Only references to the first are forbidden.
    to_first: bool,
    span: Span,
    command: &'static str,
}

impl Prohibition<'_> {
    fn forbids(&self, from: &str, to: &str) -> bool {
        let target = match self.to_first {
            true => self.names.first() == Some(&to),
            false => self.names.contains(&to),
        };
        target && from != to && self.names.contains(&from)
    }
}

/// Reports forbidden references.
pub(crate) fn check(
    resolution: &Resolution<'_>,
    sections: &Sections,
    placement: &Placement<'_>,
    script: &Script,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let rules = rules(script);
    if rules.is_empty() {
        return;
    }
    let mut output_of: Vec<Option<u32>> = vec![None; sections.count()];
    for (index, output) in placement.outputs.iter().enumerate() {
        for id in output.inputs() {
            output_of[id.0 as usize] = Some(index as u32);
        }
    }
    let name_of = |id: SectionId| -> Option<&str> {
        let output = (*output_of.get(id.0 as usize)?)?;
        Some(&placement.outputs[output as usize].name)
    };
    let found: Vec<Vec<Diagnostic>> = (0..sections.input_count() as u32)
        .into_par_iter()
        .map(SectionId)
        .map(|id| {
            let mut found = Vec::new();
            let (Some(from), Some((file, _))) = (name_of(id), sections.origin(id)) else {
                return found;
            };
            let concerned = rules.iter().any(|rule| rule.names.contains(&from));
            let Some(section) = sections.input(resolution, id).filter(|_| concerned) else {
                return found;
            };
            let mut told: Vec<SymRef> = Vec::new();
            for reloc in section.relocs.iter() {
                let symbol = SymRef::of(resolution, file, reloc.symbol);
                let to = match symbol.value_source(resolution, sections) {
                    ValueSource::Section(target, _) => name_of(target),
                    _ => None,
                };
                let Some(to) = to else { continue };
                let Some(rule) = rules.iter().find(|rule| rule.forbids(from, to)) else {
                    continue;
                };
                if told.contains(&symbol) {
                    continue;
                }
                told.push(symbol);
                let name = crate::elf::names::demangle(symbol.name(resolution));
                let text = format!(
                    "section `{from}` refers to `{name}` in section `{to}`, which `{}` forbids",
                    rule.command
                );
                let diagnostic = Diagnostic::error(text).note(format!(
                    "the reference is in {} (section `{}`, offset {:#x})",
                    resolution.files[file.0 as usize].name,
                    String::from_utf8_lossy(section.name),
                    reloc.offset
                ));
                found.push(
                    script
                        .label(diagnostic, rule.span, "forbidden here")
                        .help("move what both need into a section that is always there"),
                );
            }
            found
        })
        .collect();
    diagnostics.extend(found.into_iter().flatten());
}

fn rules(script: &Script) -> Vec<Prohibition<'_>> {
    let mut out = Vec::new();
    for command in &script.commands {
        match command {
            Command::NoCrossRefs { sections, to_first } => {
                let (Some(first), Some(last)) = (sections.first(), sections.last()) else {
                    continue;
                };
                out.push(Prohibition {
                    names: sections.iter().map(|name| &*name.text).collect(),
                    to_first: *to_first,
                    span: Span {
                        end: last.span.end.max(first.span.end),
                        ..first.span
                    },
                    command: match to_first {
                        true => "NOCROSSREFS_TO",
                        false => "NOCROSSREFS",
                    },
                });
            }
            Command::Sections(items) => {
                for item in items {
                    let SectionsItem::Overlay(overlay) = item else {
                        continue;
                    };
                    if let (true, Some(first)) = (overlay.no_cross_refs, overlay.sections.first()) {
                        let names = overlay.sections.iter().map(|def| &*def.name.text);
                        out.push(Prohibition {
                            names: names.collect(),
                            to_first: false,
                            span: first.name.span,
                            command: "OVERLAY : NOCROSSREFS",
                        });
                    }
                }
            }
            _ => {}
        }
    }
    out
}
