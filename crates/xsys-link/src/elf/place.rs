//! Which output section each input section goes to.
//!
//! Problem: the script's rules are tried in order, the first that matches wins; what no rule takes
//! (an orphan) is put beside the sections that are most like it. The result is a list of statements
//! in layout order, which `assign` walks; nothing has an address yet.
//!
//! Spec: GNU ld manual, "Input Section Description", "Output Section Description", "Orphan
//! Sections", "INSERT". Orphans are named and placed as lld does, so that results compare: prefixes
//! such as `.text.` are dropped and sections are ranked by permissions.

use super::Map;

use object::elf;
use rayon::prelude::*;
use xsys_diag::Diagnostic;

use super::gc::Live;
use super::object::{ObjectFile, Section};
use super::resolve::{FileId, Resolution};
use super::sections::{Outline, SectionId, Sections, is_linked};
use crate::options::{ElfOptions, Orphan, OutputKind, SortSection, Strip};
use crate::script::ast::{
    Assert, Assignment, Command, Constraint, Expr, InputPattern, OutputSectionDef, Script,
    SectionItem, SectionKind, SectionsItem, Sort, Span,
};
use crate::script::eval::OutputId;

/// An output section before it has an address.
pub struct OutputSection<'s> {
    /// Its name.
    pub name: String,
    /// The script's description; `None` for orphans.
    pub def: Option<&'s OutputSectionDef>,
    /// What it holds, in order.
    pub items: Vec<Item<'s>>,
    /// `sh_type`
    pub sh_type: u32,
    /// `sh_flags`
    pub flags: u64,
    /// Largest alignment of its inputs, in bytes.
    pub align: u64,
    /// `sh_entsize`, if all inputs agree.
    pub entsize: u64,
    /// It is in the output (not removed as empty).
    pub present: bool,
    /// The OVERLAY that it belongs to: (which one, position in it).
    pub overlay: Option<(u32, u32)>,
}

impl OutputSection<'_> {
    /// SHF_ALLOC.
    pub fn is_alloc(&self) -> bool {
        self.flags & elf::SHF_ALLOC.0 != 0
    }

    /// `.tbss`: takes no addresses of its own.
    pub fn is_tbss(&self) -> bool {
        self.flags & elf::SHF_TLS.0 != 0 && self.sh_type == elf::SHT_NOBITS.0
    }

    /// All input sections in order.
    pub fn inputs(&self) -> impl Iterator<Item = SectionId> + '_ {
        self.items
            .iter()
            .flat_map(|item| match item {
                Item::Inputs(ids) => ids.as_slice(),
                _ => &[],
            })
            .copied()
    }
}

