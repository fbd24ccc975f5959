//! Which nodes are equal: partition refinement on hashes, then a comparison of everything.
//!
//! At first all nodes with the same contents are taken for equal, whatever they refer to. Each round
//! separates those whose references lead to nodes that are known to differ, until nothing changes:
//! what is left is the coarsest partition in which equal nodes refer to equal nodes, cycles
//! included. Because hashes may collide, every copy is then compared with what replaces it, byte by
//! byte and reference by reference; should one comparison fail, nothing is folded.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use rayon::prelude::*;
use wasmparser::RelocationEntry;

use super::super::object::Signature;
use super::super::reloc::{self, Relocs, Value};
use super::super::symbols::{Definition, FileId, FunctionRef, Resolved};
use super::{Item, Nodes, Role};

/// Chains of references longer than this are not worth the time.
const ROUNDS: usize = 64;

/// What a node consists of.
#[derive(Clone, Copy)]
struct Contents<'a> {
    file: FileId,
    /// A function's type; empty for data.
    signature: Signature<'a>,
    /// Without a body's size field.
    bytes: &'a [u8],
    /// Where `bytes` starts in its section.
    start: u32,
    relocs: Relocs<'a>,
    align: u32,
}

fn contents<'a>(resolved: &Resolved<'a>, item: Item) -> Contents<'a> {
    match item {
        Item::Function(file, at) => {
            let function = &resolved.file(file).functions[at as usize];
            let head = function.size_len as usize;
            Contents {
                file,
                signature: function.signature,
                bytes: function.bytes.get(head..).unwrap_or_default(),
                start: function.offset.saturating_add(function.size_len),
                relocs: function.relocs,
                align: 0,
            }
        }
        Item::Segment(file, at) => {
            let segment = &resolved.file(file).segments[at as usize];
            Contents {
                file,
                signature: &[],
                bytes: segment.data,
                start: segment.offset,
                relocs: segment.relocs,
                align: segment.align,
            }
        }
    }
}

/// What a reference leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// A node, and it does not matter which of several equal ones.
    Node(u32),
    /// This very node: its address is taken.
    Exactly(u32),
    /// Something else, by the symbol's number.
    Symbol(u32),
}

/// A reference: what has to be equal besides the target, and the target.
type Reference<'a> = (u32, u8, i64, Signature<'a>, Option<Target>);

fn reference<'a>(
    resolved: &Resolved<'a>,
    nodes: &Nodes,
    contents: &Contents<'a>,
    entry: &RelocationEntry,
) -> Reference<'a> {
    let value = reloc::row(entry.ty).value;
    let at = entry.offset.wrapping_sub(contents.start);
    let ty = entry.ty as u8;
    if value == Value::Type {
        let types = &resolved.file(contents.file).types;
        let signature = types.get(entry.index as usize).copied().unwrap_or_default();
        return (at, ty, 0, signature, None);
    }
    let id = resolved.file_symbol(contents.file, entry.index);
    let (target, addend) = match resolved.symbol(id).definition {
        Definition::Function(FunctionRef::Object(file, at)) => {
            let node = nodes.function(file, at);
            match value {
                Value::Function => (Target::Node(node), entry.addend),
                _ => (Target::Exactly(node), entry.addend),
            }
        }
        Definition::Data {
            file,
            segment,
            offset,
        } if value == Value::Address => {
            let node = nodes.segment(resolved, file, segment);
            (
                Target::Node(node),
                entry.addend.wrapping_add(i64::from(offset)),
            )
        }
        _ => (Target::Symbol(id.0), entry.addend),
    };
    (at, ty, addend, &[], Some(target))
}

/// A value that stands for a target as long as nothing else is known.
fn hash_target(classes: &[u64], target: Target) -> u64 {
    match target {
        Target::Node(node) => classes[node as usize],
        Target::Exactly(node) => FixedState::default().hash_one((1u8, node)),
        Target::Symbol(id) => FixedState::default().hash_one((2u8, id)),
    }
}

