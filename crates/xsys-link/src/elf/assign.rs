//! Addresses for everything, to a fixed point.
//!
//! Problem: addresses depend on sizes, sizes on thunks and relaxation, those on addresses; script
//! expressions may refer forward; and every memory region has two cursors. So the script is walked
//! again and again with the last walk's answers until nothing changes, and only then assertions and
//! limits are checked. The loop is bounded; what still moves after the last walk is named.
//!
//! Spec: GNU ld manual, "The Location Counter", "Output Section Description", "MEMORY", "Output
//! Section LMA". Where GNU ld and lld differ, lld is followed (`. = N` in a section is an address).

use super::Map;

use object::elf;
use xsys_diag::Diagnostic;

use super::layout::{Addresses, Cuts, DataWrite, Extent, Layout, Region};
use super::merge::MergeMap;
use super::place::{Item, Placement, Statement};
use super::refs::{Home, SymRef};
use super::resolve::{Definition, Resolution, SymbolId};
use super::script_symbols::ScriptSymbols;
use super::sections::{SectionId, Sections};
use super::{arch::Arch, relax, segments, thunks};
use crate::options::ElfOptions;
use crate::script::ast::{
    Assert, Assignment, Command, Expr, ExprKind, Name, OutputSectionDef, Script, SectionKind,
};
use crate::script::eval::{
    EvalError, OutputId, Scope, SectionFacts, Value, apply, eval, fill_pattern,
};

/// Walks before the link gives up; thunks and relaxation settle within a handful.
const MAX_WALKS: usize = 32;

/// What `assign` needs of the passes before it.
pub struct Facts<'f, 'a> {
    /// The instruction set.
    pub arch: &'f dyn Arch,
    /// Names.
    pub resolution: &'f Resolution<'a>,
    /// Scripts.
    pub script: &'f Script,
    /// Assignments.
    pub script_symbols: &'f ScriptSymbols<'f>,
    /// Options.
    pub options: &'f ElfOptions,
    /// Merged strings.
    pub merge: &'f MergeMap<'a>,
    /// Their sections.
    pub merged_ids: &'f [SectionId],
    /// Common symbols' sections.
    pub commons: &'f Map<SymbolId, SectionId>,
    /// IFUNCs and their IPLT positions.
    pub demands: &'f super::scan::Demands,
}

/// Finds addresses for all placed sections. Thunk sections are added to `sections`.
pub fn assign<'f>(
    facts: &Facts<'f, '_>,
    sections: &mut Sections,
    mut placement: Placement<'f>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Layout<'f> {
    let thunk_sections = thunks::reserve(facts.arch, facts.resolution, sections, &mut placement);
    let mut output_of = vec![None; sections.len()];
    for (index, output) in placement.outputs.iter().enumerate() {
        for id in output.inputs() {
            output_of[id.0 as usize] = Some(OutputId(index as u32));
        }
    }
    let count = placement.outputs.len();
    let layout = Layout {
        placement,
        extents: vec![
            Extent {
                align: 1,
                ..Extent::default()
            };
            count
        ],
        offsets: vec![0; sections.len()],
        output_of,
        values: Map::default(),
        regions: Vec::new(),
        cuts: Map::default(),
        thunk_groups: vec![Default::default(); thunk_sections.len()],
        thunk_sections,
        thunk_of: Map::default(),
        data: Vec::new(),
        texts: Vec::new(),
        fills: Vec::new(),
        headers_size: 0,
        headers_wanted: uses_headers(facts.script),
    };
    let mut walker = Walker {
        facts,
        sections,
        by_name: Map::default(),
        layout,
        dot: 0,
        current: None,
        aliases: Map::default(),
        assigned: Map::default(),
        relro_end: None,
        in_assignment: None,
        report: None,
    };
    walker.index_names();
    walker.run(diagnostics);
    walker.layout
}

