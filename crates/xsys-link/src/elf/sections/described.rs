//! What all SECTIONS commands of all scripts describe, as one list.
//!
//! Problem: descriptions come from several scripts. INSERT puts some beside a section of another
//! script, OVERWRITE_SECTIONS replaces others, and a CLASS gathers input sections for a later
//! description. Rules are tried in the order of the scripts, whatever the order of the sections.
//!
//! Spec: GNU ld manual, "SECTIONS", "INSERT"; lld's notes on linker scripts, "Overwrite sections"
//! and "Section classes".

use crate::script::ast::Assert;
use crate::script::ast::Assignment;
use xsys_diag::Diagnostic;

use crate::script::ast::{
    Command, InputPattern, OutputSectionDef, Script, SectionClass, SectionItem, SectionsItem,
};
use crate::script::eval::OutputId;

/// An output section description, and which OVERLAY it belongs to.
pub(crate) type Def<'s> = (&'s OutputSectionDef, Option<(u32, u32)>);

/// Where the sections that a rule takes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RuleTarget {
    /// An output section description.
    Output(u32),
    /// A class.
    Class(u32),
}

/// All descriptions.
pub(crate) struct Described<'s> {
    /// Layout order.
    pub statements: Vec<Statement<'s>>,
    /// Output section descriptions; the index is [`OutputId`].
    pub defs: Vec<Def<'s>>,
    /// Descriptions of OVERWRITE_SECTIONS that replace no other: they are placed like orphans.
    pub floating: Vec<usize>,
    classes: Vec<&'s SectionClass>,
    /// In which order rules are tried.
    order: Vec<RuleTarget>,
}

