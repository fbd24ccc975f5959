//! What the scripts and `--defsym` say about symbols, gathered before names are resolved.
//!
//! Problem: ENTRY, EXTERN, assignments, PROVIDE and every name in an expression take part in symbol
//! resolution and garbage collection, long before the layout can evaluate anything.
//!
//! Spec: GNU ld manual, "Assigning Values to Symbols", "PROVIDE", "Commands Dealing with Symbols".

use crate::elf::names::Map;

use crate::script::ast::{
    Assert, Assignment, Command, Expr, ExprKind, OutputSectionDef, Script, SectionItem,
    SectionsItem, Span,
};
use crate::script::eval::symbols_used;

/// One assignment to a symbol (never to `.`).
pub(crate) struct ScriptAssignment<'s> {
    /// The symbol.
    pub name: &'s [u8],
    /// PROVIDE or PROVIDE_HIDDEN.
    pub provide: bool,
    /// HIDDEN or PROVIDE_HIDDEN.
    pub hidden: bool,
    /// The symbols of the right-hand side.
    pub uses: Vec<&'s [u8]>,
    /// The right-hand side is this symbol and nothing else.
    pub alias_of: Option<&'s [u8]>,
}

/// All that the scripts of a link say about symbols.
#[derive(Default)]
pub(crate) struct ScriptSymbols<'s> {
    /// Assignments in script order.
    pub assignments: Vec<ScriptAssignment<'s>>,
    /// Names that must be looked for: EXTERN, ENTRY, symbols in assertions, addresses and data.
    pub wanted: Vec<&'s [u8]>,
    /// The first ENTRY.
    pub entry: Option<&'s str>,
    by_place: Map<Span, usize>,
}

impl<'s> ScriptSymbols<'s> {
    /// Walks all scripts.
    pub(crate) fn gather(script: &'s Script) -> Self {
        let mut out = Self::default();
        for command in &script.commands {
            match command {
                Command::Entry(name) => out.entry(&name.text),
                Command::Extern(names) => {
                    out.wanted.extend(names.iter().map(|n| n.text.as_bytes()))
                }
                Command::Assign(assignment) => out.assign(assignment),
                Command::Assert(assert) => out.assert(assert),
                Command::Memory(regions) => {
                    for region in regions {
                        out.want(&region.origin);
                        out.want(&region.length);
                    }
                }
                Command::Phdrs(phdrs) => {
                    for expr in phdrs.iter().flat_map(|p| p.at.iter().chain(&p.flags)) {
                        out.want(expr);
                    }
                }
                Command::Overwrite(sections) => sections.iter().for_each(|def| out.output(def)),
                Command::Sections(items) => items.iter().for_each(|item| out.sections_item(item)),
                _ => {}
            }
        }
        out
    }

    /// The index of an assignment in [`assignments`](Self::assignments).
    pub(crate) fn index_of(&self, assignment: &Assignment) -> Option<usize> {
        self.by_place.get(&assignment.span).copied()
    }

    fn entry(&mut self, name: &'s str) {
        // lld takes the first; GNU ld would take the last.
        self.entry.get_or_insert(name);
        self.wanted.push(name.as_bytes());
    }

    fn sections_item(&mut self, item: &'s SectionsItem) {
        match item {
            SectionsItem::Assign(assignment) => self.assign(assignment),
            SectionsItem::Assert(assert) => self.assert(assert),
            SectionsItem::Entry(name) => self.entry(&name.text),
            SectionsItem::Output(def) => self.output(def),
            SectionsItem::Class(_) => {}
            SectionsItem::Overlay(overlay) => {
                overlay
                    .start
                    .iter()
                    .chain(&overlay.at)
                    .for_each(|e| self.want(e));
                overlay.sections.iter().for_each(|def| self.output(def));
            }
        }
    }

    fn output(&mut self, def: &'s OutputSectionDef) {
        for expr in def
            .addr
            .iter()
            .chain(&def.at)
            .chain(&def.align)
            .chain(&def.subalign)
            .chain(&def.fill)
        {
            self.want(expr);
        }
        for item in &def.items {
            match item {
                SectionItem::Assign(assignment) => self.assign(assignment),
                SectionItem::Assert(assert) => self.assert(assert),
                SectionItem::Data { value, .. } | SectionItem::Fill(value) => self.want(value),
                _ => {}
            }
        }
    }

    fn assign(&mut self, assignment: &'s Assignment) {
        let uses: Vec<&[u8]> = symbols_used(&assignment.value)
            .into_iter()
            .map(str::as_bytes)
            .collect();
        if &*assignment.symbol.text == "." {
            self.wanted.extend(uses);
            return;
        }
        self.by_place
            .insert(assignment.span, self.assignments.len());
        self.assignments.push(ScriptAssignment {
            name: assignment.symbol.text.as_bytes(),
            provide: assignment.provide,
            hidden: assignment.hidden,
            uses,
            alias_of: match &assignment.value.kind {
                ExprKind::Symbol(name) if assignment.op.is_none() => Some(name.as_bytes()),
                _ => None,
            },
        });
    }

    fn assert(&mut self, assert: &'s Assert) {
        self.want(&assert.condition);
    }

    fn want(&mut self, expr: &'s Expr) {
        self.wanted
            .extend(symbols_used(expr).into_iter().map(str::as_bytes));
    }
}
