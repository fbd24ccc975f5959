//! Why a function of a wasm module is in it: a chain of calls from an export to it.
//!
//! A finished module does not say why a function was kept, but the calls show it: exports and the start function are
//! called from outside, functions call each other by index, and a function whose index is in a table can be called by
//! every indirect call of its type. Direct calls are certain and indirect ones possible, so chains of direct calls are
//! preferred.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wasmparser::{ElementItems, ExternalKind, FunctionBody, Operator, Parser, Payload, TypeRef};
use xsys_diag::{Diagnostic, did_you_mean};

use crate::wasm_engine::symbols::Symbols;

/// How a function is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Export(String),
    Start,
    Call,
    /// By its address: in code, or in a table, called with this type.
    Address,
    Indirect(String),
}

/// A function of the chain and how the one before it (or the outside) reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub step: Step,
    pub function: String,
    pub size: u64,
}

/// Why a function is in the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Why {
    pub function: String,
    pub size: u64,
    /// From the outside to the function; empty if nothing reaches it.
    pub chain: Vec<Link>,
    /// Functions that call it directly, with the number of calls, most calls first.
    pub callers: Vec<(String, usize)>,
    /// Bytes of functions that can only be reached through it, including its own.
    pub alone: u64,
    /// Other functions that the name could have meant.
    pub others: Vec<String>,
}

#[derive(Default)]
struct Graph {
    imported: u32,
    types: Vec<u32>,
    /// By function: called functions, each once, with the number of calls.
    calls: Vec<BTreeMap<u32, usize>>,
    /// By function: addresses taken with `ref.func`.
    taken: Vec<BTreeSet<u32>>,
    /// By function: types of its indirect calls.
    indirect: Vec<BTreeSet<u32>>,
    roots: Vec<(u32, Step)>,
    in_tables: BTreeSet<u32>,
    sizes: Vec<u64>,
}

/// Finds the function that a name means, and why it is there.
pub(crate) fn why(content: &[u8], name: &str) -> Result<Why, Diagnostic> {
    super::wasm::measure(content, super::By::Section)?;
    let symbols = Symbols::read(content);
    let graph = Graph::read(content)
        .ok_or_else(|| Diagnostic::error("the module's code cannot be read"))?;
    let (function, others) = find(&graph, &symbols, name)?;
    let name_of = |function: u32| symbols.name(function);
    let chain = graph.chain(function, &symbols);
    let mut callers: Vec<(String, usize)> = graph
        .calls
        .iter()
        .zip(graph.imported..)
        .filter_map(|(calls, caller)| Some((name_of(caller), *calls.get(&function)?)))
        .collect();
    callers.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(Why {
        function: name_of(function),
        size: graph.size(function),
        chain,
        callers,
        alone: graph.alone(function),
        others,
    })
}

/// The function with a name: an index, the whole name, or the largest function whose name contains
/// it.
fn find(
    graph: &Graph,
    symbols: &Symbols<'_>,
    name: &str,
) -> Result<(u32, Vec<String>), Diagnostic> {
    let functions = || symbols.bodies().map(|(function, _)| function);
    if let Ok(index) = name.parse::<u32>()
        && (graph.imported..)
            .zip(&graph.sizes)
            .any(|(function, _)| function == index)
    {
        return Ok((index, Vec::new()));
    }
    let matching = |test: &dyn Fn(&str) -> bool| -> Vec<u32> {
        let mut found: Vec<u32> = functions()
            .filter(|&function| test(&symbols.name(function)))
            .collect();
        found.sort_by_key(|&function| (std::cmp::Reverse(graph.size(function)), function));
        found
    };
    let mut found = matching(&|candidate| candidate == name);
    if found.is_empty() {
        found = matching(&|candidate| candidate.contains(name));
    }
    let Some((&first, rest)) = found.split_first() else {
        let names: Vec<String> = functions().map(|function| symbols.name(function)).collect();
        let problem = Diagnostic::error(format!("no function is called `{name}`"));
        return Err(match did_you_mean(name, names.iter().map(String::as_str)) {
            Some(close) => problem.help(format!("did you mean `{close}`?")),
            None => problem.help("`--by symbol` lists the functions; a part of a name is enough"),
        });
    };
    let mut others: Vec<String> = rest.iter().map(|&other| symbols.name(other)).collect();
    others.dedup();
    Ok((first, others))
}