/// A piece of an output section.
pub enum Item<'s> {
    /// Input sections.
    Inputs(Vec<SectionId>),
    /// `symbol = …` or `. = …`
    Assign(&'s Assignment),
    /// `ASSERT`
    Assert(&'s Assert),
    /// `BYTE` and relatives
    Data {
        size: u8,
        value: &'s Expr,
        span: Span,
    },
    /// `ASCIZ`
    Bytes(&'s [u8]),
    /// `FILL`
    Fill(&'s Expr),
}

/// A statement of the layout.
pub enum Statement<'s> {
    /// `symbol = …` or `. = …` between output sections
    Assign(&'s Assignment),
    /// `ASSERT`
    Assert(&'s Assert),
    /// An output section.
    Section(OutputId),
}

/// The result: what goes where, in layout order.
pub struct Placement<'s> {
    /// Statements in layout order.
    pub statements: Vec<Statement<'s>>,
    /// Output sections; the index is [`OutputId`].
    pub outputs: Vec<OutputSection<'s>>,
    /// Sections that a rule or an option dropped.
    pub dropped: Vec<bool>,
}

impl Placement<'_> {
    /// An output section.
    pub fn output(&self, id: OutputId) -> &OutputSection<'_> {
        &self.outputs[id.0 as usize]
    }
}

/// If the pattern takes the section, which of its section patterns does.
pub fn pattern_matches(
    pattern: &InputPattern,
    object: &ObjectFile<'_>,
    section: &Section<'_>,
) -> Option<usize> {
    if let Some((required, forbidden)) = pattern.flags
        && (section.flags & required != required || section.flags & forbidden != 0)
    {
        return None;
    }
    // Names decide most cases and are cheaper to look at than file names.
    let mut matching = pattern
        .sections
        .iter()
        .enumerate()
        .filter(|(_, p)| p.name.matches(section.name))
        .peekable();
    matching.peek()?;
    let path = object.name.path.to_string_lossy();
    let (archive, file) = match object.name.member {
        Some(member) => (Some(&*path), member),
        None => (None, &*path),
    };
    if !pattern.file.matches(archive, file)
        || pattern.exclude.iter().any(|p| p.matches(archive, file))
    {
        return None;
    }
    matching
        .find(|(_, p)| !p.exclude.iter().any(|p| p.matches(archive, file)))
        .map(|(index, _)| index)
}

/// A synthetic section is in no file: only patterns for all files take it.
fn pattern_matches_synthetic(pattern: &InputPattern, outline: &Outline<'_>) -> Option<usize> {
    if !pattern.file.matches(None, "<linker>") {
        return None;
    }
    if let Some((required, forbidden)) = pattern.flags
        && (outline.flags & required != required || outline.flags & forbidden != 0)
    {
        return None;
    }
    pattern
        .sections
        .iter()
        .position(|p| p.name.matches(outline.name))
}

/// Where a rule stands: output section description, item, section pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    output: u32,
    item: u32,
    pattern: u32,
}

/// Which rule of the script takes each input section. Matched before garbage collection, which
/// needs to know what KEEP covers and what `/DISCARD/` takes.
pub struct Matches<'s> {
    defs: Vec<Def<'s>>,
    /// By [`SectionId`]; only input sections.
    rules: Vec<Option<Rule>>,
}

impl Matches<'_> {
    /// The section's rule is inside KEEP.
    pub fn is_kept(&self, id: SectionId) -> bool {
        self.rules[id.0 as usize].is_some_and(|rule| {
            let items = &self.defs[rule.output as usize].0.items;
            matches!(&items[rule.item as usize], SectionItem::Input(pattern) if pattern.keep)
        })
    }

    /// The script discards the section.
    pub fn is_discarded(&self, id: SectionId) -> bool {
        self.rules[id.0 as usize].is_some_and(|rule| self.is_discard(rule))
    }

    fn is_discard(&self, rule: Rule) -> bool {
        &*self.defs[rule.output as usize].0.name.text == "/DISCARD/"
    }
}

/// Tries the script's rules on every input section.
pub fn match_inputs<'s>(
    resolution: &Resolution<'_>,
    sections: &Sections,
    script: &'s Script,
    diagnostics: &mut Vec<Diagnostic>,
) -> Matches<'s> {
    let (_, defs) = statements(script, diagnostics);
    let all: Vec<SectionId> = (0..sections.input_count() as u32).map(SectionId).collect();
    let rules = match_rules(resolution, sections, &all, &defs, &vec![true; defs.len()]);
    Matches { defs, rules }
}

