//! Which nodes are equal: partition refinement on hashes, then an exact comparison.
//!
//! At first, nodes with the same contents are assumed to be equal, whatever they refer to. Each round separates those
//! that refer to nodes which are known to differ, until nothing changes. What is left is the coarsest partition in
//! which equal nodes refer to equal nodes, cycles included. Because hashes may collide, every copy is then compared
//! with the node that replaces it, byte by byte and reference by reference; if one comparison fails, nothing is
//! folded.

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::prelude::*;
use wasmparser::RelocationEntry;

use super::{Item, Nodes, Role};
use crate::wasm::ids::{FileId, FunctionRef};
use crate::wasm::object::Signature;
use crate::wasm::reloc::{self, Relocs, Value};
use crate::wasm::symbols::{Definition, Resolved};

/// The most rounds; longer chains of references are not worth the time.
const ROUNDS: usize = 64;

/// The contents of a node.
#[derive(Clone, Copy)]
struct Contents<'a> {
    file: FileId,
    /// A function's type; empty for data.
    signature: Signature<'a>,
    /// Without the size field of a body.
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

/// What a reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// A node; any of several equal nodes will do.
    Node(u32),
    /// This very node, because its address is taken.
    Exactly(u32),
    /// Something else: the symbol's number.
    Symbol(u32),
}

/// What has to be equal in two references besides the target, and the target.
type Reference<'a> = (u32, u8, i64, Signature<'a>, Option<Target>);

#[inline]
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

/// The class of a node that has no equal.
fn alone(node: u32) -> u64 {
    u64::from(node)
}

/// A hash of a target that is known by its class only.
fn hash_target(classes: &[u64], target: Target) -> u64 {
    match target {
        Target::Node(node) => classes[node as usize],
        Target::Exactly(node) => 1 << 32 | u64::from(node),
        Target::Symbol(id) => 2 << 32 | u64::from(id),
    }
}

/// A node that may have an equal.
pub(super) struct Candidate {
    node: u32,
    item: Item,
    /// Hash of everything but the targets.
    own: u64,
    class: u64,
    /// The targets of its references: a range in the list of all targets.
    targets: Range<u32>,
}

impl Candidate {
    fn targets<'t>(&self, all: &'t [Target]) -> &'t [Target] {
        &all[self.targets.start as usize..self.targets.end as usize]
    }
}

/// The nodes that may have an equal, in link order.
#[derive(Default)]
pub(super) struct Candidates {
    all: Vec<Candidate>,
    targets: Vec<Target>,
}

impl Candidates {
    /// Reserves space for this many candidates.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self {
            all: Vec::with_capacity(count),
            targets: Vec::with_capacity(count),
        }
    }

    /// Adds the candidates of the next file.
    pub(super) fn append(&mut self, next: Candidates) {
        let before = self.targets.len() as u32;
        self.targets.extend(next.targets);
        self.all.extend(next.all.into_iter().map(|mut candidate| {
            candidate.targets.start += before;
            candidate.targets.end += before;
            candidate
        }));
    }
}

/// Pairs of a copy and the node that replaces it.
pub(super) fn copies(
    resolved: &Resolved<'_>,
    nodes: &Nodes,
    roles: &[Role],
    candidates: Candidates,
) -> Vec<(u32, u32)> {
    let Candidates { mut all, targets } = candidates;
    all.retain(|candidate| roles[candidate.node as usize] != Role::Fixed);
    keep_groups(&mut all);
    let Some(candidates) = refine(all, &targets, nodes.len()) else {
        return Vec::new();
    };
    let found = choose(resolved, &candidates, roles);
    match is_exact(resolved, nodes, &found) {
        true => found
            .into_iter()
            .filter(|&(copy, _)| roles[copy as usize] == Role::Free)
            .collect(),
        false => Vec::new(),
    }
}