/// Whether the script leaves room for the headers: it says SIZEOF_HEADERS, or PHDRS with FILEHDR
/// or PHDRS. Where it does not, the headers are in no segment, so that they can never lie over
/// something (a boot block).
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
    facts: &'w Facts<'f, 'a>,
    sections: &'w mut Sections,
    by_name: Map<String, OutputId>,
    layout: Layout<'f>,
    /// The location counter, as an address.
    dot: u64,
    /// The output section that is being filled.
    current: Option<OutputId>,
    /// REGION_ALIAS, and regions by name.
    aliases: Map<String, usize>,
    /// Symbols assigned so far in this walk.
    assigned: Map<SymbolId, ()>,
    /// Where DATA_SEGMENT_RELRO_END was met.
    relro_end: Option<u64>,
    /// The symbol whose assignment is being evaluated.
    in_assignment: Option<SymbolId>,
    /// Only the last walk reports.
    report: Option<Vec<Diagnostic>>,
}

/// What is compared between walks.
#[derive(PartialEq)]
struct Snapshot {
    extents: Vec<Extent>,
    values: Vec<(SymbolId, Value)>,
    headers_size: u64,
    thunks: usize,
}

impl<'f> Walker<'_, 'f, '_> {
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
            self.layout.headers_size = segments::headers_size(
                self.facts.arch,
                &self.layout,
                self.facts.script,
                self.facts.options,
            );
            let grown = self.grow();
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
        let mut reported = self.report.take().unwrap_or_default();
        self.check_regions(&mut reported);
        diagnostics.append(&mut reported);
    }

    /// Thunks and relaxation for the addresses just found; whether sizes changed.
    fn grow(&mut self) -> bool {
        let none = Map::default();
        let addresses = Addresses {
            resolution: self.facts.resolution,
            sections: self.sections,
            merge: self.facts.merge,
            layout: &self.layout,
            linker: &none,
            merged_ids: self.facts.merged_ids,
            commons: self.facts.commons,
        };
        let cuts = relax::cuts(self.facts.arch, &addresses);
        let relaxed = cuts != self.layout.cuts;
        let new = thunks::needed(self.facts.arch, &addresses, self.facts.demands);
        self.layout.cuts = cuts;
        let added = thunks::add(self.facts.arch, &mut self.layout, self.sections, new);
        relaxed || added
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
                    let name = super::demangle(self.facts.resolution.symbol(*id).name);
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
            diagnostic.notes.truncate(8);
        }
        diagnostic
            .help("break the circle: an address must not depend on itself through a later symbol")
    }

    /// One walk over all statements.
    fn walk(&mut self) {
        self.dot = 0;
        self.current = None;
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

    fn declare_regions(&mut self) {
        let mut regions: Vec<Region> = Vec::new();
        let mut aliases = Map::default();
        for command in &self.facts.script.commands {
            match command {
                Command::Memory(list) => {
                    for region in list {
                        let origin = self.number(&region.origin);
                        let length = self.number(&region.length);
                        if aliases
                            .insert(region.name.text.to_string(), regions.len())
                            .is_some()
                        {
                            self.problem(
                                &region.name.span,
                                format!("memory region `{}` is declared twice", region.name.text),
                                |d| d.help("often two `memory.x` files are read; keep one of them"),
                            );
                        }
                        regions.push(Region {
                            name: region.name.text.to_string(),
                            origin,
                            length,
                            cursor: origin,
                            attributes: region.attributes.clone(),
                        });
                        // Later ORIGIN() and LENGTH() in MEMORY may refer to this one.
                        self.layout.regions = regions.clone();
                        self.aliases = aliases.clone();
                    }
                }
                Command::RegionAlias { alias, region } => match aliases.get(&*region.text) {
                    Some(&index) => {
                        aliases.insert(alias.text.to_string(), index);
                    }
                    None => self.unknown_region(region),
                },
                _ => {}
            }
        }
        self.layout.regions = regions;
        self.aliases = aliases;
    }

    fn unknown_region(&mut self, name: &Name) {
        let known: Vec<String> = self.aliases.keys().cloned().collect();
        let close = xsys_diag::did_you_mean(&name.text, known.iter().map(String::as_str))
            .map(str::to_owned);
        self.problem(&name.span, format!("memory region `{}` is not declared", name.text), |d| match close {
            Some(close) => d.help(format!("did you mean `{close}`?")),
            None => d.help("declare it in MEMORY; runtimes expect it in `memory.x`, which must be found in the current folder or under `-L`"),
        });
    }

    fn assignment(&mut self, assignment: &'f Assignment) {
        let is_dot = &*assignment.symbol.text == ".";
        let id = self
            .facts
            .resolution
            .find(assignment.symbol.text.as_bytes());
        if assignment.provide && !is_dot {
            let index = self.facts.script_symbols.index_of(assignment);
            if !index.is_some_and(|index| self.facts.resolution.provided[index]) {
                return;
            }
        }
        self.in_assignment = if is_dot { None } else { id };
        let value = self.value(&assignment.value);
        self.in_assignment = None;
        let Some(mut value) = value else { return };
        if let Some(op) = assignment.op {
            let old = if is_dot {
                Some(self.dot())
            } else {
                self.symbol(&assignment.symbol.text)
            };
            let old = old.unwrap_or(Value::absolute(0));
            match apply(op, old, value, assignment.value.span, self) {
                Ok(combined) => value = combined,
                Err(error) => return self.eval_problem(error),
            }
        }
        if is_dot {
            let to = self.absolute(value);
            self.move_dot(to, assignment);
        } else if let Some(id) = id {
            self.layout.values.insert(id, value);
            self.assigned.insert(id, ());
        }
    }

    fn move_dot(&mut self, to: u64, assignment: &Assignment) {
        if let Some(current) = self.current {
            if to < self.dot {
                let name = self.layout.placement.outputs[current.0 as usize]
                    .name
                    .clone();
                let from = self.dot;
                self.problem(&assignment.span, format!("the location counter moves backward in section `{name}`"), |d| {
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
                    self.problem(&assert.span, assert.message.clone(), |d| {
                        d.note("the assertion's condition is 0")
                    });
                }
            }
            Err(error) => self.eval_problem(error),
        }
    }

    fn output_section(&mut self, id: OutputId, cursor: &mut Cursor) {
        let index = id.0 as usize;
        let output = &self.layout.placement.outputs[index];
        if output.name == "/DISCARD/" || !output.present {
            // Symbols of a description that produced nothing are still wanted.
            return self.absent_section(id);
        }
        let def = output.def;
        let (alloc, tbss) = (output.is_alloc(), output.is_tbss());
        let saved_dot = self.dot;
        let (region, load_region) = if alloc {
            self.regions_of(id, cursor)
        } else {
            (None, None)
        };
        let same_region = region == cursor.region;
        let default_load_before = cursor.load_region.is_none();
        if alloc {
            cursor.region = region;
            cursor.load_region = load_region;
        } else {
            self.dot = 0;
        }
        if let Some(region) = region {
            self.dot = self.layout.regions[region].cursor;
        }
        if tbss && let Some(at) = cursor.tbss {
            self.dot = at;
        }
        let align = self.section_align(def, self.layout.placement.outputs[index].align);
        let explicit = def.and_then(|def| def.addr.as_ref());
        let overlay = self.layout.placement.outputs[index].overlay;
        let started_at = self.dot;
        if let Some(expr) = explicit {
            self.dot = self.number(expr);
        } else if let Some((overlay, position)) = overlay
            && position > 0
            && let Some((which, start)) = cursor.overlay
            && which == overlay
        {
            self.dot = start;
        }
        if let Some(start) = self.option_start(index) {
            self.dot = start;
        } else if explicit.is_none() || def.is_some_and(|d| d.align.is_some()) {
            self.dot = self.dot.checked_next_multiple_of(align).unwrap_or(self.dot);
        }
        if explicit.is_none()
            && let Some(region) = region
        {
            let grown = self.dot.saturating_sub(started_at);
            self.layout.regions[region].cursor =
                self.layout.regions[region].cursor.wrapping_add(grown);
        } else if let Some(region) = region {
            self.layout.regions[region].cursor = self.dot;
        }
        if let Some((which, 0)) = overlay {
            cursor.overlay = Some((which, self.dot));
        }

        let addr = self.dot;
        let extent = &mut self.layout.extents[index];
        *extent = Extent {
            addr,
            align,
            region,
            load_region,
            ..Extent::default()
        };
        // The load address keeps its distance from the VMA until something says otherwise.
        if let Some(expr) = def.and_then(|def| def.at.as_ref()) {
            cursor.load_offset = self.number(expr).wrapping_sub(addr);
            self.layout.extents[index].explicit_load = true;
        } else if let Some(load_region) = load_region {
            let at = self.layout.regions[load_region].cursor;
            let at = at.checked_next_multiple_of(align).unwrap_or(at);
            self.layout.regions[load_region].cursor = at;
            cursor.load_offset = at.wrapping_sub(addr);
        } else if !same_region || !default_load_before {
            cursor.load_offset = 0;
        }
        if alloc {
            self.layout.extents[index].load_addr = addr.wrapping_add(cursor.load_offset);
        }
        if let Some(expr) = def.and_then(|def| def.fill.as_ref()) {
            self.fill_with(id, 0, expr);
        }

        self.current = Some(id);
        self.fill_section(id, def);
        self.current = None;

        if let Some(SectionKind::Type { value, .. }) = def.and_then(|d| d.kind.as_ref()) {
            let named = match &value.kind {
                ExprKind::Symbol(name) => section_type(name),
                _ => None,
            };
            let sh_type = named.unwrap_or_else(|| self.number(value) as u32);
            self.layout.placement.outputs[index].sh_type = sh_type;
        }
        if !alloc {
            self.dot = saved_dot;
        } else if tbss {
            cursor.tbss = Some(self.dot);
            self.dot = saved_dot;
            if let Some(region) = region {
                // Thread-local zeros take no memory here: every thread gets its own.
                let size = self.layout.extents[index].size;
                let cursor = &mut self.layout.regions[region].cursor;
                *cursor = cursor.wrapping_sub(size);
            }
        } else {
            cursor.tbss = None;
        }
    }

    /// `--section-start` and `-Ttext` beat the script.
    fn option_start(&self, index: usize) -> Option<u64> {
        let name = &self.layout.placement.outputs[index].name;
        self.facts
            .options
            .section_start
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, at)| *at)
    }

    fn section_align(&mut self, def: Option<&'f OutputSectionDef>, natural: u64) -> u64 {
        let asked = match def.and_then(|d| d.align.as_ref()) {
            Some(expr) => {
                let value = self.number(expr);
                if value != 0 && !value.is_power_of_two() {
                    self.problem(
                        &expr.span,
                        format!("alignment {value:#x} is not a power of two"),
                        |d| d,
                    );
                    1
                } else {
                    value.max(1)
                }
            }
            None => 1,
        };
        natural.max(asked)
    }

    /// Walks an output section's contents.
    fn fill_section(&mut self, id: OutputId, def: Option<&'f OutputSectionDef>) {
        let subalign = def
            .and_then(|d| d.subalign.as_ref())
            .map(|e| self.number(e).max(1));
        let items = std::mem::take(&mut self.layout.placement.outputs[id.0 as usize].items);
        for item in &items {
            match item {
                Item::Inputs(ids) => {
                    for &input in ids {
                        self.input_section(id, input, subalign);
                    }
                }
                Item::Assign(assignment) => self.assignment(assignment),
                Item::Assert(assert) => self.assertion(assert),
                Item::Data { size, value, .. } => {
                    if self.report.is_some() {
                        let offset = self.layout.extents[id.0 as usize].size;
                        let value = self.number(value);
                        self.layout.data.push(DataWrite {
                            output: id,
                            offset,
                            size: *size,
                            value,
                        });
                    }
                    self.advance(id, u64::from(*size));
                }
                Item::Bytes(bytes) => {
                    if self.report.is_some() {
                        let offset = self.layout.extents[id.0 as usize].size;
                        self.layout.texts.push((id, offset, bytes.to_vec()));
                    }
                    self.advance(id, bytes.len() as u64);
                }
                Item::Fill(expr) => {
                    let offset = self.layout.extents[id.0 as usize].size;
                    self.fill_with(id, offset, expr);
                }
            }
        }
        self.layout.placement.outputs[id.0 as usize].items = items;
    }

    /// FILL and `=fill`, noted in the last walk.
    fn fill_with(&mut self, id: OutputId, from: u64, expr: &Expr) {
        if self.report.is_none() {
            return;
        }
        match fill_pattern(expr, self.facts.script, self) {
            Ok(pattern) => self.layout.fills.push((id, from, pattern)),
            Err(error) => self.eval_problem(error),
        }
    }

    fn input_section(&mut self, id: OutputId, input: SectionId, subalign: Option<u64>) {
        let outline = self.sections.outline(self.facts.resolution, input);
        let align = subalign.unwrap_or(outline.align);
        let removed = self.layout.cuts.get(&input).map_or(0, Cuts::total);
        let size = outline.size - removed;
        let at = self.dot.checked_next_multiple_of(align).unwrap_or(self.dot);
        self.advance(id, at - self.dot);
        self.layout.offsets[input.0 as usize] =
            at.wrapping_sub(self.layout.extents[id.0 as usize].addr);
        self.advance(id, size);
    }

    /// Moves the location counter and the region cursors.
    fn advance(&mut self, id: OutputId, bytes: u64) {
        self.dot = self.dot.wrapping_add(bytes);
        let extent = &mut self.layout.extents[id.0 as usize];
        extent.size = self.dot.wrapping_sub(extent.addr);
        let (region, load_region) = (extent.region, extent.load_region);
        let loaded = self.layout.placement.outputs[id.0 as usize].sh_type != elf::SHT_NOBITS.0;
        if let Some(region) = region {
            let cursor = &mut self.layout.regions[region].cursor;
            *cursor = cursor.wrapping_add(bytes);
        }
        // Zeros that are not in the file take no load memory, unless the regions are one.
        if let Some(load_region) = load_region.filter(|l| Some(*l) != region)
            && loaded
        {
            let cursor = &mut self.layout.regions[load_region].cursor;
            *cursor = cursor.wrapping_add(bytes);
        }
    }

    fn absent_section(&mut self, id: OutputId) {
        self.layout.extents[id.0 as usize] = Extent {
            addr: self.dot,
            load_addr: self.dot,
            align: 1,
            ..Extent::default()
        };
        let items = std::mem::take(&mut self.layout.placement.outputs[id.0 as usize].items);
        for item in &items {
            match item {
                Item::Assign(assignment) if &*assignment.symbol.text != "." => {
                    self.assignment(assignment)
                }
                Item::Assert(assert) => self.assertion(assert),
                _ => {}
            }
        }
        self.layout.placement.outputs[id.0 as usize].items = items;
    }

    /// The memory region and the load region of an allocated section.
    fn regions_of(&mut self, id: OutputId, cursor: &Cursor) -> (Option<usize>, Option<usize>) {
        let output = &self.layout.placement.outputs[id.0 as usize];
        let (def, flags) = (output.def, output.flags);
        let load_region = def.and_then(|d| d.load_region.as_ref()).and_then(|name| {
            let known = self.aliases.get(&*name.text).copied();
            if known.is_none() {
                self.unknown_region(name);
            }
            known
        });
        if let Some(name) = def.and_then(|d| d.region.as_ref()) {
            let known = self.aliases.get(&*name.text).copied();
            if known.is_none() {
                self.unknown_region(name);
            }
            return (known, load_region);
        }
        if self.layout.regions.is_empty() {
            return (None, load_region);
        }
        // An orphan goes on where the section before it was, and is loaded behind it.
        if def.is_none() && cursor.region.is_some() {
            return (cursor.region, cursor.load_region);
        }
        // GNU ld manual, MEMORY: sections without a region go to one whose attributes fit.
        let fits = self
            .layout
            .regions
            .iter()
            .position(|region| attributes_fit(&region.attributes, flags));
        if def.is_some_and(|d| d.addr.is_some()) {
            return (fits.filter(|_| false), load_region);
        }
        (fits.or(cursor.region), load_region)
    }

    fn value(&mut self, expr: &Expr) -> Option<Value> {
        match eval(expr, self) {
            Ok(value) => Some(value),
            Err(error) => {
                self.eval_problem(error);
                None
            }
        }
    }

    fn number(&mut self, expr: &Expr) -> u64 {
        self.value(expr).map_or(0, |value| self.absolute(value))
    }

    fn absolute(&self, value: Value) -> u64 {
        match value.section {
            Some(id) => self.address(id).wrapping_add(value.value),
            None => value.value,
        }
    }

    fn eval_problem(&mut self, error: EvalError) {
        if self.report.is_none() {
            return;
        }
        let diagnostic = error.into_diagnostic(self.facts.script, self);
        if let Some(report) = &mut self.report {
            report.push(diagnostic);
        }
    }

    /// Reports a problem with its place, in the last walk only.
    fn problem(
        &mut self,
        span: &crate::script::ast::Span,
        message: String,
        more: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        let Some(report) = &mut self.report else {
            return;
        };
        let mut diagnostic = Diagnostic::error(message);
        if let Some(source) = self.facts.script.sources.get(span.file as usize) {
            diagnostic = diagnostic.label(source, span.start as usize..span.end as usize, "");
        }
        report.push(more(diagnostic));
    }

    fn check_regions(&self, report: &mut Vec<Diagnostic>) {
        for (index, region) in self.layout.regions.iter().enumerate() {
            let used = region.cursor.wrapping_sub(region.origin);
            if used > region.length {
                report.push(super::usage::overflow(
                    self.facts.resolution,
                    self.sections,
                    &self.layout,
                    index,
                ));
            }
        }
    }
}