/// Places all live sections.
pub fn place<'s>(
    resolution: &Resolution<'_>,
    sections: &Sections,
    live: &Live,
    matches: &Matches<'s>,
    script: &'s Script,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Placement<'s> {
    let (mut statements, defs) = statements(script, &mut Vec::new());
    let mut placement = Placement {
        statements: Vec::new(),
        outputs: Vec::new(),
        dropped: vec![false; sections.len()],
    };
    let candidates = candidates(resolution, sections, live, options, &mut placement.dropped);

    let mut enabled = vec![true; defs.len()];
    let constrained = defs.iter().any(|(def, _)| def.constraint.is_some());
    let rules = loop {
        // Without constraints the rules that garbage collection used still hold.
        let (known, fresh): (&[SectionId], &[SectionId]) = if constrained {
            (&[], &candidates)
        } else {
            candidates
                .split_at(candidates.partition_point(|id| (id.0 as usize) < sections.input_count()))
        };
        let mut rules: Vec<Option<Rule>> = known
            .iter()
            .map(|id| matches.rules[id.0 as usize])
            .collect();
        rules.extend(match_rules(resolution, sections, fresh, &defs, &enabled));
        if !disable_unmet_constraints(
            resolution,
            sections,
            &candidates,
            &rules,
            &defs,
            &mut enabled,
        ) {
            break rules;
        }
    };

    let mut buckets: Map<(u32, u32), Vec<(u32, SectionId)>> = Map::default();
    let mut orphans = Vec::new();
    for (&id, rule) in candidates.iter().zip(&rules) {
        match rule {
            Some(rule) if &*defs[rule.output as usize].0.name.text == "/DISCARD/" => {
                placement.dropped[id.0 as usize] = true;
            }
            Some(rule) => buckets
                .entry((rule.output, rule.item))
                .or_default()
                .push((rule.pattern, id)),
            None => orphans.push(id),
        }
    }
    for (index, (def, overlay)) in defs.iter().enumerate() {
        placement.outputs.push(OutputSection {
            name: def.name.text.to_string(),
            def: Some(def),
            items: Vec::new(),
            sh_type: elf::SHT_NULL.0,
            flags: 0,
            align: 1,
            entsize: 0,
            present: false,
            overlay: *overlay,
        });
        if !enabled[index] {
            continue;
        }
        for (item_index, item) in def.items.iter().enumerate() {
            let item = match item {
                SectionItem::Assign(assignment) => Item::Assign(assignment),
                SectionItem::Assert(assert) => Item::Assert(assert),
                SectionItem::Data { size, value, span } => Item::Data {
                    size: *size,
                    value,
                    span: *span,
                },
                SectionItem::Bytes(bytes) => Item::Bytes(bytes),
                SectionItem::Fill(expr) => Item::Fill(expr),
                SectionItem::Constructors(_) | SectionItem::LinkerVersion(_) => continue,
                SectionItem::Input(pattern) => {
                    let ids = buckets
                        .remove(&(index as u32, item_index as u32))
                        .unwrap_or_default();
                    Item::Inputs(sort_inputs(resolution, sections, pattern, ids, options))
                }
            };
            placement.outputs[index].items.push(item);
        }
    }
    place_orphans(
        resolution,
        sections,
        orphans,
        &mut placement,
        &mut statements,
        options,
        diagnostics,
    );
    placement.statements = statements;
    merge_same_names(&mut placement);
    for output in &mut placement.outputs {
        summarise(resolution, sections, output, diagnostics);
    }
    remove_empty(&mut placement);
    placement
}

/// An output section description, and which OVERLAY it belongs to.
type Def<'s> = (&'s OutputSectionDef, Option<(u32, u32)>);

/// Puts all SECTIONS commands of all scripts into one list, INSERTed ones where they belong.
fn statements<'s>(
    script: &'s Script,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Statement<'s>>, Vec<Def<'s>>) {
    let mut list = Vec::new();
    let mut defs: Vec<Def<'s>> = Vec::new();
    let mut inserts = Vec::new();
    let mut overlays = 0;
    let mut commands = script.commands.iter().peekable();
    while let Some(command) = commands.next() {
        let mut block = Vec::new();
        match command {
            Command::Assign(assignment) => block.push(Statement::Assign(assignment)),
            Command::Assert(assert) => block.push(Statement::Assert(assert)),
            Command::Sections(items) => {
                for item in items {
                    match item {
                        SectionsItem::Assign(assignment) => {
                            block.push(Statement::Assign(assignment))
                        }
                        SectionsItem::Assert(assert) => block.push(Statement::Assert(assert)),
                        SectionsItem::Entry(_) => {}
                        SectionsItem::Output(def) => {
                            block.push(Statement::Section(OutputId(defs.len() as u32)));
                            defs.push((def, None));
                        }
                        SectionsItem::Overlay(overlay) => {
                            for (position, def) in overlay.sections.iter().enumerate() {
                                block.push(Statement::Section(OutputId(defs.len() as u32)));
                                defs.push((def, Some((overlays, position as u32))));
                            }
                            overlays += 1;
                        }
                    }
                }
            }
            _ => {}
        }
        if let Some(Command::Insert { after, section }) = commands.peek() {
            inserts.push((*after, section, block));
            commands.next();
        } else {
            list.append(&mut block);
        }
    }
    for (after, section, block) in inserts {
        let at = list.iter().position(|statement| match statement {
            Statement::Section(id) => *defs[id.0 as usize].0.name.text == *section.text,
            _ => false,
        });
        match at {
            Some(at) => {
                let at = if after { at + 1 } else { at };
                list.splice(at..at, block);
            }
            None => {
                let source = script.sources.get(section.span.file as usize);
                let mut diagnostic = Diagnostic::error(format!(
                    "INSERT names section `{}`, which no script has",
                    section.text
                ));
                if let Some(source) = source {
                    let span = section.span.start as usize..section.span.end as usize;
                    diagnostic = diagnostic.label(source, span, "not an output section");
                }
                diagnostics.push(diagnostic.help("name an output section of the main script"));
                list.extend(block);
            }
        }
    }
    (list, defs)
}

