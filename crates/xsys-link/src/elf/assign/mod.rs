//! Addresses for everything, to a fixed point.
//!
//! Problem: addresses depend on sizes, sizes on thunks and relaxation, those on addresses; script
//! expressions may refer forward; and every memory region has two cursors. So the script is walked
//! again and again with the last walk's answers until nothing changes, and only then assertions and
//! limits are checked. The loop is bounded; what still moves after the last walk is named.
//!
//! Spec: GNU ld manual, "The Location Counter", "Output Section Description", "MEMORY", "Output
//! Section LMA". Where GNU ld and lld differ, lld is followed (`. = N` in a section is an address).

pub(super) mod errata;
mod flip;
pub(super) mod overflow;
pub(super) mod relax;
mod scope;
mod sections;
pub(super) mod segments;
pub(super) mod thunks;

use super::names::Map;
use sections::Cursor;

use xsys_diag::Diagnostic;

use super::arch::Arch;
use super::ids::SectionId;
use super::ids::SymbolId;
use super::layout::merged::MergedSections;
use super::layout::placement::Placement;
use super::layout::{Addresses, Extent, Layout, PhdrValues};
use super::live::gc::Live;
use super::sections::describe::describe_place;
use super::sections::described::Statement;
use super::sections::{Sections, SyntheticKind};
use super::symbols::resolve::Resolution;
use super::symbols::script_symbols::ScriptSymbols;
use super::synthetic::exidx::ExidxPlan;
use crate::options::{ElfOptions, OutputKind};
use crate::script::ast::{Assert, Assignment, BinaryOp, Command, Expr, ExprKind, Script, Span};
use crate::script::eval::{OutputId, Scope, Value, apply, eval};
use relax::RelaxState;
use segments::Planner;

/// Walks before the link gives up; thunks and relaxation settle within a handful.
const MAX_WALKS: usize = 32;

/// The results of earlier passes that `assign` borrows.
pub(super) struct AssignContext<'f, 'a> {
    /// The instruction set.
    pub arch: &'f dyn Arch,
    /// Names.
    pub resolution: &'f Resolution<'a>,
    /// Scripts.
    pub script: &'f Script,
    /// Assignments.
    pub script_symbols: &'f ScriptSymbols<'f>,
    /// What lives, and why.
    pub live: &'f Live,
    /// Options.
    pub options: &'f ElfOptions,
    /// Merged strings.
    pub merge: &'f MergedSections<'a>,
    /// Common symbols' sections.
    pub commons: &'f Map<SymbolId, SectionId>,
    /// IFUNCs and their IPLT positions.
    pub demands: &'f super::synthetic::scan::Demands,
    /// Unwind entries of ARM code.
    pub exidx: &'f ExidxPlan,
}

impl<'a> AssignContext<'_, 'a> {
    /// The segments of a layout.
    pub(super) fn planner<'p>(
        &'p self,
        layout: &'p Layout<'p>,
        sections: &'p Sections,
    ) -> Planner<'p> {
        Planner {
            arch: self.arch,
            layout,
            sections,
            script: self.script,
            options: self.options,
        }
    }

    /// The addresses in a layout.
    pub(super) fn addresses<'s>(
        &'s self,
        layout: &'s Layout<'s>,
        sections: &'s Sections,
        linker: &'s Map<SymbolId, u64>,
    ) -> Addresses<'s, 'a> {
        Addresses {
            resolution: self.resolution,
            sections,
            merge: self.merge,
            layout,
            linker,
            commons: self.commons,
            symbol_addresses: None,
        }
    }
}