/// A node that may have an equal.
struct Candidate<'a> {
    node: u32,
    contents: Contents<'a>,
    /// Of everything but the targets.
    own: u64,
    class: u64,
    targets: Vec<Target>,
}

/// Pairs of a copy and what replaces it.
pub fn copies(resolved: &Resolved<'_>, nodes: &Nodes, roles: &[Role]) -> Vec<(u32, u32)> {
    let mut candidates = of_equal_length(resolved, nodes, roles);
    candidates.par_iter_mut().for_each(|candidate| {
        candidate.own = hash_own(resolved, nodes, &candidate.contents);
        candidate.class = candidate.own;
    });
    keep_groups(&mut candidates);
    candidates.par_iter_mut().for_each(|candidate| {
        let Candidate { contents, .. } = *candidate;
        let references = contents.relocs.iter();
        let targets =
            references.filter_map(|entry| reference(resolved, nodes, &contents, &entry).4);
        candidate.targets = targets.collect();
    });
    if !refine(&mut candidates, nodes.len()) {
        return Vec::new();
    }
    let found = choose(&candidates, roles);
    match is_exact(resolved, nodes, &candidates, &found) {
        true => found
            .into_iter()
            .filter(|&(copy, _)| roles[copy as usize] == Role::Free)
            .collect(),
        false => Vec::new(),
    }
}

/// Most bodies are the only ones of their length and need not be looked at.
fn of_equal_length<'a>(
    resolved: &Resolved<'a>,
    nodes: &Nodes,
    roles: &[Role],
) -> Vec<Candidate<'a>> {
    let mut groups: HashMap<(bool, usize), u32, FixedState> = HashMap::default();
    let mut all = Vec::new();
    let mut add = |node: u32, item: Item| {
        if roles[node as usize] != Role::Fixed {
            let contents = contents(resolved, item);
            let key = (contents.signature.is_empty(), contents.bytes.len());
            *groups.entry(key).or_default() += 1;
            all.push((node, contents, key));
        }
    };
    for (file, object) in resolved.files() {
        for at in 0..object.functions.len() as u32 {
            add(nodes.function(file, at), Item::Function(file, at));
        }
        for at in 0..object.segments.len() as u32 {
            add(nodes.segment(resolved, file, at), Item::Segment(file, at));
        }
    }
    all.retain(|(.., key)| groups[key] > 1);
    let candidates = all.into_iter().map(|(node, contents, _)| Candidate {
        node,
        contents,
        own: 0,
        class: 0,
        targets: Vec::new(),
    });
    candidates.collect()
}

fn hash_own(resolved: &Resolved<'_>, nodes: &Nodes, contents: &Contents<'_>) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(contents.signature);
    let mut done = 0;
    for entry in contents.relocs.iter() {
        let (at, ty, addend, signature, _) = reference(resolved, nodes, contents, &entry);
        let at = at as usize;
        hasher.write(contents.bytes.get(done..at).unwrap_or_default());
        hasher.write_u64(at as u64);
        hasher.write_u8(ty);
        hasher.write_i64(addend);
        hasher.write(signature);
        done = at.saturating_add(reloc::row(entry.ty).field.width());
    }
    hasher.write(contents.bytes.get(done..).unwrap_or_default());
    hasher.finish()
}

/// Drops candidates that are alone in their class.
fn keep_groups(candidates: &mut Vec<Candidate<'_>>) {
    let mut sizes: HashMap<u64, u32, FixedState> = HashMap::default();
    for candidate in candidates.iter() {
        *sizes.entry(candidate.class).or_default() += 1;
    }
    candidates.retain(|candidate| sizes[&candidate.class] > 1);
}

