//! Checks of scripts before anything is laid out.
//!
//! Problem: a misspelt region, program header or format would be found only where the layout needs it,
//! after errors that follow from it. So names are checked against declarations as soon as all scripts are
//! read, and one run reports all of them. Some commands mean the same as options; they are applied here.
//!
//! Spec: GNU ld manual, "MEMORY", "PHDRS", "Commands Dealing with Files", "Commands Dealing with
//! Object File Formats", "Other Linker Script Commands".

use std::collections::{BTreeMap, BTreeSet};

use object::Endianness;
use xsys_diag::Diagnostic;

use crate::elf::arch;
use crate::elf::assign::segments;
use crate::elf::symbols::resolve::{Definition, Resolution};
use crate::elf::symbols::script_symbols::ScriptSymbols;
use crate::options::ElfOptions;
use crate::script::ast::{
    Assignment, Command, ExprKind, Name, OutputSectionDef, Phdr, Script, SectionItem, SectionsItem,
};
use crate::script::eval::symbols_needed;

/// Checks names against what declares them.
pub(crate) fn check(script: &Script, diagnostics: &mut Vec<Diagnostic>) {
    let mut known = Declared::default();
    for command in &script.commands {
        match command {
            Command::Memory(regions) => known.regions.extend(regions.iter().map(|r| &*r.name.text)),
            Command::RegionAlias { alias, region } => {
                if !known.regions.contains(&*region.text) {
                    unknown_region(script, region, &known.regions, diagnostics);
                }
                if !known.regions.insert(&alias.text) {
                    let text = format!("memory region `{}` is declared twice", alias.text);
                    diagnostics.push(
                        script
                            .label(Diagnostic::error(text), alias.span, "")
                            .help("give the alias another name, or remove one of the two"),
                    );
                }
            }
            Command::Phdrs(list) => {
                known.has_phdrs = true;
                known.phdrs.extend(list.iter().map(|p| &*p.name.text));
                list.iter()
                    .for_each(|phdr| check_type(script, phdr, diagnostics));
            }
            Command::Sections(items) => {
                known
                    .classes
                    .extend(items.iter().filter_map(|item| match item {
                        SectionsItem::Class(class) => Some(&*class.name.text),
                        _ => None,
                    }))
            }
            _ => {}
        }
    }
    for def in descriptions(script) {
        known.check(script, def, diagnostics);
    }
}

/// All output section descriptions of all scripts.
fn descriptions(script: &Script) -> impl Iterator<Item = &OutputSectionDef> {
    script.commands.iter().flat_map(|command| {
        let (items, whole) = match command {
            Command::Sections(items) => (items.as_slice(), [].as_slice()),
            Command::Overwrite(sections) => ([].as_slice(), sections.as_slice()),
            _ => ([].as_slice(), [].as_slice()),
        };
        let defs = items.iter().flat_map(|item| match item {
            SectionsItem::Output(def) => std::slice::from_ref(&**def),
            SectionsItem::Overlay(overlay) => overlay.sections.as_slice(),
            _ => &[],
        });
        defs.chain(whole)
    })
}

/// The names that scripts declare.
#[derive(Default)]
struct Declared<'s> {
    regions: BTreeSet<&'s str>,
    phdrs: BTreeSet<&'s str>,
    has_phdrs: bool,
    classes: BTreeSet<&'s str>,
}

impl Declared<'_> {
    fn check(&self, script: &Script, def: &OutputSectionDef, diagnostics: &mut Vec<Diagnostic>) {
        for region in def.region.iter().chain(&def.load_region) {
            if !self.regions.contains(&*region.text) {
                unknown_region(script, region, &self.regions, diagnostics);
            }
        }
        for phdr in &def.phdrs {
            if &*phdr.text == "NONE" || self.phdrs.contains(&*phdr.text) {
                continue;
            }
            let text = format!("program header `{}` is not declared", phdr.text);
            let diagnostic = script.label(Diagnostic::error(text), phdr.span, "");
            let close = xsys_diag::did_you_mean(&phdr.text, self.phdrs.iter().copied());
            diagnostics.push(diagnostic.help(match close {
                Some(close) => format!("did you mean `{close}`?"),
                None if self.has_phdrs => {
                    format!("declare it: `PHDRS {{ {} PT_LOAD; }}`", phdr.text)
                }
                None => "no script has PHDRS: add it, or remove the name".to_owned(),
            }));
        }
        for item in &def.items {
            let SectionItem::Class(name) = item else {
                continue;
            };
            if self.classes.contains(&*name.text) {
                continue;
            }
            let text = format!("section class `{}` is not defined", name.text);
            let diagnostic = script.label(Diagnostic::error(text), name.span, "");
            let close = xsys_diag::did_you_mean(&name.text, self.classes.iter().copied());
            diagnostics.push(diagnostic.help(match close {
                Some(close) => format!("did you mean `{close}`?"),
                None => format!("define it: `CLASS({}) {{ *(…) }}` in SECTIONS", name.text),
            }));
        }
    }
}