/// Live sections in input order, the linker's own last.
fn candidates(
    resolution: &Resolution<'_>,
    sections: &Sections,
    live: &Live,
    options: &ElfOptions,
    dropped: &mut [bool],
) -> Vec<SectionId> {
    let mut out = Vec::new();
    for (file, object) in resolution.files.iter().enumerate() {
        for (index, section) in object.sections.iter().enumerate() {
            let (file, index) = (FileId(file as u32), index as u32);
            let id = sections.id(file, index);
            let replaced = options.kind != OutputKind::Relocatable
                && (section.name == b".eh_frame" || is_exidx(section) || is_attributes(section));
            let linked = is_linked(section)
                && live.contains(id)
                && !resolution.is_discarded(file, index)
                && !replaced
                && !(options.strip != Strip::None && is_debug(section.name, section.flags));
            dropped[id.0 as usize] = !linked && !replaced;
            if linked {
                out.push(id);
            }
        }
    }
    out.extend((sections.input_count() as u32..sections.len() as u32).map(SectionId));
    out
}

/// SHT_ARM_EXIDX
fn is_exidx(section: &Section<'_>) -> bool {
    section.sh_type == 0x7000_0001 && section.name.starts_with(b".ARM.exidx")
}

/// SHT_ARM_ATTRIBUTES and SHT_RISCV_ATTRIBUTES
pub fn is_attributes(section: &Section<'_>) -> bool {
    section.sh_type == 0x7000_0003
        && matches!(section.name, b".ARM.attributes" | b".riscv.attributes")
}

/// Sections that `--strip-debug` drops.
fn is_debug(name: &[u8], flags: u64) -> bool {
    flags & elf::SHF_ALLOC.0 == 0
        && (name.starts_with(b".debug")
            || name.starts_with(b".zdebug")
            || name.starts_with(b".gdb_index"))
}

