//! `--why-live=NAME`: why a function or variable is in the output.
//!
//! Garbage collection ([`crate::wasm::live::gc`]) does not record reasons: for a hundred thousand functions, that
//! would cost time in every link. If they are asked for, a second, breadth-first search finds the shortest chain of
//! references from a root to NAME.

use std::collections::VecDeque;

use hashbrown::HashMap;
use wasmparser::SymbolFlags;

use crate::wasm::WasmOptions;
use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::live::externals::is_exported;
use crate::wasm::reloc::{self, Relocs, Value};
use crate::wasm::symbols::describe::body_text;

use crate::demangle::readable;
use crate::wasm::symbols::{Definition, Resolved, Symbol};

/// What is live or dead as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Node {
    Function(FunctionRef),
    Segment(FileId, u32),
    Item(SymbolKind, FileId, u32),
}

/// Why it is live.
#[derive(Clone, Copy, Debug)]
enum Reason {
    /// It is a root.
    Root(&'static str),
    /// This node refers to it.
    ReferredBy(Node),
    /// This node is in the same file, and it is an initialiser or a `retain` segment.
    FileOf(Node),
}

struct Walk<'r, 'a> {
    resolved: &'r Resolved<'a>,
    reasons: HashMap<Node, Reason>,
    queue: VecDeque<Node>,
    entered: Vec<bool>,
}

/// The chains for all names that were asked for.
pub(crate) fn why_live(options: &WasmOptions, resolved: &Resolved<'_>) -> String {
    let mut walk = Walk {
        resolved,
        reasons: HashMap::new(),
        queue: VecDeque::new(),
        entered: vec![false; resolved.files.len()],
    };
    walk.start(options);
    while let Some(node) = walk.queue.pop_front() {
        walk.follow(node);
    }
    let names = &options.reports.why_live;
    names
        .iter()
        .map(|name| walk.explain(options, name))
        .collect()
}

fn node(symbol: &Symbol<'_>) -> Option<Node> {
    Some(match symbol.definition {
        Definition::Function(function) => Node::Function(function),
        Definition::Data { file, segment, .. } => Node::Segment(file, segment),
        Definition::Item(file, at) => Node::Item(symbol.kind, file, at),
        _ => return None,
    })
}

impl Walk<'_, '_> {
    fn start(&mut self, options: &WasmOptions) {
        for (id, symbol) in self.resolved.named() {
            let why = if options.entry.as_deref() == Some(symbol.name) {
                "is the entry point"
            } else if is_exported(options, symbol) {
                "is exported"
            } else if symbol.flags.contains(SymbolFlags::NO_STRIP) {
                "is marked as used"
            } else if self.resolved.finaliser == Some(id) {
                "runs when the program ends"
            } else {
                continue;
            };
            self.reach(id, Reason::Root(why));
        }
        for (at, &explicit) in self.resolved.explicit.iter().enumerate() {
            if explicit {
                self.enter(FileId(at as u32), Reason::Root);
            }
        }
    }

    fn reach(&mut self, id: SymbolId, reason: Reason) {
        if let Some(node) = node(self.resolved.symbol(id)) {
            self.add(node, reason);
        }
    }

    fn add(&mut self, node: Node, reason: Reason) {
        if self.reasons.contains_key(&node) {
            return;
        }
        self.reasons.insert(node, reason);
        self.queue.push_back(node);
        let file = match node {
            Node::Function(FunctionRef::Object(file, _))
            | Node::Segment(file, _)
            | Node::Item(_, file, _) => file,
            Node::Function(FunctionRef::Synthetic(_)) => return,
        };
        self.enter(file, |_| Reason::FileOf(node));
    }

    fn enter(&mut self, file: FileId, reason: impl Fn(&'static str) -> Reason) {
        match self.entered.get_mut(file.0 as usize) {
            Some(entered) if !*entered => *entered = true,
            _ => return,
        }
        let object = self.resolved.file(file);
        for &(_, symbol) in &object.init_functions {
            let id = self.resolved.file_symbol(file, symbol);
            self.reach(id, reason("is an initialiser"));
        }
        for (at, segment) in object.segments.iter().enumerate() {
            let gone = &self.resolved.discarded.segments;
            if segment.retain && !gone.contains(&(file, at as u32)) {
                self.add(
                    Node::Segment(file, at as u32),
                    reason("is marked to be retained"),
                );
            }
        }
    }

    fn follow(&mut self, from: Node) {
        let (file, relocs): (FileId, Relocs<'_>) = match from {
            Node::Function(FunctionRef::Object(file, at)) => {
                (file, self.resolved.file(file).functions[at as usize].relocs)
            }
            Node::Segment(file, at) => {
                (file, self.resolved.file(file).segments[at as usize].relocs)
            }
            _ => return,
        };
        for entry in relocs.iter() {
            let value = reloc::row(entry.ty).value;
            if value == Value::Type {
                continue;
            }
            let id = self.resolved.file_symbol(file, entry.index);
            if !(value.is_table_slot() && self.resolved.symbol(id).stub) {
                self.reach(id, Reason::ReferredBy(from));
            }
        }
    }

    fn explain(&self, options: &WasmOptions, name: &str) -> String {
        let id = self.resolved.find(name).or_else(|| {
            // Names may be given demangled, as messages show them.
            let same = |symbol: &Symbol<'_>| readable(symbol.name) == name;
            let mut symbols = self.resolved.symbols.iter();
            let at = symbols.position(|symbol| symbol.name == name || same(symbol));
            at.map(|at| SymbolId(at as u32))
        });
        let start = id.and_then(|id| node(self.resolved.symbol(id)));
        let Some(mut at) = start else {
            return format!("`{name}`: no file defines it\n");
        };
        let mut out = format!("`{}`\n", readable(name));
        if !options.gc_sections {
            return out + "  stays because everything does: there is no `--gc-sections`\n";
        }
        loop {
            let place = self.place(at);
            match self.reasons.get(&at) {
                None => {
                    return out
                        + &format!("  nothing refers to {place}: it is not in the output\n");
                }
                Some(Reason::Root(why)) => return out + &format!("  {place} {why}\n"),
                Some(Reason::ReferredBy(from)) => {
                    out += &format!("  {place}, which is referred to by\n");
                    at = *from;
                }
                Some(Reason::FileOf(from)) => {
                    out += &format!("  {place}, which comes with every use of its file, as by\n");
                    at = *from;
                }
            }
        }
    }

    fn place(&self, node: Node) -> String {
        match node {
            Node::Function(function) => body_text(self.resolved, function),
            Node::Segment(file, at) => {
                let object = self.resolved.file(file);
                let name = object.segments[at as usize].name;
                format!("{}:({name})", object.name)
            }
            Node::Item(kind, file, at) => {
                let object = self.resolved.file(file);
                let named = object.symbols.iter().find(|symbol| {
                    symbol.kind == kind && symbol.place == crate::wasm::object::Place::Item(at)
                });
                format!(
                    "{}:({})",
                    object.name,
                    named.map_or("", |symbol| symbol.name)
                )
            }
        }
    }
}