/// Which nodes share their shape with another one. Most functions do not, and need no closer look.
pub(super) fn share_shape(resolved: &Resolved<'_>, nodes: &Nodes, roles: &[Role]) -> Vec<bool> {
    let mut counters = vec![0u8; (4 * nodes.len()).next_power_of_two()];
    let mut places = vec![0; nodes.len()];
    let mut add = |node: u32, item: Item| {
        if roles[node as usize] != Role::Fixed {
            // Two shapes that collide in this table are told apart later.
            let place = shape(&contents(resolved, item)) as usize & (counters.len() - 1);
            counters[place] = counters[place].saturating_add(1);
            places[node as usize] = place;
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
    let places = places.iter().zip(roles);
    let shared = places.map(|(&place, &role)| role != Role::Fixed && counters[place] > 1);
    shared.collect()
}

/// A hash of what is known without decoding relocations.
fn shape(contents: &Contents<'_>) -> u64 {
    let bytes = contents.bytes;
    // A body starts with groups of locals, of at least two bytes. In constants without relocations all bytes are
    // known.
    let known = match bytes.first() {
        Some(&groups) if !contents.signature.is_empty() && groups < 0x80 => {
            1 + 2 * usize::from(groups)
        }
        Some(_) if contents.signature.is_empty() && contents.relocs.is_empty() => 16,
        _ => 0,
    };
    let mut hasher = FixedState::default().build_hasher();
    hasher.write_u64(bytes.len() as u64);
    hasher.write(contents.signature);
    hasher.write(&bytes[..known.min(bytes.len())]);
    hasher.finish()
}

/// Builds a candidate while its relocations are read: hashes everything but the targets of references, and lists
/// those.
pub(super) struct Hashing<'a> {
    node: u32,
    item: Item,
    contents: Contents<'a>,
    hasher: <FixedState as BuildHasher>::Hasher,
    /// How many bytes of the contents have been hashed.
    done: usize,
    first_target: u32,
}

impl<'a> Hashing<'a> {
    /// Starts a candidate that will be added to `list`.
    pub(super) fn new(resolved: &Resolved<'a>, node: u32, item: Item, list: &Candidates) -> Self {
        let contents = contents(resolved, item);
        let mut hasher = FixedState::default().build_hasher();
        hasher.write(contents.signature);
        Self {
            node,
            item,
            contents,
            hasher,
            done: 0,
            first_target: list.targets.len() as u32,
        }
    }

    /// Adds the next relocation.
    pub(super) fn add(
        &mut self,
        resolved: &Resolved<'a>,
        nodes: &Nodes,
        entry: &RelocationEntry,
        list: &mut Candidates,
    ) {
        let contents = &self.contents;
        let (at, ty, addend, signature, target) = reference(resolved, nodes, contents, entry);
        list.targets.extend(target);
        self.hasher.write_u64(u64::from(ty) << 32 | u64::from(at));
        self.hasher.write_u64(addend as u64);
        if !signature.is_empty() {
            self.hasher.write(signature);
        }
        let at = at as usize;
        let between = contents.bytes.get(self.done..at);
        self.hasher.write(between.unwrap_or_default());
        self.done = at.saturating_add(reloc::row(entry.ty).field.width());
    }

    /// Adds the candidate to the list.
    pub(super) fn finish(mut self, list: &mut Candidates) {
        let rest = self.contents.bytes.get(self.done..);
        self.hasher.write(rest.unwrap_or_default());
        let own = self.hasher.finish();
        list.all.push(Candidate {
            node: self.node,
            item: self.item,
            own,
            class: own,
            targets: self.first_target..list.targets.len() as u32,
        });
    }
}

/// The entry of a class. The class is a hash itself, so it is used as the table's hash.
fn entry<T>(table: &mut HashTable<(u64, T)>, class: u64) -> Entry<'_, (u64, T)> {
    table.entry(class, |&(known, _)| known == class, |&(known, _)| known)
}