fn match_rules(
    resolution: &Resolution<'_>,
    sections: &Sections,
    candidates: &[SectionId],
    defs: &[Def<'_>],
    enabled: &[bool],
) -> Vec<Option<Rule>> {
    let patterns: Vec<(u32, u32, &InputPattern)> = defs
        .iter()
        .enumerate()
        .filter(|(index, _)| enabled[*index])
        .flat_map(|(output, (def, _))| {
            def.items
                .iter()
                .enumerate()
                .filter_map(move |(item, content)| match content {
                    SectionItem::Input(pattern) => Some((output as u32, item as u32, pattern)),
                    _ => None,
                })
        })
        .collect();
    candidates
        .par_iter()
        .with_min_len(256)
        .map(|&id| {
            let object = sections.origin(id).map(|(file, index)| {
                let object = &resolution.files[file.0 as usize];
                (object, &object.sections[index as usize])
            });
            patterns.iter().find_map(|&(output, item, pattern)| {
                let matched = match object {
                    Some((object, section)) => pattern_matches(pattern, object, section),
                    None => pattern_matches_synthetic(pattern, &sections.outline(resolution, id)),
                };
                matched.map(|index| Rule {
                    output,
                    item,
                    pattern: index as u32,
                })
            })
        })
        .collect()
}

/// ONLY_IF_RO and ONLY_IF_RW: a description whose inputs do not meet it takes nothing, and its
/// inputs are free for later rules. Returns whether one was newly disabled.
fn disable_unmet_constraints(
    resolution: &Resolution<'_>,
    sections: &Sections,
    candidates: &[SectionId],
    rules: &[Option<Rule>],
    defs: &[Def<'_>],
    enabled: &mut [bool],
) -> bool {
    let mut changed = false;
    for (index, (def, _)) in defs.iter().enumerate() {
        let Some(constraint) = def.constraint else {
            continue;
        };
        let any_writable = candidates.iter().zip(rules).any(|(&id, rule)| {
            rule.is_some_and(|r| r.output == index as u32)
                && sections.outline(resolution, id).flags & elf::SHF_WRITE.0 != 0
        });
        let met = (constraint == Constraint::OnlyIfReadWrite) == any_writable;
        if enabled[index] && !met {
            enabled[index] = false;
            changed = true;
        }
    }
    changed
}

/// Orders what one input section description took: patterns without a sort share input order,
/// each sorted pattern stands by itself.
fn sort_inputs(
    resolution: &Resolution<'_>,
    sections: &Sections,
    pattern: &InputPattern,
    mut taken: Vec<(u32, SectionId)>,
    options: &ElfOptions,
) -> Vec<SectionId> {
    let default = match options.sort_section {
        SortSection::None => Sort::None,
        SortSection::Name => Sort::Name,
        SortSection::Alignment => Sort::Alignment,
    };
    let sorts = |index: u32| {
        pattern
            .sections
            .get(index as usize)
            .map_or([Sort::None; 2], |p| {
                p.sort.map(|s| if s == Sort::Default { default } else { s })
            })
    };
    let is_sorted = |index: u32| sorts(index).iter().any(|s| *s != Sort::None);
    // A run of unsorted patterns counts as one group, named by its first member.
    let mut group = Vec::new();
    for index in 0..pattern.sections.len() as u32 {
        let joins = index > 0 && !is_sorted(index) && !is_sorted(index - 1);
        group.push(if joins {
            group[index as usize - 1]
        } else {
            index
        });
    }
    taken.sort_by_key(|&(index, id)| (group[index as usize], id));
    let mut out: Vec<SectionId> = Vec::with_capacity(taken.len());
    for run in taken.chunk_by_mut(|a, b| group[a.0 as usize] == group[b.0 as usize]) {
        let index = run[0].0;
        let [outer, inner] = sorts(index);
        let compare = |sort: Sort, a: SectionId, b: SectionId| {
            let (x, y) = (
                sections.outline(resolution, a),
                sections.outline(resolution, b),
            );
            match sort {
                Sort::Name => x.name.cmp(y.name),
                Sort::Alignment => y.align.cmp(&x.align),
                Sort::InitPriority => init_priority(x.name).cmp(&init_priority(y.name)),
                Sort::Default | Sort::None => std::cmp::Ordering::Equal,
            }
        };
        run.sort_by(|a, b| compare(outer, a.1, b.1).then_with(|| compare(inner, a.1, b.1)));
        if pattern.sections[index as usize].reverse {
            run.reverse();
        }
        out.extend(run.iter().map(|(_, id)| *id));
    }
    out
}

/// `.init_array.N` and `.ctors.N` (which counts down from 65535); no number comes last.
fn init_priority(name: &[u8]) -> u32 {
    let text = String::from_utf8_lossy(name);
    let Some(number) = text.rsplit('.').next().and_then(|n| n.parse::<u32>().ok()) else {
        return 65536;
    };
    if text.starts_with(".ctors") || text.starts_with(".dtors") {
        65535u32.saturating_sub(number)
    } else {
        number
    }
}

/// The output section that an orphan asks for: its name without what a compiler appends.
fn orphan_name<'n>(name: &'n [u8], options: &ElfOptions) -> &'n [u8] {
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
    if options.kind == OutputKind::Relocatable {
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

fn place_orphans<'s>(
    resolution: &Resolution<'_>,
    sections: &Sections,
    orphans: Vec<SectionId>,
    placement: &mut Placement<'s>,
    statements: &mut Vec<Statement<'s>>,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut by_name: Map<Vec<u8>, usize> = Map::default();
    let mut new = Vec::new();
    for (index, output) in placement.outputs.iter().enumerate() {
        by_name
            .entry(output.name.clone().into_bytes())
            .or_insert(index);
    }
    for id in orphans {
        let outline = sections.outline(resolution, id);
        if outline.flags & elf::SHF_ALLOC.0 != 0 || options.orphan_handling == Orphan::Discard {
            match options.orphan_handling {
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
                    let diagnostic = if options.orphan_handling == Orphan::Warn {
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
        let name = orphan_name(outline.name, options);
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
    for index in new {
        let at = orphan_position(placement, statements, index);
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
    if writable && !super::segments::is_relro_name(&output.name) {
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

/// Where an orphan goes: behind the last of the sections that are most like it, and behind the
/// symbol assignments that follow those (`_etext = .;` stays with its section).
fn orphan_position(
    placement: &Placement<'_>,
    statements: &[Statement<'_>],
    orphan: usize,
) -> usize {
    let own = rank(&placement.outputs[orphan]);
    let likeness = |statement: &Statement<'_>| match statement {
        Statement::Section(id) => {
            let output = placement.output(*id);
            output
                .inputs()
                .next()
                .is_some()
                .then(|| (own ^ rank(output)).leading_zeros())
        }
        _ => None,
    };
    let Some(best) = statements.iter().filter_map(likeness).max() else {
        return statements.len();
    };
    let first = statements
        .iter()
        .position(|s| likeness(s) == Some(best))
        .unwrap_or(0);
    let mut last = first;
    for (index, statement) in statements.iter().enumerate().skip(first) {
        let Statement::Section(id) = statement else {
            continue;
        };
        match likeness(statement) {
            None => continue,
            Some(like) if like != best || own < rank(placement.output(*id)) => break,
            Some(_) => last = index,
        }
    }
    let mut at = last + 1;
    if !statements[at..]
        .iter()
        .any(|s| matches!(s, Statement::Section(_)))
    {
        return statements.len();
    }
    while let Some(Statement::Assign(assignment)) = statements.get(at) {
        if &*assignment.symbol.text == "." {
            break;
        }
        at += 1;
    }
    at
}

/// Two descriptions of one name make one section, at the place of the first.
fn merge_same_names(placement: &mut Placement<'_>) {
    let mut first: Map<String, usize> = Map::default();
    for index in 0..placement.outputs.len() {
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
fn summarise(
    resolution: &Resolution<'_>,
    sections: &Sections,
    output: &mut OutputSection<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    const KEPT: u64 = elf::SHF_GROUP.0 | elf::SHF_COMPRESSED.0 | (1 << 21);
    let ids: Vec<SectionId> = output.inputs().collect();
    let (mut sh_type, mut flags, mut align, mut entsize) = (elf::SHT_NULL.0, 0, 1, None);
    let mut merge = elf::SHF_MERGE.0 | elf::SHF_STRINGS.0;
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
        merge &= outline.flags;
        align = align.max(outline.align);
        entsize = match entsize {
            None => Some(outline.entsize),
            Some(size) if size == outline.entsize => Some(size),
            _ => Some(0),
        };
    }
    output.entsize = entsize.unwrap_or(0);
    if output.entsize != 0 && flags != 0 {
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
        Some(SectionKind::NoLoad) => sh_type = elf::SHT_NOBITS.0,
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

/// Drops descriptions that produce nothing, and gives those that only hold symbols the
/// permissions of the section before them, so that they need no segment of their own.
fn remove_empty(placement: &mut Placement<'_>) {
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
        let has_content = output
            .items
            .iter()
            .any(|item| !matches!(item, Item::Inputs(_)));
        output.present = has_inputs || has_content;
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
