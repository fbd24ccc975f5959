//! Which output section each input section goes to.
//!
//! Problem: the script's rules are tried in order, the first that matches wins; what no rule takes
//! (an orphan) is put beside the sections that are most like it. The result is a list of statements
//! in layout order, which `assign` walks; nothing has an address yet.
//!
//! Spec: GNU ld manual, "Input Section Description", "Output Section Description", "Orphan
//! Sections", "INSERT". Orphans are named and placed as lld does, so that results compare: prefixes
//! such as `.text.` are dropped and sections are ranked by permissions.

mod described;
mod link_order;
mod matching;
mod orphans;
mod summary;
mod symbol_order;

use crate::elf::Map;

use object::elf;
use xsys_diag::Diagnostic;

use crate::elf::arch::Arch;
use crate::elf::gc::Live;
use crate::elf::object::Section;
use crate::elf::relocatable::{self, hands_on};
use crate::elf::resolve::{FileId, Resolution};
use crate::elf::script_symbols::ScriptSymbols;
use crate::elf::sections::{SectionId, Sections, SyntheticKind, is_linked};
use crate::options::{ElfOptions, OutputKind, Strip};
use crate::script::ast::{Assert, Assignment, Expr, OutputSectionDef, Script, SectionItem, Span};
use crate::script::eval::OutputId;
use described::{Described, Home};
pub use matching::{Matches, match_inputs};
use matching::{Rule, disable_unmet_constraints, match_rules, sort_inputs};
use orphans::place_orphans;
use summary::{merge_same_names, remove_empty, summarise};

/// What LINKER_VERSION writes, with its zero.
const VERSION: &[u8] = concat!("xsys ", env!("CARGO_PKG_VERSION"), "\0").as_bytes();

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

/// What placement goes by.
pub struct Given<'g, 's, 'a> {
    /// The instruction set.
    pub arch: &'g dyn Arch,
    /// Files and names.
    pub resolution: &'g Resolution<'a>,
    /// Sections, the linker's own included.
    pub sections: &'g Sections,
    /// What lives.
    pub live: &'g Live,
    /// Which rules take what.
    pub matches: &'g Matches<'s>,
    /// The scripts.
    pub script: &'s Script,
    /// What they say about symbols.
    pub script_symbols: &'g ScriptSymbols<'s>,
    /// Options.
    pub options: &'g ElfOptions,
}

/// Places all live sections.
pub fn place<'s>(given: &Given<'_, 's, '_>, diagnostics: &mut Vec<Diagnostic>) -> Placement<'s> {
    let Given {
        resolution,
        sections,
        live,
        matches,
        script,
        script_symbols,
        options,
        ..
    } = *given;
    let described = Described::gather(script, &mut Vec::new());
    let defs = &described.defs;
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
        rules.extend(match_rules(
            resolution, sections, fresh, &described, &enabled,
        ));
        if !disable_unmet_constraints(
            resolution,
            sections,
            &candidates,
            &rules,
            &described,
            &mut enabled,
        ) {
            break rules;
        }
    };

    let mut buckets: Map<(Home, u32), Vec<(u32, SectionId)>> = Map::default();
    let mut orphans = Vec::new();
    // Without `.eh_frame` its table would lead nowhere.
    let table = sections.find(SyntheticKind::EhFrameHdr);
    for (&id, rule) in candidates.iter().zip(&rules) {
        if Some(id) == table
            && let Some(records) = sections.find(SyntheticKind::EhFrame)
            && placement.dropped[records.0 as usize]
        {
            placement.dropped[id.0 as usize] = true;
            continue;
        }
        match rule {
            Some(rule) if described.discards(rule.home) => {
                placement.dropped[id.0 as usize] = true;
            }
            // With `-r`, members of groups stay what they are.
            Some(_) if options.kind == OutputKind::Relocatable && in_group(given, id) => {
                orphans.push(id)
            }
            Some(rule) => buckets
                .entry((rule.home, rule.item))
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
                SectionItem::LinkerVersion(_) if options.linker_version => Item::Bytes(VERSION),
                SectionItem::Constructors(_) | SectionItem::LinkerVersion(_) => continue,
                SectionItem::Input(pattern) => {
                    let key = (Home::Output(index as u32), item_index as u32);
                    let ids = buckets.remove(&key).unwrap_or_default();
                    Item::Inputs(sort_inputs(resolution, sections, pattern, ids, options))
                }
                // The first section that refers to a class gets all that it holds.
                SectionItem::Class(name) => {
                    let mut ids = Vec::new();
                    for (class, content) in described.classes_named(&name.text) {
                        for (item, pattern) in content.patterns.iter().enumerate() {
                            let taken = buckets.remove(&(Home::Class(class), item as u32));
                            let taken = taken.unwrap_or_default();
                            ids.extend(sort_inputs(resolution, sections, pattern, taken, options));
                        }
                    }
                    Item::Inputs(ids)
                }
            };
            placement.outputs[index].items.push(item);
        }
    }
    described.report_unclaimed(
        script,
        |class| buckets.keys().any(|(home, _)| *home == Home::Class(class)),
        diagnostics,
    );
    let mut statements = described.statements;
    let floating = described.floating;
    if options.kind == OutputKind::Relocatable {
        let floating = floating.iter().map(|index| OutputId(*index as u32));
        statements.extend(floating.map(Statement::Section));
        relocatable::orphans::place(given, &orphans, &mut placement, &mut statements);
    } else {
        place_orphans(
            given,
            orphans,
            floating,
            &mut placement,
            &mut statements,
            diagnostics,
        );
    }
    placement.statements = statements;
    merge_same_names(&mut placement);
    symbol_order::sort(given, &mut placement, diagnostics);
    link_order::sort_linked(resolution, sections, &mut placement);
    for output in &mut placement.outputs {
        summarise(resolution, sections, output, diagnostics);
    }
    remove_empty(resolution, script_symbols, &mut placement);
    placement
}

fn in_group(given: &Given<'_, '_, '_>, id: SectionId) -> bool {
    let grouped = given.sections.outline(given.resolution, id).flags & elf::SHF_GROUP.0 != 0;
    grouped && !given.options.force_group_allocation
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
            let hands_on = hands_on(section, options);
            let replaced = is_attributes(section)
                || options.kind != OutputKind::Relocatable
                    && (section.name == b".eh_frame" || is_exidx(section));
            let linked = (hands_on || is_linked(section) && live.contains(id))
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
        && matches!(
            section.name,
            b".ARM.attributes" | b".riscv.attributes" | b".MSP430.attributes"
        )
}

/// Sections that `--strip-debug` drops.
fn is_debug(name: &[u8], flags: u64) -> bool {
    flags & elf::SHF_ALLOC.0 == 0
        && (name.starts_with(b".debug")
            || name.starts_with(b".zdebug")
            || name.starts_with(b".gdb_index"))
}
