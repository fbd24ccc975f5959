//! What names mean while a script is walked, and how problems with them are reported.
//!
//! Spec: GNU ld manual, "Expressions in Linker Scripts", "MEMORY Command", "REGION_ALIAS".

use xsys_diag::Diagnostic;

use super::Walker;
use crate::elf::layout::Region;
use crate::elf::names::Map;
use crate::elf::sections::refs::{SymRef, ValueSource};
use crate::elf::symbols::hints;
use crate::elf::symbols::resolve::Definition;
use crate::script::ast::{Command, Expr, Name, Span};
use crate::script::eval::{EvalError, OutputId, Scope, SectionFacts, Value, eval};

/// Why a region is often declared twice.
const TWO_MAPS: &str = "often two `memory.x` files are read; keep one of them";

impl Walker<'_, '_, '_> {
    pub(super) fn declare_regions(&mut self) {
        let mut regions: Vec<Region> = Vec::new();
        let mut aliases = Map::default();
        let mut declared: Map<&str, &Span> = Map::default();
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
                            let first = declared.get(&*region.name.text).and_then(|span| {
                                let source = self.facts.script.sources.get(span.file as usize)?;
                                Some((source, span.start as usize..span.end as usize))
                            });
                            let own = (declared.get(&*region.name.text))
                                .filter(|first| first.file != region.name.span.file)
                                .and_then(|_| self.facts.script.source(region.name.span))
                                .map(|source| &source.path);
                            self.problem(
                                &region.name.span,
                                format!("memory region `{}` is declared twice", region.name.text),
                                |d| match first {
                                    Some((source, _)) if Some(&source.path) == own => d
                                        .note(format!("`{}` is read twice", source.path.display()))
                                        .help("remove one of the INCLUDE or `-T` that read it"),
                                    Some((source, span)) => {
                                        d.label(source, span, "declared first here").help(TWO_MAPS)
                                    }
                                    None => d.help(TWO_MAPS),
                                },
                            );
                        }
                        declared
                            .entry(&*region.name.text)
                            .or_insert(&region.name.span);
                        regions.push(Region {
                            name: region.name.text.to_string(),
                            origin,
                            length,
                            shift: 0,
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
        self.shift_regions();
    }

    pub(super) fn unknown_region(&mut self, name: &Name) {
        let known: Vec<String> = self.aliases.keys().cloned().collect();
        let close = xsys_diag::did_you_mean(&name.text, known.iter().map(String::as_str))
            .map(str::to_owned);
        self.problem(&name.span, format!("memory region `{}` is not declared", name.text), |d| match close {
            Some(close) => d.help(format!("did you mean `{close}`?")),
            None => d.help("declare it in MEMORY; runtimes expect it in `memory.x`, which must be found in the current directory or under `-L`"),
        });
    }

    pub(super) fn value(&mut self, expr: &Expr) -> Option<Value> {
        match eval(expr, self) {
            Ok(value) => Some(value),
            Err(error) => {
                self.eval_problem(error);
                None
            }
        }
    }

    pub(super) fn number(&mut self, expr: &Expr) -> u64 {
        self.value(expr).map_or(0, |value| self.absolute(value))
    }

    pub(super) fn absolute(&self, value: Value) -> u64 {
        match value.section {
            Some(id) => self.address(id).wrapping_add(value.value),
            None => value.value,
        }
    }

    pub(super) fn eval_problem(&mut self, error: EvalError) {
        if self.report.is_none() {
            return;
        }
        let diagnostic = error.into_diagnostic(self.facts.script, self);
        if let Some(report) = &mut self.report {
            report.push(diagnostic);
        }
    }

    /// Reports a problem with its place, in the last walk only.
    pub(super) fn problem(
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
}

impl Scope for Walker<'_, '_, '_> {
    fn dot(&self) -> Value {
        // Between sections `.` belongs to the one before, so that `_end = .;` moves with it.
        // Before the first it belongs to that (lld).
        match self.current.or(self.last).or(self.first) {
            Some(id) => Value {
                section: Some(id),
                value: self.dot.wrapping_sub(self.address(id)),
            },
            None => Value::absolute(self.dot),
        }
    }

    fn symbol(&self, name: &str) -> Option<Value> {
        let id = self.facts.resolution.find(name.as_bytes())?;
        if let Some(value) = self.layout.values.get(&id) {
            return Some(*value);
        }
        match SymRef::Global(id).value_source(self.facts.resolution, self.sections) {
            ValueSource::Section(section, value) => {
                let (section, value) = match self.facts.merge.get(section) {
                    Some(merged) => (
                        self.facts.merge.ids[merged.merged as usize],
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
                    .deltas
                    .get(&section)
                    .map_or(value, |deltas| deltas.map(value));
                Some(Value {
                    section: Some(output),
                    value: self.layout.offsets[section.0 as usize].wrapping_add(value),
                })
            }
            ValueSource::Common(id) => {
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
            ValueSource::Absolute(value) => Some(Value {
                section: None,
                value,
            }),
            // Assigned later in the script: the next walk knows.
            ValueSource::Assigned(_) => Some(Value {
                section: None,
                value: 0,
            }),
            ValueSource::UndefinedWeak if self.facts.resolution.symbol(id).referenced => None,
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
            .layout
            .section_start
            .iter()
            .find(|(name, _)| name == segment)
            .map(|(_, at)| *at);
        given.or_else(|| {
            self.facts
                .options
                .layout
                .image_base
                .filter(|_| segment == "text-segment")
        })
    }

    fn origin_of(&self, symbol: &str) -> Option<String> {
        hints::for_symbol(symbol)
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