/// Drops candidates that are the only one of their class. Returns the number of classes.
fn keep_groups(candidates: &mut Vec<Candidate>) -> usize {
    let mut sizes: HashTable<(u64, bool)> = HashTable::with_capacity(candidates.len());
    let mut groups = 0;
    for candidate in candidates.iter() {
        match entry(&mut sizes, candidate.class) {
            Entry::Occupied(mut entry) => {
                groups += usize::from(!std::mem::replace(&mut entry.get_mut().1, true));
            }
            Entry::Vacant(entry) => drop(entry.insert((candidate.class, false))),
        }
    }
    candidates.retain(|candidate| {
        let class = candidate.class;
        let found = sizes.find(class, |&(known, _)| known == class);
        found.is_some_and(|&(_, shared)| shared)
    });
    groups
}

/// Separates candidates until nothing changes, and returns those that have an equal. `None` if that takes too many
/// rounds.
fn refine(candidates: Vec<Candidate>, targets: &[Target], nodes: usize) -> Option<Vec<Candidate>> {
    let mut classes: Vec<u64> = (0..nodes as u32).map(alone).collect();
    for candidate in &candidates {
        classes[candidate.node as usize] = candidate.class;
    }
    let separate = |candidates: &mut Vec<Candidate>, classes: &mut [u64]| {
        candidates.par_iter_mut().for_each(|candidate| {
            let mut hasher = FixedState::default().build_hasher();
            hasher.write_u64(candidate.own);
            for &target in candidate.targets(targets) {
                hasher.write_u64(hash_target(classes, target));
            }
            candidate.class = hasher.finish();
        });
        for candidate in candidates.iter() {
            classes[candidate.node as usize] = candidate.class;
        }
        keep_groups(candidates)
    };
    // Candidates that refer to no other candidate do not change after the first round.
    let (mut open, mut settled): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|one| {
        let targets = one.targets(targets).iter();
        let mut nodes = targets.filter_map(|&target| match target {
            Target::Node(node) => Some(node),
            _ => None,
        });
        nodes.any(|node| classes[node as usize] != alone(node))
    });
    separate(&mut settled, &mut classes);
    let mut groups = keep_groups(&mut open);
    for _ in 0..ROUNDS {
        let before = (open.len(), groups);
        groups = separate(&mut open, &mut classes);
        if before == (open.len(), groups) {
            settled.append(&mut open);
            // Both parts are in order already, which makes this sort fast.
            settled.sort_by_key(|candidate| candidate.node);
            return Some(settled);
        }
    }
    None
}

/// For each class chooses the node that is kept, and returns pairs of each other member, in link order, and that
/// node.
fn choose(resolved: &Resolved<'_>, candidates: &[Candidate], roles: &[Role]) -> Vec<(u32, u32)> {
    let mut kept: HashTable<(u64, &Candidate)> = HashTable::with_capacity(candidates.len());
    // First nodes that have to be kept anyway, then the one with the largest alignment, then the first.
    let rank = |candidate: &Candidate| {
        let stays = roles[candidate.node as usize] == Role::Anchor;
        (stays, contents(resolved, candidate.item).align)
    };
    for candidate in candidates {
        match entry(&mut kept, candidate.class) {
            Entry::Occupied(mut entry) => {
                let best = &mut entry.get_mut().1;
                if rank(candidate) > rank(best) {
                    *best = candidate;
                }
            }
            Entry::Vacant(entry) => drop(entry.insert((candidate.class, candidate))),
        }
    }
    let pairs = candidates.iter().map(|candidate| {
        let class = candidate.class;
        let original = kept.find(class, |&(known, _)| known == class);
        let original = original.map_or(candidate.node, |(_, kept)| kept.node);
        (candidate.node, original)
    });
    pairs.filter(|(copy, original)| copy != original).collect()
}

/// Compares every copy with the node that replaces it.
fn is_exact(resolved: &Resolved<'_>, nodes: &Nodes, pairs: &[(u32, u32)]) -> bool {
    let mut kept: Vec<u32> = (0..nodes.len() as u32).collect();
    for &(copy, original) in pairs {
        kept[copy as usize] = original;
    }
    let contents = |node: u32| contents(resolved, nodes.item(resolved, node));
    pairs.par_iter().all(|&(copy, original)| {
        are_equal(resolved, nodes, &kept, &contents(copy), &contents(original))
    })
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