impl Graph {
    fn read(content: &[u8]) -> Option<Self> {
        let mut graph = Self::default();
        for payload in Parser::new(0).parse_all(content) {
            match payload.ok()? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ok()?.ty {
                            graph.types.push(ty);
                            graph.imported += 1;
                        }
                    }
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        graph.types.push(ty.ok()?);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export.ok()?;
                        if export.kind == ExternalKind::Func {
                            let step = Step::Export(export.name.to_owned());
                            graph.roots.push((export.index, step));
                        }
                    }
                }
                Payload::StartSection { func, .. } => graph.roots.push((func, Step::Start)),
                Payload::ElementSection(elements) => {
                    for element in elements {
                        if let ElementItems::Functions(functions) = element.ok()?.items {
                            for function in functions {
                                graph.in_tables.insert(function.ok()?);
                            }
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => graph.take(&body)?,
                _ => {}
            }
        }
        Some(graph)
    }

    fn take(&mut self, body: &FunctionBody<'_>) -> Option<()> {
        let mut calls = BTreeMap::new();
        let mut taken = BTreeSet::new();
        let mut indirect = BTreeSet::new();
        for operator in body.get_operators_reader().ok()? {
            match operator.ok()? {
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    *calls.entry(function_index).or_insert(0) += 1;
                }
                Operator::CallIndirect { type_index, .. }
                | Operator::ReturnCallIndirect { type_index, .. } => {
                    indirect.insert(type_index);
                }
                Operator::RefFunc { function_index } => {
                    taken.insert(function_index);
                }
                _ => {}
            }
        }
        self.calls.push(calls);
        self.taken.push(taken);
        self.indirect.push(indirect);
        let range = body.range();
        self.sizes.push(range.end.saturating_sub(range.start));
        Some(())
    }

    fn body(&self, function: u32) -> Option<usize> {
        Some(function.checked_sub(self.imported)? as usize)
    }

    fn size(&self, function: u32) -> u64 {
        let size = self.body(function).and_then(|at| self.sizes.get(at));
        size.copied().unwrap_or(0)
    }

    /// Functions in tables, by type.
    fn targets(&self) -> BTreeMap<u32, Vec<u32>> {
        let mut targets: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for &function in &self.in_tables {
            if let Some(&ty) = self.types.get(function as usize) {
                targets.entry(ty).or_default().push(function);
            }
        }
        targets
    }

    /// A chain with the fewest indirect calls, and among those the fewest calls.
    fn chain(&self, wanted: u32, symbols: &Symbols<'_>) -> Vec<Link> {
        // Of a program's exports `_start` is called, or `main` if that is missing.
        for name in ["_start", "main"] {
            let is_entry = |step: &Step| matches!(step, Step::Export(export) if export == name);
            let roots = self.roots.iter();
            let entry: Vec<_> = roots.filter(|(_, step)| is_entry(step)).cloned().collect();
            let chain = self.chain_from(entry, wanted, symbols);
            if !chain.is_empty() {
                return chain;
            }
        }
        self.chain_from(self.roots.clone(), wanted, symbols)
    }

    fn chain_from(&self, roots: Vec<(u32, Step)>, wanted: u32, symbols: &Symbols<'_>) -> Vec<Link> {
        let targets = self.targets();
        let mut from: BTreeMap<u32, (Option<u32>, Step)> = BTreeMap::new();
        let mut queue = VecDeque::new();
        for (function, step) in roots {
            if let Entry::Vacant(entry) = from.entry(function) {
                entry.insert((None, step));
                queue.push_back(function);
            }
        }
        // What direct calls reach, then what one indirect call reaches from there, and so on.
        let mut types = BTreeSet::new();
        while !queue.is_empty() && !from.contains_key(&wanted) {
            let mut later: Vec<(u32, u32, Step)> = Vec::new();
            while let Some(function) = queue.pop_front() {
                let Some(at) = self.body(function).filter(|&at| at < self.calls.len()) else {
                    continue;
                };
                for &called in self.calls[at].keys() {
                    if let Entry::Vacant(entry) = from.entry(called) {
                        entry.insert((Some(function), Step::Call));
                        queue.push_back(called);
                    }
                }
                let taken = self.taken[at].iter();
                later.extend(taken.map(|&taken| (function, taken, Step::Address)));
                for &ty in &self.indirect[at] {
                    if types.insert(ty) {
                        let text = symbols.type_text(ty).unwrap_or_default();
                        let reached = targets.get(&ty).into_iter().flatten();
                        later.extend(
                            reached.map(|&to| (function, to, Step::Indirect(text.clone()))),
                        );
                    }
                }
            }
            for (function, to, step) in later {
                if let Entry::Vacant(entry) = from.entry(to) {
                    entry.insert((Some(function), step));
                    queue.push_back(to);
                }
            }
        }
        let mut chain = Vec::new();
        let mut at = Some(wanted);
        while let Some(function) = at {
            let Some((before, step)) = from.get(&function) else {
                return Vec::new();
            };
            chain.push(Link {
                step: step.clone(),
                function: symbols.name(function),
                size: self.size(function),
            });
            at = *before;
        }
        chain.reverse();
        chain
    }

    /// What can no longer be reached without a function.
    fn alone(&self, function: u32) -> u64 {
        let all = self.reached(None);
        let without = self.reached(Some(function));
        let gone = all.difference(&without);
        gone.map(|&function| self.size(function)).sum()
    }

    fn reached(&self, without: Option<u32>) -> BTreeSet<u32> {
        let targets = self.targets();
        let mut types = BTreeSet::new();
        let mut reached = BTreeSet::new();
        let mut todo: Vec<u32> = self.roots.iter().map(|(function, _)| *function).collect();
        while let Some(function) = todo.pop() {
            if Some(function) == without || !reached.insert(function) {
                continue;
            }
            let Some(at) = self.body(function).filter(|&at| at < self.calls.len()) else {
                continue;
            };
            todo.extend(self.calls[at].keys().chain(&self.taken[at]));
            for &ty in &self.indirect[at] {
                if types.insert(ty) {
                    todo.extend(targets.get(&ty).into_iter().flatten());
                }
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = r#"(module
        (type $plain (func))
        (table 3 funcref)
        (elem (i32.const 1) $by_pointer)
        (func $start (export "_start") (call $middle) (call $middle))
        (func $middle (call $target) (call_indirect (type $plain) (i32.const 1)))
        (func $target (call $below))
        (func $below (nop) (nop) (nop))
        (func $by_pointer (nop))
        (func $other (export "other") (param i32) (call $below))
        (func $unused (nop)))"#;

    fn told(name: &str) -> Result<Why, String> {
        let module = wat::parse_str(MODULE).unwrap();
        why(&module, name).map_err(|problem| problem.to_string())
    }

    #[test]
    fn chains_prefer_direct_calls() {
        let found = told("target").unwrap();
        let chain: Vec<(&Step, &str)> = found
            .chain
            .iter()
            .map(|link| (&link.step, link.function.as_str()))
            .collect();
        assert_eq!(
            chain,
            [
                (&Step::Export("_start".to_owned()), "start"),
                (&Step::Call, "middle"),
                (&Step::Call, "target")
            ]
        );
        assert_eq!(found.callers, [("middle".to_owned(), 1)]);
        // `below` has another caller.
        assert_eq!(found.alone, found.size);
        assert_eq!(told("middle").unwrap().callers, [("start".to_owned(), 2)]);
        let pointer = told("by_pointer").unwrap();
        assert_eq!(pointer.chain[2].step, Step::Indirect("()".to_owned()));
        assert!(told("unused").unwrap().chain.is_empty());
    }

    #[test]
    fn parts_of_names_are_enough() {
        assert_eq!(told("arge").unwrap().function, "target");
        assert_eq!(told("3").unwrap().function, "below");
        let found = told("t").unwrap();
        assert!(!found.others.is_empty());
        assert!(
            told("targte")
                .unwrap_err()
                .contains("did you mean `target`?")
        );
        assert!(why(b"\x7fELF", "x").is_err());
    }
}
