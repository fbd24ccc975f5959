//! `--print-stack-usage`: the worst case of the entry point, of interrupt handlers and initialisers.
//!
//! Problem: a stack that overflows overwrites statics, which may cause any error. The worst case of each
//! entry is printed with the largest functions on its path, and with what the number leaves out:
//! recursion, functions of unknown size, calls through pointers. What the core pushes when it takes an
//! interrupt, and local calls without a relocation, are not counted.

use std::cmp::Reverse;

use xsys_diag::Diagnostic;

use super::StackContext;
use super::depth::Depths;
use super::graph::Graph;
use crate::elf::consts::{STACK_LIMITS, STACK_TOPS};
use crate::elf::names::demangle;

/// How many functions of a path are shown, and how many names in a line.
const SHOWN: usize = 4;
/// How many entries are described.
const ROWS: usize = 256;

/// The table, and a warning if the stack has less room than that.
pub(crate) fn report(
    scene: &StackContext<'_, '_>,
    entry: u64,
    diagnostics: &mut Vec<Diagnostic>,
) -> String {
    let graph = Graph::build(scene, diagnostics);
    if graph.functions.iter().all(|f| f.frame.is_none()) {
        diagnostics.push(
            Diagnostic::warning("stack usage is not known: no function has a stack size")
                .note("sizes are read from `.stack_sizes` sections of the inputs")
                .help("compile with `-Z emit-stack-sizes` (rustc, nightly) or `-fstack-size-section` (clang)")
                .code("stack-sizes-missing"),
        );
        return String::new();
    }
    let depths = Depths::of(&graph, scene.arch.call_pushes());
    let depth = |function: u32| depths.group(function).depth;
    let entry = graph.at(entry).map(|(function, _)| function);
    let by_depth = |list: &[u32]| {
        let mut list: Vec<u32> = list.iter().copied().filter(|&f| Some(f) != entry).collect();
        list.sort_by_key(|&f| (Reverse(depth(f)), graph.functions[f as usize].name));
        list
    };
    let handlers = by_depth(&graph.handlers);
    let initialisers = by_depth(&graph.initialisers);
    room(scene, &graph, &depths, entry, handlers.first(), diagnostics);

    let entry = entry.map(|function| (function, "entry point"));
    let handlers = handlers.into_iter().map(|f| (f, "interrupt"));
    let initialisers = initialisers.into_iter().map(|f| (f, "initialiser"));
    let rows: Vec<_> = entry
        .into_iter()
        .chain(handlers)
        .chain(initialisers)
        .collect();
    let mut walk = Walk::new(&graph, scene.addresses.sections.count());
    let mut out = "    Stack Size  Entry\n".to_owned();
    for &(function, what) in rows.iter().take(ROWS) {
        out += &row(&graph, &depths, &mut walk, function, what);
    }
    if let more @ 1.. = rows.len().saturating_sub(ROWS) {
        out += &format!("{:>14}  [{more} more]\n", "");
    }
    out
}

/// One entry: its worst case, the path's largest functions, and what is not known.
fn row(
    graph: &Graph<'_>,
    depths: &Depths,
    walk: &mut Walk<'_, '_>,
    function: u32,
    what: &str,
) -> String {
    let name = |f: u32| demangle(graph.functions[f as usize].name);
    let bytes = |f: u32| graph.functions[f as usize].frame.unwrap_or(0);
    let names = |list: &[u32]| {
        let shown: Vec<String> = list.iter().take(SHOWN).map(|&f| name(f)).collect();
        let rest = list.len() - shown.len();
        let rest = (rest > 0).then(|| format!(" and {rest} more"));
        format!("`{}`{}", shown.join("`, `"), rest.unwrap_or_default())
    };
    let depth = depths.group(function).depth;
    let (direct, pointed) = walk.from(function);
    let circle: Vec<u32> = only(&direct, |f| depths.group(f).recursive);
    let size = match circle.is_empty() {
        true => format!("{depth} B"),
        false => "unbounded".to_owned(),
    };
    let mut out = format!("{size:>14}  {} ({what})\n", name(function));
    let mut line = |text: String| out += &format!("{:>16}{text}\n", "");
    if !circle.is_empty() {
        line(format!(
            "recursion through {}; {depth} B without",
            names(&circle)
        ));
    }
    let mut path = depths.path(function);
    path.retain(|&f| bytes(f) > 0);
    path.sort_by_key(|&f| Reverse(bytes(f)));
    let rest = path.split_off(path.len().min(SHOWN));
    for &f in &path {
        line(format!("{:>8} B  {}", bytes(f), name(f)));
    }
    if !rest.is_empty() {
        let sum = rest
            .iter()
            .fold(0u64, |sum, &f| sum.saturating_add(bytes(f)));
        line(format!("{sum:>8} B  [{} more]", rest.len()));
    }
    let unknown = only(&direct, |f| graph.functions[f as usize].frame.is_none());
    if !unknown.is_empty() {
        line(format!("no stack size known for {}", names(&unknown)));
    }
    let circle = only(&direct, |f| depths.circles_by_address[f as usize]);
    if !circle.is_empty() {
        line(format!(
            "perhaps recursion: addresses in {}",
            names(&circle)
        ));
    }
    let largest = pointed
        .iter()
        .max_by_key(|&&f| (depths.group(f).depth, Reverse(f)));
    if let Some(&largest) = largest {
        line(format!(
            "plus unknown: {} reached through pointers; the largest is `{}` ({} B)",
            match pointed.len() {
                1 => "1 function is".to_owned(),
                n => format!("{n} functions are"),
            },
            name(largest),
            depths.group(largest).depth
        ));
    }
    out
}