fn unknown_region(
    script: &Script,
    name: &Name,
    known: &BTreeSet<&str>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let text = format!("memory region `{}` is not declared", name.text);
    let diagnostic = script.label(Diagnostic::error(text), name.span, "");
    diagnostics.push(match xsys_diag::did_you_mean(&name.text, known.iter().copied()) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None => diagnostic.help("declare it in MEMORY; runtimes expect it in `memory.x`, which must be found in the current directory or under `-L`"),
    });
}

/// The type of a program header is a number or one of the names.
fn check_type(script: &Script, phdr: &Phdr, diagnostics: &mut Vec<Diagnostic>) {
    let ExprKind::Symbol(name) = &phdr.p_type.kind else {
        return;
    };
    if segments::phdr_type(name).is_some() || !name.starts_with("PT_") {
        return;
    }
    let text = format!(
        "unknown type `{name}` of program header `{}`",
        phdr.name.text
    );
    let diagnostic = script.label(Diagnostic::error(text), phdr.p_type.span, "");
    let names = segments::phdr_types().map(|(name, _)| *name);
    diagnostics.push(match xsys_diag::did_you_mean(name, names) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None => diagnostic.help("types without a name here can be given as numbers"),
    });
}

/// The options with what the scripts add to them; `None` if they add nothing.
pub(crate) fn options_set(script: &Script, options: &ElfOptions) -> Option<ElfOptions> {
    let mut out: Option<ElfOptions> = None;
    for command in &script.commands {
        match command {
            Command::Output(name) if !options.output_given => {
                out.get_or_insert_with(|| options.clone()).output = name.text.as_ref().into();
            }
            Command::Flag(name) if &*name.text == "FORCE_COMMON_ALLOCATION" => {
                out.get_or_insert_with(|| options.clone())
                    .symbols
                    .define_common = true;
            }
            Command::Flag(name) if &*name.text == "FORCE_GROUP_ALLOCATION" => {
                out.get_or_insert_with(|| options.clone())
                    .layout
                    .force_group_allocation = true;
            }
            _ => {}
        }
    }
    out
}

/// OUTPUT_FORMAT and OUTPUT_ARCH against the objects.
pub(crate) fn check_formats(
    script: &Script,
    (machine, is_64): (u16, bool),
    endian: Endianness,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let own = arch::machine_name(machine, is_64);
    for command in &script.commands {
        match command {
            Command::OutputFormat { default, .. } => {
                if let Some(problem) = format_problem(default, (machine, is_64), endian, &own) {
                    diagnostics.push(script.label(problem, default.span, ""));
                }
            }
            Command::OutputArch(name) => {
                let Some((said, class)) = arch::architecture(&name.text) else {
                    continue;
                };
                if said == machine && class.is_none_or(|class| class == is_64) {
                    continue;
                }
                let text = format!(
                    "OUTPUT_ARCH says `{}`, but the objects are for {own}",
                    name.text
                );
                let diagnostic = script.label(Diagnostic::warning(text), name.span, "");
                diagnostics
                    .push(diagnostic.help("the objects decide; correct the command or remove it"));
            }
            _ => {}
        }
    }
}

/// Formats that are not ELF: an image tool makes them from an ELF file.
const IMAGES: [&str; 6] = ["binary", "ihex", "srec", "symbolsrec", "tekhex", "verilog"];

