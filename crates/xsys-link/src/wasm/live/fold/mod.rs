//! Folding: of functions with equal code, and of read-only data with equal contents, one is kept.
//!
//! rustc compiles each crate on its own, so a generic function that two crates use with the same types exists twice,
//! and so do panic locations, messages and vtables. wasm-ld keeps them all. The technique is known as identical code
//! folding (Tallam et al., "Safe ICF", 2010).
//!
//! The program behaves as before, because:
//!
//! - Only what no program can tell from its copy is dropped ([`eligible`]): functions that are only called, and
//!   constants that the compiler made up and whose address is not significant (`unnamed_addr`). A function whose
//!   address is taken is kept, so that pointers to different functions stay different; others that are only called
//!   may be folded into it.
//! - Equal means: the same bytes outside of relocated fields, and the same relocations that refer to the same things,
//!   or to things which are folded into one ([`equal`]).
//!
//! A copy that is dropped is marked as dead, and its symbols mean the one that is kept, so that later passes need no
//! special cases. Only debug information describes dropped copies, and [`super::Live::folded`] tells it that they are
//! dead. The name section and backtraces show the name of the function that is kept.

mod eligible;
mod equal;

use super::Live;
use crate::wasm::WasmOptions;
use crate::wasm::ids::{FileId, FunctionRef};
use crate::wasm::symbols::{Definition, Resolved};

/// Numbers functions and segments of all files in link order: first a file's functions, then its segments.
struct Nodes {
    /// The first node of each file, and the number of nodes at the end.
    first: Vec<u32>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Function(FileId, u32),
    Segment(FileId, u32),
}

impl Nodes {
    fn new(resolved: &Resolved<'_>) -> Self {
        let mut first = Vec::with_capacity(resolved.files.len() + 1);
        let mut next = 0;
        first.push(0);
        for object in &resolved.files {
            next += (object.functions.len() + object.segments.len()) as u32;
            first.push(next);
        }
        Self { first }
    }

    fn len(&self) -> usize {
        self.first.last().map_or(0, |&end| end as usize)
    }

    fn function(&self, file: FileId, at: u32) -> u32 {
        self.first[file.0 as usize] + at
    }

    fn segment(&self, resolved: &Resolved<'_>, file: FileId, at: u32) -> u32 {
        self.first[file.0 as usize] + resolved.file(file).functions.len() as u32 + at
    }

    fn item(&self, resolved: &Resolved<'_>, node: u32) -> Item {
        let file = self.first.partition_point(|&first| first <= node) - 1;
        let at = node - self.first[file];
        let file = FileId(file as u32);
        let functions = resolved.file(file).functions.len() as u32;
        match at.checked_sub(functions) {
            None => Item::Function(file, at),
            Some(at) => Item::Segment(file, at),
        }
    }
}

/// What may be done with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It is kept, and nothing is folded into it.
    Fixed,
    /// It is kept, and others may be folded into it.
    Anchor,
    /// It may be folded into another one.
    Free,
}

/// Marks copies as dead and makes their symbols mean the node that is kept.
pub(crate) fn fold(options: &WasmOptions, resolved: &mut Resolved<'_>, live: &mut Live) {
    if !options.folds() {
        return;
    }
    let nodes = Nodes::new(resolved);
    let mut roles = eligible::roles(resolved, live);
    let shared = equal::share_shape(resolved, &nodes, &roles);
    let candidates = eligible::walk(options, resolved, live, &nodes, &mut roles, &shared);
    let copies = equal::copies(resolved, &nodes, &roles, candidates);
    if copies.is_empty() {
        return;
    }
    let mut kept: Vec<u32> = (0..nodes.len() as u32).collect();
    let counts = resolved.files.iter().map(|file| file.functions.len());
    live.folded = counts.map(|count| vec![false; count]).collect();
    for &(copy, original) in &copies {
        kept[copy as usize] = original;
        match nodes.item(resolved, copy) {
            Item::Function(file, at) => {
                live.functions[file.0 as usize][at as usize] = false;
                live.folded[file.0 as usize][at as usize] = true;
            }
            Item::Segment(file, at) => live.segments[file.0 as usize][at as usize] = false,
        }
    }
    redirect(resolved, &nodes, &kept);
}

fn redirect(resolved: &mut Resolved<'_>, nodes: &Nodes, kept: &[u32]) {
    let mut symbols = std::mem::take(&mut resolved.symbols);
    for symbol in &mut symbols {
        let node = match symbol.definition {
            Definition::Function(FunctionRef::Object(file, at)) => nodes.function(file, at),
            Definition::Data { file, segment, .. } => nodes.segment(resolved, file, segment),
            _ => continue,
        };
        let to = kept[node as usize];
        if to == node {
            continue;
        }
        match (nodes.item(resolved, to), &mut symbol.definition) {
            (Item::Function(file, at), definition) => {
                *definition = Definition::Function(FunctionRef::Object(file, at));
            }
            (Item::Segment(to, at), Definition::Data { file, segment, .. }) => {
                (*file, *segment) = (to, at);
            }
            _ => {}
        }
    }
    resolved.symbols = symbols;
}