fn only(list: &[u32], keep: impl Fn(u32) -> bool) -> Vec<u32> {
    list.iter().copied().filter(|&f| keep(f)).collect()
}

/// What can be reached from an entry.
struct Walk<'g, 'a> {
    graph: &'g Graph<'a>,
    /// By node, the walk that has seen it last.
    seen: Vec<u32>,
    walks: u32,
}

impl<'g, 'a> Walk<'g, 'a> {
    fn new(graph: &'g Graph<'a>, sections: usize) -> Self {
        Self {
            graph,
            seen: vec![0; graph.functions.len() + sections],
            walks: 0,
        }
    }

    /// The functions that may be called, and those that only data refers to, both in order.
    fn from(&mut self, function: u32) -> (Vec<u32>, Vec<u32>) {
        self.walks += 1;
        let functions = self.graph.functions.len() as u32;
        let mut data = Vec::new();
        let mut direct = self.closure(vec![function], |_, to| {
            if to >= functions {
                data.push(to);
            }
            to < functions
        });
        direct.sort_unstable();
        let mut pointed = Vec::new();
        self.closure(data, |from, to| {
            if from >= functions && to < functions && direct.binary_search(&to).is_err() {
                pointed.push(to);
            }
            true
        });
        pointed.sort_unstable();
        pointed.dedup();
        (direct, pointed)
    }

    fn closure(&mut self, start: Vec<u32>, mut follow: impl FnMut(u32, u32) -> bool) -> Vec<u32> {
        let (mut found, mut work) = (Vec::new(), start);
        while let Some(node) = work.pop() {
            if std::mem::replace(&mut self.seen[node as usize], self.walks) == self.walks {
                continue;
            }
            found.push(node);
            for &(from, _, to) in self.graph.edges(node) {
                if follow(from, to) {
                    work.push(to);
                }
            }
        }
        found
    }
}

/// Warns if the script leaves less than the entry point and one interrupt need.
fn room(
    scene: &StackContext<'_, '_>,
    graph: &Graph<'_>,
    depths: &Depths,
    entry: Option<u32>,
    handler: Option<&u32>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let value = |names: &[&'static str]| {
        names.iter().find_map(|name| {
            let id = scene.addresses.resolution.find(name.as_bytes())?;
            Some((*name, scene.addresses.assigned(id)?))
        })
    };
    let (Some((top, high)), Some((limit, low)), Some(entry)) =
        (value(&STACK_TOPS), value(&STACK_LIMITS), entry)
    else {
        return;
    };
    let Some(room) = high.checked_sub(low) else {
        return;
    };
    let needs = |f: u32| {
        let name = demangle(graph.functions[f as usize].name);
        format!("`{name}` needs {} B", depths.group(f).depth)
    };
    let interrupt = handler.map_or(0, |&f| depths.group(f).depth);
    let need = depths.group(entry).depth.saturating_add(interrupt);
    if need <= room {
        return;
    }
    let mut diagnostic = Diagnostic::warning(format!(
        "the stack may need {need} B, but there is room for {room} B"
    ))
    .note(needs(entry));
    if let Some(&handler) = handler {
        diagnostic = diagnostic.note(format!("the interrupt {}", needs(handler)));
    }
    diagnostics.push(
        diagnostic
            .note(format!("`{limit}` is {low:#x}, `{top}` is {high:#x}"))
            .help("make room in the script, or keep large values out of the functions that `--print-stack-usage` lists")
            .code("stack-too-small"),
    );
}