fn format_problem(
    name: &Name,
    machine: (u16, bool),
    endian: Endianness,
    own: &str,
) -> Option<Diagnostic> {
    let text = &name.text;
    if IMAGES.contains(&&**text) {
        return Some(
            Diagnostic::error(format!(
                "OUTPUT_FORMAT asks for `{text}`, but the linker writes ELF"
            ))
            .help("remove the command and make the image from the ELF file (`xsys image`)"),
        );
    }
    let Some(format) = arch::format(text) else {
        let diagnostic = Diagnostic::error(format!("unknown output format `{text}`"));
        return Some(
            match xsys_diag::did_you_mean(text, arch::format_names(machine.0, machine.1)) {
                Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
                None => diagnostic.help("remove the command: the format follows from the objects"),
            },
        );
    };
    let differs = (format.machine, format.is_64) != machine;
    if !differs && format.big_endian && endian == Endianness::Little {
        return Some(
            Diagnostic::error(format!(
                "`{text}` is a big-endian format, but the objects are little-endian"
            ))
            .help("remove the command: the byte order follows from the objects"),
        );
    }
    differs.then(|| {
        let said = arch::machine_name(format.machine, format.is_64);
        Diagnostic::error(format!(
            "OUTPUT_FORMAT says `{text}`, but the objects are for {own}"
        ))
        .note(format!("`{text}` is for {said}"))
        .help("take the script of this target, or build the objects for the script's")
    })
}

/// Symbols that are defined in terms of each other have no value: `a = b; b = a;`.
pub(crate) fn check_circles(
    resolution: &Resolution<'_>,
    script: &Script,
    symbols: &ScriptSymbols<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    // Only symbols with one assignment: `x = 1; x = x + 1;` is fine.
    let mut assignments: BTreeMap<&str, Option<&Assignment>> = BTreeMap::new();
    for_each_assignment(script, &mut |assignment| {
        let in_force = !assignment.provide
            || symbols
                .index_of(assignment)
                .is_some_and(|index| resolution.provided[index]);
        let by_script = resolution
            .find(assignment.symbol.text.as_bytes())
            .is_some_and(|id| resolution.symbol(id).definition == Definition::Script);
        if &*assignment.symbol.text != "." && in_force && by_script {
            let once = assignment.op.is_none().then_some(assignment);
            assignments
                .entry(&assignment.symbol.text)
                .and_modify(|known| *known = None)
                .or_insert(once);
        }
    });
    // Depth first, each symbol once; the stack has the path to the present one.
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut on_path: BTreeSet<&str> = BTreeSet::new();
    for &start in assignments.keys() {
        let mut path: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut next = Some(start);
        loop {
            if let Some(name) = next.take() {
                let Some(Some(assignment)) = assignments.get(name) else {
                    continue;
                };
                if on_path.contains(name) {
                    let circle = path.iter().map(|(name, _)| *name);
                    let circle: Vec<&str> = circle.skip_while(|known| *known != name).collect();
                    report_circle(script, &circle, &assignments, diagnostics);
                } else if !done.contains(name) {
                    on_path.insert(name);
                    path.push((name, symbols_needed(&assignment.value)));
                }
            }
            let Some((name, used)) = path.last_mut() else {
                break;
            };
            next = used.pop();
            if next.is_none() {
                done.insert(*name);
                on_path.remove(*name);
                path.pop();
            }
        }
    }
}

fn report_circle(
    script: &Script,
    circle: &[&str],
    assignments: &BTreeMap<&str, Option<&Assignment>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let text = match circle {
        [one] => format!("symbol `{one}` is defined in terms of itself"),
        [first, ..] => format!("symbol `{first}` is defined in terms of itself, by way of others"),
        [] => return,
    };
    let mut diagnostic = Diagnostic::error(text);
    for name in circle.iter().take(6) {
        if let Some(Some(assignment)) = assignments.get(name) {
            diagnostic = script.label(diagnostic, assignment.span, "");
        }
    }
    diagnostics.push(diagnostic.help("one of them needs a value of its own"));
}

fn for_each_assignment<'s>(script: &'s Script, visit: &mut dyn FnMut(&'s Assignment)) {
    for command in &script.commands {
        match command {
            Command::Assign(assignment) => visit(assignment),
            Command::Sections(items) => {
                for item in items {
                    if let SectionsItem::Assign(assignment) = item {
                        visit(assignment);
                    }
                }
            }
            _ => {}
        }
    }
    for def in descriptions(script) {
        for item in &def.items {
            if let SectionItem::Assign(assignment) = item {
                visit(assignment);
            }
        }
    }
}