/// The names that `TYPE = …` knows.
fn section_type(name: &str) -> Option<u32> {
    Some(match name {
        "SHT_PROGBITS" => elf::SHT_PROGBITS.0,
        "SHT_STRTAB" => elf::SHT_STRTAB.0,
        "SHT_NOTE" => elf::SHT_NOTE.0,
        "SHT_NOBITS" => elf::SHT_NOBITS.0,
        "SHT_INIT_ARRAY" => elf::SHT_INIT_ARRAY.0,
        "SHT_FINI_ARRAY" => elf::SHT_FINI_ARRAY.0,
        "SHT_PREINIT_ARRAY" => elf::SHT_PREINIT_ARRAY.0,
        _ => return None,
    })
}

/// What goes on from one output section to the next.
#[derive(Default)]
struct Cursor {
    region: Option<usize>,
    load_region: Option<usize>,
    /// LMA − VMA.
    load_offset: u64,
    /// End of the thread-local zeros so far.
    tbss: Option<u64>,
    /// The OVERLAY being laid out and its address.
    overlay: Option<(u32, u64)>,
}

/// Whether a section with these flags may go into a region by its attributes ("MEMORY Command").
fn attributes_fit(attributes: &str, flags: u64) -> bool {
    let has = |c: char| match c.to_ascii_lowercase() {
        'r' => flags & elf::SHF_WRITE.0 == 0,
        'w' => flags & elf::SHF_WRITE.0 != 0,
        'x' => flags & elf::SHF_EXECINSTR.0 != 0,
        'a' => flags & elf::SHF_ALLOC.0 != 0,
        _ => false,
    };
    let (mut fits, mut inverted) = (false, false);
    for c in attributes.chars() {
        if c == '!' {
            inverted = !inverted;
        } else if has(c) {
            if inverted {
                return false;
            }
            fits = true;
        }
    }
    fits
}

