//! Assigns input sections to output sections.
//!
//! Problem: the script's rules are tried in order, and the first that matches is taken. A section that
//! no rule takes (an orphan) is put beside the sections that are most like it. The result is a list of
//! statements in layout order, which `assign` walks; nothing has an address yet.
//!
//! Spec: GNU ld manual, "Input Section Description", "Output Section Description", "Orphan
//! Sections", "INSERT". Orphans are named and placed as in lld ([`orphans`]), so that results can be
//! compared.

mod link_order;
pub(super) mod merge;
mod orphans;
mod relocatable;
mod summary;
mod symbol_order;

use super::arch;
use super::consts::SHT_ARM_EXIDX;
use super::layout::placement::Item;
use super::layout::placement::OutputSection;
use super::layout::placement::Placement;
use super::names::Map;
use super::sections::described::Statement;

use object::elf;
use xsys_diag::Diagnostic;

use super::arch::Arch;
use super::ids::FileId;
use super::ids::SectionId;
use super::live::gc::Live;
use super::object::Section;
use super::sections::described::{Described, RuleTarget};
use super::sections::hands_on;
use super::sections::matching::Matches;
use super::sections::matching::{
    RulePosition, disable_unmet_constraints, match_rules, sort_inputs,
};
use super::sections::{Sections, SyntheticKind, is_linked};
use super::symbols::resolve::Resolution;
use super::symbols::script_symbols::ScriptSymbols;
use crate::options::{ElfOptions, Strip};
use crate::script::ast::{Script, SectionItem};
use crate::script::eval::OutputId;
use orphans::place_orphans;
use summary::{merge_same_names, remove_empty, summarise};

/// What LINKER_VERSION writes, with its zero.
const VERSION: &[u8] = concat!("xsys ", env!("CARGO_PKG_VERSION"), "\0").as_bytes();

/// The results of earlier passes that placement uses.
pub(super) struct PlaceContext<'g, 's, 'a> {
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

/// The sections that rules have taken, by description or class and item, each with the pattern that took it.
type Taken = Map<(RuleTarget, u32), Vec<(u32, SectionId)>>;