/// Finds addresses for all placed sections. Thunk sections are added to `sections`.
pub(super) fn assign<'f>(
    facts: &AssignContext<'f, '_>,
    sections: &mut Sections,
    mut placement: Placement<'f>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Layout<'f> {
    let thunk_sections = match facts.options.kind {
        OutputKind::Relocatable => Vec::new(),
        _ => thunks::reserve(
            facts.arch,
            facts.demands,
            facts.resolution,
            sections,
            &mut placement,
        ),
    };
    let mut output_of = vec![None; sections.count()];
    for (index, output) in placement.outputs.iter().enumerate() {
        for id in output.inputs() {
            output_of[id.0 as usize] = Some(OutputId(index as u32));
        }
    }
    let count = placement.outputs.len();
    let mut layout = Layout {
        placement,
        extents: vec![
            Extent {
                align: 1,
                ..Extent::default()
            };
            count
        ],
        offsets: vec![0; sections.count()],
        output_of,
        values: Map::default(),
        regions: Vec::new(),
        deltas: Map::default(),
        thunk_groups: vec![Default::default(); thunk_sections.len()],
        thunk_sections,
        thunk_of: Map::default(),
        erratum_patches: Vec::new(),
        data: Vec::new(),
        texts: Vec::new(),
        fills: Vec::new(),
        phdrs: Vec::new(),
        commands: Map::default(),
        headers_size: 0,
        headers_wanted: uses_headers(facts.script),
    };
    if facts.options.kind.is_image() {
        errata::reserve(facts.arch, facts.resolution, sections, &mut layout);
    }
    let relaxation = RelaxState::prepare(
        facts.arch,
        facts.resolution,
        sections,
        facts.demands,
        &layout,
        facts.options,
    );
    let mut walker = Walker {
        facts,
        relaxation,
        sections,
        by_name: Map::default(),
        layout,
        dot: 0,
        current: None,
        first: None,
        last: None,
        aliases: Map::default(),
        assigned: Map::default(),
        relro_end: None,
        in_assignment: None,
        unsettled: Vec::new(),
        flip: None,
        report: None,
    };
    walker.flip = walker.plan_flip();
    walker.index_names();
    walker.first = walker
        .layout
        .in_order()
        .into_iter()
        .find(|id| walker.layout.placement.output(*id).is_alloc());
    walker.expect_index();
    walker.run(diagnostics);
    walker.layout
}

/// Whether the script leaves room for the headers: it says SIZEOF_HEADERS, or PHDRS with FILEHDR
/// or PHDRS. Otherwise the headers are in no segment, so that they can never overwrite anything,
/// such as a boot block.
fn uses_headers(script: &Script) -> bool {
    fn in_expr(expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::SizeOfHeaders => true,
            ExprKind::Unary(_, a)
            | ExprKind::Absolute(a)
            | ExprKind::Log2Ceil(a)
            | ExprKind::DataSegmentEnd(a) => in_expr(a),
            ExprKind::Assert(a, _) | ExprKind::SegmentStart(_, a) => in_expr(a),
            ExprKind::Align(a, b) => a.as_deref().is_some_and(in_expr) || in_expr(b),
            ExprKind::Binary(_, a, b)
            | ExprKind::Max(a, b)
            | ExprKind::Min(a, b)
            | ExprKind::DataSegmentAlign(a, b)
            | ExprKind::DataSegmentRelroEnd(a, b) => in_expr(a) || in_expr(b),
            ExprKind::Ternary(a, b, c) => in_expr(a) || in_expr(b) || in_expr(c),
            _ => false,
        }
    }
    script.commands.iter().any(|command| match command {
        Command::Assign(assignment) => in_expr(&assignment.value),
        Command::Phdrs(phdrs) => phdrs.iter().any(|p| p.filehdr || p.phdrs),
        Command::Sections(items) => items.iter().any(|item| match item {
            crate::script::ast::SectionsItem::Assign(assignment) => in_expr(&assignment.value),
            crate::script::ast::SectionsItem::Output(def) => def.addr.as_ref().is_some_and(in_expr),
            _ => false,
        }),
        _ => false,
    })
}