impl Scope for Walker<'_, '_, '_> {
    fn dot(&self) -> Value {
        match self.current {
            Some(id) => Value {
                section: Some(id),
                value: self.dot.wrapping_sub(self.address(id)),
            },
            None => Value {
                section: None,
                value: self.dot,
            },
        }
    }

    fn symbol(&self, name: &str) -> Option<Value> {
        let id = self.facts.resolution.find(name.as_bytes())?;
        if let Some(value) = self.layout.values.get(&id) {
            return Some(*value);
        }
        match SymRef::Global(id).home(self.facts.resolution, self.sections) {
            Home::Section(section, value) => {
                let (section, value) = match self.facts.merge.get(section) {
                    Some(merged) => (
                        self.facts.merged_ids[merged.merged as usize],
                        merged.map(value)?,
                    ),
                    None => (section, value),
                };
                let output = self
                    .layout
                    .output_of
                    .get(section.0 as usize)
                    .copied()
                    .flatten()?;
                let value = self
                    .layout
                    .cuts
                    .get(&section)
                    .map_or(value, |cuts| cuts.map(value));
                Some(Value {
                    section: Some(output),
                    value: self.layout.offsets[section.0 as usize].wrapping_add(value),
                })
            }
            Home::Common(id) => {
                let section = self.facts.commons.get(&id)?;
                let output = self
                    .layout
                    .output_of
                    .get(section.0 as usize)
                    .copied()
                    .flatten()?;
                Some(Value {
                    section: Some(output),
                    value: self.layout.offsets[section.0 as usize],
                })
            }
            Home::Absolute(value) => Some(Value {
                section: None,
                value,
            }),
            // Assigned later in the script: the next walk knows.
            Home::Assigned(_) => Some(Value {
                section: None,
                value: 0,
            }),
            Home::UndefinedWeak if self.facts.resolution.symbol(id).referenced => None,
            _ => None,
        }
    }

    fn is_defined(&self, name: &str) -> bool {
        let Some(id) = self.facts.resolution.find(name.as_bytes()) else {
            return false;
        };
        match self.facts.resolution.symbol(id).definition {
            Definition::Undefined | Definition::Lazy { .. } => false,
            Definition::Script => self.assigned.contains_key(&id),
            _ => true,
        }
    }

    fn section(&self, name: &str) -> Option<SectionFacts> {
        let id = *self.by_name.get(name)?;
        let extent = &self.layout.extents[id.0 as usize];
        Some(SectionFacts {
            id,
            addr: extent.addr,
            load_addr: extent.load_addr,
            size: extent.size,
            align: extent.align,
        })
    }

    fn address(&self, section: OutputId) -> u64 {
        self.layout.extents[section.0 as usize].addr
    }

    fn region(&self, name: &str) -> Option<(u64, u64)> {
        let region = &self.layout.regions[*self.aliases.get(name)?];
        Some((region.origin, region.length))
    }

    fn size_of_headers(&self) -> u64 {
        self.layout.headers_size
    }

    fn max_page_size(&self) -> u64 {
        self.facts
            .options
            .z
            .max_page_size
            .unwrap_or(self.facts.arch.max_page_size())
    }

    fn common_page_size(&self) -> u64 {
        self.facts
            .options
            .z
            .common_page_size
            .unwrap_or(self.facts.arch.common_page_size())
    }

    fn segment_start(&self, segment: &str) -> Option<u64> {
        let given = self
            .facts
            .options
            .section_start
            .iter()
            .find(|(name, _)| name == segment)
            .map(|(_, at)| *at);
        given.or_else(|| {
            self.facts
                .options
                .image_base
                .filter(|_| segment == "text-segment")
        })
    }

    fn known_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .by_name
            .keys()
            .chain(self.aliases.keys())
            .cloned()
            .collect();
        names.extend(
            self.facts
                .resolution
                .symbols
                .iter()
                .filter(|s| {
                    !matches!(
                        s.definition,
                        Definition::Undefined | Definition::Lazy { .. }
                    )
                })
                .filter_map(|s| String::from_utf8(s.name.to_vec()).ok()),
        );
        names.sort();
        names
    }
}
