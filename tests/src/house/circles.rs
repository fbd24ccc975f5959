//! Circles: sets of files of which each reaches each other by arrows (strongly connected components).

use std::path::Path;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::arrows::Arrow;
use super::parse::SourceFile;

/// Circles of more than one file. Arrows between a folder's root (`mod.rs`, or the file of the folder's name)
/// and what is below it are left out: the root is the folder's table of contents and its parts' meeting place.
pub(super) fn of(files: &[SourceFile], arrows: &[Arrow]) -> Vec<Vec<usize>> {
    let mut graph: DiGraph<(), ()> = DiGraph::new();
    for _ in files {
        graph.add_node(());
    }
    for arrow in arrows {
        let (from, to) = (&files[arrow.from], &files[arrow.to]);
        if !from.module.starts_with(&to.module) && !to.module.starts_with(&from.module) {
            graph.add_edge(NodeIndex::new(arrow.from), NodeIndex::new(arrow.to), ());
        }
    }
    tarjan_scc(&graph)
        .into_iter()
        .filter(|circle| circle.len() > 1)
        .map(|circle| circle.into_iter().map(NodeIndex::index).collect())
        .collect()
}

/// The name of the room of a file within a folder: its first part below it.
pub(super) fn room<'a>(path: &'a Path, folder: &Path) -> Option<&'a str> {
    let below = path.strip_prefix(folder).ok()?;
    let first = Path::new(below.iter().next()?);
    first.file_stem()?.to_str()
}
