//! Circles: sets of files in which each reaches every other by arrows (strongly connected components).

use std::path::Path;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::arrows::Arrow;
use super::parse::SourceFile;

/// Circles of more than one file. Arrows between a directory's root (`mod.rs`, or the file of the directory's name)
/// and the files below it are left out: the root is the table of contents and may have what its parts share.
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

/// The part of a directory that a file is in: the first component of its path below the directory.
pub(super) fn room<'a>(path: &'a Path, folder: &Path) -> Option<&'a str> {
    let below = path.strip_prefix(folder).ok()?;
    let first = Path::new(below.iter().next()?);
    first.file_stem()?.to_str()
}