struct Walker<'w, 'f, 'a> {
    facts: &'w AssignContext<'f, 'a>,
    relaxation: RelaxState,
    sections: &'w mut Sections,
    by_name: Map<String, OutputId>,
    layout: Layout<'f>,
    /// The location counter, as an address.
    dot: u64,
    /// The output section that is being filled.
    current: Option<OutputId>,
    /// The first allocated output section.
    first: Option<OutputId>,
    /// The allocated output section that was filled last.
    last: Option<OutputId>,
    /// REGION_ALIAS, and regions by name.
    aliases: Map<String, usize>,
    /// Symbols assigned so far in this walk.
    assigned: Map<SymbolId, ()>,
    /// Where DATA_SEGMENT_RELRO_END was met.
    relro_end: Option<u64>,
    /// The symbol whose assignment is being evaluated.
    in_assignment: Option<SymbolId>,
    /// The sections whose code changed its length last.
    unsettled: Vec<(SectionId, u64, u64)>,
    /// `--flip-stack`.
    flip: Option<flip::Flip>,
    /// Only the last walk reports.
    report: Option<Vec<Diagnostic>>,
}

/// The values that are compared between walks.
#[derive(PartialEq)]
struct Snapshot {
    extents: Vec<Extent>,
    values: Vec<(SymbolId, Value)>,
    headers_size: u64,
    thunks: usize,
}