/// Places all live sections.
pub(super) fn place<'s>(
    given: &PlaceContext<'_, 's, '_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Placement<'s> {
    let PlaceContext {
        resolution,
        sections,
        live,
        script,
        script_symbols,
        options,
        ..
    } = *given;
    let described = Described::gather(script, &mut Vec::new());
    let mut placement = Placement {
        statements: Vec::new(),
        outputs: Vec::new(),
        dropped: vec![false; sections.count()],
    };
    let candidates = candidates(resolution, sections, live, options, &mut placement.dropped);
    let (rules, enabled) = final_rules(given, &described, &candidates);
    let by_rule = candidates.into_iter().zip(rules);
    let (mut taken, orphans) = distribute(given, &described, by_rule, &mut placement.dropped);
    for (index, (def, overlay)) in described.defs.iter().enumerate() {
        let items = match enabled[index] {
            true => items(given, &described, index, &mut taken),
            false => Vec::new(),
        };
        placement.outputs.push(OutputSection {
            name: def.name.text.to_string(),
            def: Some(def),
            items,
            sh_type: elf::SHT_NULL.0,
            flags: 0,
            align: 1,
            entsize: 0,
            present: false,
            overlay: *overlay,
        });
    }
    described.report_unclaimed(
        script,
        |class| {
            taken
                .keys()
                .any(|(home, _)| *home == RuleTarget::Class(class))
        },
        diagnostics,
    );
    let mut statements = described.statements;
    let floating = described.floating;
    if options.kind.is_object() {
        let floating = floating.iter().map(|index| OutputId(*index as u32));
        statements.extend(floating.map(Statement::Section));
        relocatable::place(given, &orphans, &mut placement, &mut statements);
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

/// The rule of each candidate once all constraints are met, and which descriptions are enabled.
fn final_rules(
    given: &PlaceContext<'_, '_, '_>,
    described: &Described<'_>,
    candidates: &[SectionId],
) -> (Vec<Option<RulePosition>>, Vec<bool>) {
    let (resolution, sections) = (given.resolution, given.sections);
    let mut enabled = vec![true; described.defs.len()];
    let constrained = described
        .defs
        .iter()
        .any(|(def, _)| def.constraint.is_some());
    loop {
        // Without constraints the matches of garbage collection are still right.
        let (known, fresh): (&[SectionId], &[SectionId]) = if constrained {
            (&[], candidates)
        } else {
            candidates
                .split_at(candidates.partition_point(|id| (id.0 as usize) < sections.input_count()))
        };
        let mut rules: Vec<Option<RulePosition>> = known
            .iter()
            .map(|id| given.matches.rules[id.0 as usize])
            .collect();
        rules.extend(match_rules(
            resolution, sections, fresh, described, &enabled,
        ));
        if !disable_unmet_constraints(
            resolution,
            sections,
            candidates,
            &rules,
            described,
            &mut enabled,
        ) {
            return (rules, enabled);
        }
    }
}

/// Sorts candidates by the rules that take them; those that no rule takes are orphans.
fn distribute(
    given: &PlaceContext<'_, '_, '_>,
    described: &Described<'_>,
    candidates: impl Iterator<Item = (SectionId, Option<RulePosition>)>,
    dropped: &mut [bool],
) -> (Taken, Vec<SectionId>) {
    let sections = given.sections;
    let mut taken = Taken::default();
    let mut orphans = Vec::new();
    // Without `.eh_frame` its table is useless.
    let table = sections.find(SyntheticKind::EhFrameHdr);
    for (id, rule) in candidates {
        if Some(id) == table
            && let Some(records) = sections.find(SyntheticKind::EhFrame)
            && dropped[records.0 as usize]
        {
            dropped[id.0 as usize] = true;
            continue;
        }
        match rule {
            Some(rule) if described.discards(rule.home) => dropped[id.0 as usize] = true,
            // With `-r`, members of groups keep sections of their own.
            Some(_) if given.options.kind.is_object() && in_group(given, id) => orphans.push(id),
            Some(rule) => taken
                .entry((rule.home, rule.item))
                .or_default()
                .push((rule.pattern, id)),
            None => orphans.push(id),
        }
    }
    (taken, orphans)
}

/// The contents of a description, in order.
fn items<'s>(
    given: &PlaceContext<'_, 's, '_>,
    described: &Described<'s>,
    index: usize,
    taken: &mut Taken,
) -> Vec<Item<'s>> {
    let (resolution, sections, options) = (given.resolution, given.sections, given.options);
    let def = described.defs[index].0;
    let mut out = Vec::new();
    for (item_index, item) in def.items.iter().enumerate() {
        out.push(match item {
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
                let key = (RuleTarget::Output(index as u32), item_index as u32);
                let ids = taken.remove(&key).unwrap_or_default();
                Item::Inputs(sort_inputs(resolution, sections, pattern, ids, options))
            }
            // The first section that refers to a class gets all of it.
            SectionItem::Class(name) => {
                let mut ids = Vec::new();
                for (class, content) in described.classes_named(&name.text) {
                    for (item, pattern) in content.patterns.iter().enumerate() {
                        let own = taken.remove(&(RuleTarget::Class(class), item as u32));
                        let own = own.unwrap_or_default();
                        ids.extend(sort_inputs(resolution, sections, pattern, own, options));
                    }
                }
                Item::Inputs(ids)
            }
        });
    }
    out
}

fn in_group(given: &PlaceContext<'_, '_, '_>, id: SectionId) -> bool {
    let grouped = given.sections.outline(given.resolution, id).flags & elf::SHF_GROUP.0 != 0;
    grouped && !given.options.layout.force_group_allocation
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
            let replaced = arch::attributes_of(section).is_some()
                || options.kind.is_image() && (section.name == b".eh_frame" || is_exidx(section));
            let linked = (hands_on || is_linked(section) && live.contains(id))
                && !resolution.is_discarded(file, index)
                && !replaced
                && !(options.symbols.strip != Strip::None && is_debug(section.name, section.flags));
            dropped[id.0 as usize] = !linked && !replaced;
            if linked {
                out.push(id);
            }
        }
    }
    out.extend((sections.input_count() as u32..sections.count() as u32).map(SectionId));
    out
}

/// SHT_ARM_EXIDX
fn is_exidx(section: &Section<'_>) -> bool {
    section.sh_type == SHT_ARM_EXIDX && section.name.starts_with(b".ARM.exidx")
}

/// Sections that `--strip-debug` drops.
fn is_debug(name: &[u8], flags: u64) -> bool {
    flags & elf::SHF_ALLOC.0 == 0
        && (name.starts_with(b".debug")
            || name.starts_with(b".zdebug")
            || name.starts_with(b".gdb_index"))
}