/// Separates until nothing changes. `false` where that takes too long.
fn refine(candidates: &mut Vec<Candidate<'_>>, nodes: usize) -> bool {
    // Whoever is not a candidate is equal to itself alone.
    let mut classes: Vec<u64> = (0..nodes as u32)
        .map(|node| FixedState::default().hash_one((0u8, node)))
        .collect();
    for _ in 0..ROUNDS {
        for candidate in candidates.iter() {
            classes[candidate.node as usize] = candidate.class;
        }
        let before = (candidates.len(), count_classes(candidates));
        candidates.par_iter_mut().for_each(|candidate| {
            let mut hasher = FixedState::default().build_hasher();
            hasher.write_u64(candidate.own);
            for &target in &candidate.targets {
                hasher.write_u64(hash_target(&classes, target));
            }
            candidate.class = hasher.finish();
        });
        for candidate in candidates.iter() {
            classes[candidate.node as usize] = candidate.class;
        }
        keep_groups(candidates);
        if before == (candidates.len(), count_classes(candidates)) {
            return true;
        }
    }
    false
}

fn count_classes(candidates: &[Candidate<'_>]) -> usize {
    let classes = candidates.iter().map(|candidate| candidate.class);
    classes
        .collect::<hashbrown::HashSet<u64, FixedState>>()
        .len()
}

/// For each class what is kept; pairs of each other member, in link order, and that.
fn choose(candidates: &[Candidate<'_>], roles: &[Role]) -> Vec<(u32, u32)> {
    let mut kept: HashMap<u64, &Candidate<'_>, FixedState> = HashMap::default();
    for candidate in candidates {
        kept.entry(candidate.class)
            .and_modify(|best| {
                // Whoever has to stay anyway, then the one that suits all alignments, then the first.
                let rank = |c: &Candidate<'_>| {
                    let stays = roles[c.node as usize] == Role::Anchor;
                    (stays, c.contents.align)
                };
                if rank(candidate) > rank(best) {
                    *best = candidate;
                }
            })
            .or_insert(candidate);
    }
    let pairs = candidates.iter().map(|candidate| {
        let original = kept
            .get(&candidate.class)
            .map_or(candidate.node, |kept| kept.node);
        (candidate.node, original)
    });
    pairs.filter(|(copy, original)| copy != original).collect()
}

/// Whether every copy is what the hashes say.
fn is_exact(
    resolved: &Resolved<'_>,
    nodes: &Nodes,
    candidates: &[Candidate<'_>],
    pairs: &[(u32, u32)],
) -> bool {
    let mut kept: Vec<u32> = (0..nodes.len() as u32).collect();
    for &(copy, original) in pairs {
        kept[copy as usize] = original;
    }
    let by_node: HashMap<u32, &Contents<'_>, FixedState> = candidates
        .iter()
        .map(|candidate| (candidate.node, &candidate.contents))
        .collect();
    pairs.par_iter().all(
        |(copy, original)| match (by_node.get(copy), by_node.get(original)) {
            (Some(copy), Some(original)) => are_equal(resolved, nodes, &kept, copy, original),
            _ => false,
        },
    )
}

fn are_equal<'a>(
    resolved: &Resolved<'a>,
    nodes: &Nodes,
    kept: &[u32],
    one: &Contents<'a>,
    other: &Contents<'a>,
) -> bool {
    let class = |target: Option<Target>| match target {
        Some(Target::Node(node)) => Some(Target::Node(kept[node as usize])),
        _ => target,
    };
    if one.signature != other.signature
        || one.bytes.len() != other.bytes.len()
        || other.align < one.align
    {
        return false;
    }
    let (mut relocs, mut others) = (one.relocs.iter(), other.relocs.iter());
    let mut done = 0;
    loop {
        match (relocs.next(), others.next()) {
            (None, None) => return one.bytes.get(done..) == other.bytes.get(done..),
            (Some(entry), Some(matching)) => {
                let (at, ty, addend, signature, target) = reference(resolved, nodes, one, &entry);
                let (at2, ty2, addend2, signature2, target2) =
                    reference(resolved, nodes, other, &matching);
                let fields = (at, ty, addend, signature) == (at2, ty2, addend2, signature2);
                let at = at as usize;
                let between = one.bytes.get(done..at) == other.bytes.get(done..at);
                if !fields || !between || class(target) != class(target2) {
                    return false;
                }
                done = at.saturating_add(reloc::row(entry.ty).field.width());
            }
            _ => return false,
        }
    }
}