impl<'f, 'a> Walker<'_, 'f, 'a> {
    fn index_names(&mut self) {
        for (index, output) in self.layout.placement.outputs.iter().enumerate() {
            let id = OutputId(index as u32);
            self.by_name.entry(output.name.clone()).or_insert(id);
        }
    }

    fn run(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        let mut before = None;
        for walk in 0.. {
            self.walk();
            self.program_headers();
            let planner = self.facts.planner(&self.layout, self.sections);
            self.layout.headers_size = planner.headers_size();
            let grown = self.grow() | self.step_flip(walk);
            let now = self.snapshot();
            let settled = !grown && before.as_ref() == Some(&now);
            if settled || walk + 1 == MAX_WALKS {
                if !settled {
                    diagnostics.push(self.oscillation(before.as_ref(), &now));
                }
                break;
            }
            before = Some(now);
        }
        self.report = Some(Vec::new());
        self.walk();
        self.program_headers();
        self.report_flip();
        let mut reported = self.report.take().unwrap_or_default();
        reported.extend(overflow::check(self.facts, self.sections, &self.layout));
        diagnostics.append(&mut reported);
    }

    /// Updates thunks and relaxation for the addresses just found. Returns whether sizes changed.
    fn grow(&mut self) -> bool {
        if self.facts.options.kind.is_object() {
            return false;
        }
        let none = Map::default();
        let mut relaxation = std::mem::take(&mut self.relaxation);
        let addresses = self.addresses(&none);
        let deltas = relaxation.round(self.facts.arch, &addresses, self.facts.demands);
        let relaxed = deltas != self.layout.deltas;
        let new = thunks::needed(self.facts.arch, &addresses, self.facts.demands);
        let before = std::mem::replace(&mut self.layout.deltas, deltas);
        self.relaxation = relaxation;
        if relaxed {
            self.unsettled = self.relaxation.unsettled(&before, &self.layout.deltas);
        }
        let added = thunks::add(self.facts.arch, &mut self.layout, self.sections, new);
        relaxed || added || self.fit_index()
    }

    /// Estimates the size of `.ARM.exidx` before the first walk: neighbours in the script are usually
    /// neighbours in memory.
    fn expect_index(&mut self) {
        let Some(index) = self.unwind_index() else {
            return;
        };
        let ids = self
            .layout
            .placement
            .outputs
            .iter()
            .flat_map(|o| o.inputs());
        // Far enough apart for the functions inside a section to keep their order.
        let order: Map<SectionId, u64> = ids.zip((0..).map(|at: u64| at << 16)).collect();
        let address = |id, offset: u64| Some(order.get(&id)? + offset.min(0xffff));
        let merge = self.facts.options.machine.merge_exidx_entries;
        self.sections.synthetic[index].size = self.facts.exidx.size(merge, address);
    }

    /// Gives `.ARM.exidx` the size that it needs at the present addresses. Returns whether it changed.
    fn fit_index(&mut self) -> bool {
        let Some(index) = self.unwind_index() else {
            return false;
        };
        let none = Map::default();
        let size = self.facts.exidx.size(
            self.facts.options.machine.merge_exidx_entries,
            |id, offset| self.addresses(&none).of_section(id, offset),
        );
        let old = std::mem::replace(&mut self.sections.synthetic[index].size, size);
        old != size
    }

    /// The table's position among the synthetic sections, if the script keeps it.
    fn unwind_index(&self) -> Option<usize> {
        let id = self.sections.find(SyntheticKind::Exidx)?;
        self.layout.output_of[id.0 as usize]?;
        Some(id.0 as usize - self.sections.input_count())
    }

    fn addresses<'s>(&'s self, linker: &'s Map<SymbolId, u64>) -> Addresses<'s, 'a> {
        self.facts.addresses(&self.layout, self.sections, linker)
    }

    fn snapshot(&self) -> Snapshot {
        let mut values: Vec<(SymbolId, Value)> = self
            .layout
            .values
            .iter()
            .map(|(id, value)| (*id, *value))
            .collect();
        values.sort_by_key(|(id, _)| *id);
        Snapshot {
            extents: self.layout.extents.clone(),
            values,
            headers_size: self.layout.headers_size,
            thunks: self.layout.thunk_of.len(),
        }
    }

    fn oscillation(&self, before: Option<&Snapshot>, now: &Snapshot) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(format!(
            "addresses do not settle after {MAX_WALKS} walks over the script"
        ));
        if let Some(before) = before {
            for (id, value) in &now.values {
                let old = before
                    .values
                    .iter()
                    .find(|(other, _)| other == id)
                    .map(|(_, v)| v);
                if old != Some(value) {
                    let name = super::names::demangle(self.facts.resolution.symbol(*id).name);
                    diagnostic = diagnostic.note(format!("the value of `{name}` keeps changing"));
                }
            }
            for (index, (a, b)) in before.extents.iter().zip(&now.extents).enumerate() {
                if a != b {
                    let name = &self.layout.placement.outputs[index].name;
                    diagnostic = diagnostic.note(format!(
                        "section `{name}` moves between {:#x} ({:#x} bytes) and {:#x} ({:#x} bytes)",
                        a.addr, a.size, b.addr, b.size
                    ));
                }
            }
            for &(id, old, new) in &self.unsettled {
                let place = describe_place(self.facts.resolution, self.sections, id, 0);
                diagnostic = diagnostic.note(format!(
                    "relaxation of {place} takes out {old:#x} bytes, then {new:#x}; `--no-relax` keeps them all"
                ));
            }
            diagnostic.notes.truncate(8);
        }
        diagnostic
            .help("break the circle: an address must not depend on itself through a later symbol")
    }

    /// One walk over all statements.
    fn walk(&mut self) {
        self.dot = 0;
        self.current = None;
        self.last = None;
        self.assigned.clear();
        self.relro_end = None;
        self.declare_regions();
        let statements = std::mem::take(&mut self.layout.placement.statements);
        let mut state = Cursor::default();
        for statement in &statements {
            match statement {
                Statement::Assign(assignment) => self.assignment(assignment),
                Statement::Assert(assert) => self.assertion(assert),
                Statement::Section(id) => self.output_section(*id, &mut state),
            }
        }
        self.layout.placement.statements = statements;
    }

    fn assignment(&mut self, assignment: &'f Assignment) {
        let from = self.dot;
        if self.assign(assignment) {
            self.note_command(assignment.span, from, self.dot.wrapping_sub(from));
        }
    }

    /// Notes where `.` is at a command, for the map.
    fn note_command(&mut self, span: Span, addr: u64, size: u64) {
        if self.report.is_some() && self.facts.options.reports.map.is_some() {
            self.layout.commands.insert(span, (addr, size));
        }
    }

    /// Gives a symbol or `.` its value; whether the assignment counts at all.
    fn assign(&mut self, assignment: &'f Assignment) -> bool {
        let is_dot = &*assignment.symbol.text == ".";
        let id = self
            .facts
            .resolution
            .find(assignment.symbol.text.as_bytes());
        if assignment.provide && !is_dot {
            let index = self.facts.script_symbols.index_of(assignment);
            if !index.is_some_and(|index| self.facts.resolution.provided[index]) {
                return false;
            }
        }
        self.in_assignment = if is_dot { None } else { id };
        let value = self.value(&assignment.value);
        self.in_assignment = None;
        let Some(mut value) = value else {
            return true;
        };
        if let Some(op) = assignment.op {
            let old = if is_dot {
                Some(self.dot())
            } else {
                self.symbol(&assignment.symbol.text)
            };
            let old = old.unwrap_or(Value::absolute(0));
            match apply(op, old, value, assignment.value.span, self) {
                Ok(combined) => value = combined,
                Err(error) => {
                    self.eval_problem(error);
                    return true;
                }
            }
        }
        if is_dot {
            let to = self.limit_dot(self.absolute(value));
            let to = match self.current {
                None => self.flipped_address(to, &assignment.value.kind),
                Some(_) => to,
            };
            self.move_dot(to, assignment);
        } else if let Some(id) = id {
            let value = self.flipped_symbol(id, value);
            self.layout.values.insert(id, value);
            self.assigned.insert(id, ());
        }
        true
    }

    fn move_dot(&mut self, to: u64, assignment: &Assignment) {
        if let Some(current) = self.current {
            if to < self.dot {
                let name = self.layout.placement.outputs[current.0 as usize]
                    .name
                    .clone();
                let from = self.dot;
                // A number that is not an address of the section is probably meant as GNU ld takes it, as an offset.
                let offset = (to < self.layout.extents[current.0 as usize].addr).then(|| {
                    format!("`.` is an address here, too: an offset from the section's start is `. = ADDR({name}) + {to:#x};`")
                });
                self.problem(&assignment.span, format!("the location counter moves backward in section `{name}`"), |mut d| {
                    d.help.extend(offset.clone());
                    d.note(format!("from {from:#x} to {to:#x}"))
                        .help("a section's contents cannot overlap; move the assignment before what it should precede")
                });
                return;
            }
            let grown = to - self.dot;
            self.advance(current, grown);
        } else {
            self.dot = to;
        }
    }

    /// Evaluates the expressions of PHDRS after a walk.
    fn program_headers(&mut self) {
        let script = self.facts.script;
        let mut values = Vec::new();
        for command in &script.commands {
            let Command::Phdrs(list) = command else {
                continue;
            };
            for phdr in list {
                let p_type = match &phdr.p_type.kind {
                    ExprKind::Symbol(name) => segments::phdr_type(name),
                    _ => None,
                };
                values.push(PhdrValues {
                    p_type: p_type.unwrap_or_else(|| self.number(&phdr.p_type) as u32),
                    at: phdr.at.as_ref().map(|at| self.number(at)),
                    flags: phdr.flags.as_ref().map(|flags| self.number(flags) as u32),
                });
            }
        }
        self.layout.phdrs = values;
    }

    fn assertion(&mut self, assert: &'f Assert) {
        if self.report.is_none() {
            return;
        }
        match eval(&assert.condition, self) {
            Ok(value) => {
                let truth = match value.section {
                    Some(_) => self.absolute(value),
                    None => value.value,
                };
                if truth == 0 {
                    let mut facts = Vec::new();
                    self.explain(&assert.condition, &mut facts);
                    self.problem(&assert.span, assert.message.clone(), |d| {
                        let d = d.note("the assertion's condition is 0");
                        facts.into_iter().fold(d, Diagnostic::note)
                    });
                }
            }
            Err(error) => self.eval_problem(error),
        }
    }

    /// The values of both sides of the comparisons in a failed condition.
    fn explain(&self, condition: &'f Expr, out: &mut Vec<String>) {
        const MOST: usize = 6;
        let ExprKind::Binary(op, left, right) = &condition.kind else {
            return;
        };
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            self.explain(left, out);
            self.explain(right, out);
            return;
        }
        for side in [left, right] {
            let plain = matches!(side.kind, ExprKind::Number(_));
            if let (false, Ok(value)) = (plain || out.len() >= MOST, eval(side, self)) {
                let text = self.facts.script.text(side.span);
                let fact = format!("`{text}` is {:#x}", self.absolute(value));
                if !text.is_empty() && !out.contains(&fact) {
                    out.push(fact);
                }
            }
        }
    }
}