impl<'s> Described<'s> {
    /// Walks all scripts.
    pub(crate) fn gather(script: &'s Script, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut out = Self {
            statements: Vec::new(),
            defs: Vec::new(),
            floating: Vec::new(),
            classes: Vec::new(),
            order: Vec::new(),
        };
        // OVERWRITE_SECTIONS comes first, so that its rules are tried first.
        for command in &script.commands {
            if let Command::Overwrite(sections) = command {
                for def in sections {
                    out.floating.push(out.defs.len());
                    out.order.push(RuleTarget::Output(out.defs.len() as u32));
                    out.defs.push((def, None));
                }
            }
        }
        let mut inserts = Vec::new();
        let mut overlays = 0;
        let mut commands = script.commands.iter().peekable();
        while let Some(command) = commands.next() {
            let mut block = Vec::new();
            match command {
                Command::Assign(assignment) => block.push(Statement::Assign(assignment)),
                Command::Assert(assert) => block.push(Statement::Assert(assert)),
                Command::Sections(items) => out.sections(items, &mut overlays, &mut block),
                _ => {}
            }
            if let Some(Command::Insert { after, section }) = commands.peek() {
                inserts.push((*after, section, block));
                commands.next();
            } else {
                out.statements.append(&mut block);
            }
        }
        for (after, section, block) in inserts {
            let defs = &out.defs;
            let at = out.statements.iter().position(|statement| match statement {
                Statement::Section(id) => *defs[id.0 as usize].0.name.text == *section.text,
                _ => false,
            });
            match at {
                Some(at) => {
                    let at = if after { at + 1 } else { at };
                    out.statements.splice(at..at, block);
                }
                None => {
                    let diagnostic = Diagnostic::error(format!(
                        "INSERT names section `{}`, which no script has",
                        section.text
                    ));
                    let diagnostic =
                        script.label(diagnostic, section.span, "not an output section");
                    let names = out.defs.iter().map(|(def, _)| &*def.name.text);
                    let help = match xsys_diag::did_you_mean(&section.text, names) {
                        Some(close) => format!("did you mean `{close}`?"),
                        None => "name an output section of the main script".to_owned(),
                    };
                    diagnostics.push(diagnostic.help(help));
                    out.statements.extend(block);
                }
            }
        }
        out
    }

    fn sections(
        &mut self,
        items: &'s [SectionsItem],
        overlays: &mut u32,
        block: &mut Vec<Statement<'s>>,
    ) {
        for item in items {
            match item {
                SectionsItem::Assign(assignment) => block.push(Statement::Assign(assignment)),
                SectionsItem::Assert(assert) => block.push(Statement::Assert(assert)),
                SectionsItem::Entry(_) => {}
                SectionsItem::Output(def) => {
                    let overwritten = self
                        .floating
                        .iter()
                        .position(|&index| self.defs[index].0.name.text == def.name.text);
                    match overwritten {
                        Some(at) => {
                            let index = self.floating.remove(at);
                            block.push(Statement::Section(OutputId(index as u32)));
                        }
                        None => self.define((def, None), block),
                    }
                }
                SectionsItem::Overlay(overlay) => {
                    for (position, def) in overlay.sections.iter().enumerate() {
                        self.define((def, Some((*overlays, position as u32))), block);
                    }
                    *overlays += 1;
                }
                SectionsItem::Class(class) => {
                    self.order
                        .push(RuleTarget::Class(self.classes.len() as u32));
                    self.classes.push(class);
                }
            }
        }
    }

    fn define(&mut self, def: Def<'s>, block: &mut Vec<Statement<'s>>) {
        let index = self.defs.len() as u32;
        block.push(Statement::Section(OutputId(index)));
        self.order.push(RuleTarget::Output(index));
        self.defs.push(def);
    }

    /// An item's input pattern.
    pub(crate) fn pattern(&self, home: RuleTarget, item: u32) -> Option<&'s InputPattern> {
        match home {
            RuleTarget::Output(index) => {
                match self.defs[index as usize].0.items.get(item as usize)? {
                    SectionItem::Input(pattern) => Some(pattern),
                    _ => None,
                }
            }
            RuleTarget::Class(index) => self.classes[index as usize].patterns.get(item as usize),
        }
    }

    /// Whether sections that go there are discarded.
    pub(crate) fn discards(&self, home: RuleTarget) -> bool {
        match home {
            RuleTarget::Output(index) => &*self.defs[index as usize].0.name.text == "/DISCARD/",
            RuleTarget::Class(_) => false,
        }
    }

    /// The classes of a name; a class may be given in parts.
    pub(crate) fn classes_named(
        &self,
        name: &str,
    ) -> impl Iterator<Item = (u32, &'s SectionClass)> {
        let named = self.classes.iter().enumerate();
        named
            .filter(move |(_, class)| &*class.name.text == name)
            .map(|(index, class)| (index as u32, *class))
    }

    /// All rules of enabled descriptions, in the order in which they are tried.
    pub(crate) fn patterns(&self, enabled: &[bool]) -> Vec<(RuleTarget, u32, &'s InputPattern)> {
        let mut out = Vec::new();
        for &home in &self.order {
            match home {
                RuleTarget::Output(index) if enabled[index as usize] => {
                    let items = self.defs[index as usize].0.items.iter().enumerate();
                    out.extend(items.filter_map(|(item, content)| match content {
                        SectionItem::Input(pattern) => Some((home, item as u32, pattern)),
                        _ => None,
                    }));
                }
                RuleTarget::Output(_) => {}
                RuleTarget::Class(index) => {
                    let patterns = self.classes[index as usize].patterns.iter().enumerate();
                    out.extend(patterns.map(|(item, pattern)| (home, item as u32, pattern)));
                }
            }
        }
        out
    }

    /// Reports classes that hold something and that no section refers to.
    pub(crate) fn report_unclaimed(
        &self,
        script: &Script,
        holds_something: impl Fn(u32) -> bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for (index, class) in self.classes.iter().enumerate() {
            if !holds_something(index as u32) {
                continue;
            }
            let name = &class.name.text;
            let diagnostic = Diagnostic::error(format!(
                "section class `{name}` takes sections, but no output section refers to it"
            ));
            let diagnostic = script.label(diagnostic, class.name.span, "");
            diagnostics.push(diagnostic.help(format!(
                "write `CLASS({name})` between the braces of an output section"
            )));
        }
    }
}

/// A statement of the layout.
pub(crate) enum Statement<'s> {
    /// `symbol = …` or `. = …` between output sections
    Assign(&'s Assignment),
    /// `ASSERT`
    Assert(&'s Assert),
    /// An output section.
    Section(OutputId),
}
