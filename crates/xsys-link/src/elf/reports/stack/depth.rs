//! The deepest chain of calls below each function.
//!
//! Problem: a chain of calls has a depth only if it does not come back to where it was. So functions
//! that call each other in a circle become one group, and the groups, callees first, form a graph
//! without circles in which a group's depth follows from those that it calls.
//!
//! A circle that is closed only by a function's address may come from a table and not from calls: it is
//! cut at the address and reported. Nothing here recurses, since chains may be as long as the program.
//!
//! Algorithm: R. Tarjan, "Depth-first search and linear graph algorithms" (1972).

use super::graph::{EdgeKind, Graph};

/// The groups with their depths.
pub(super) struct Depths {
    /// The group of each function.
    group_of: Vec<u32>,
    groups: Vec<CallCycle>,
    /// Functions that form the address of one from which they can be reached.
    pub circles_by_address: Vec<bool>,
}

/// Functions that call each other.
#[derive(Default)]
pub(super) struct CallCycle {
    /// In ascending order.
    pub members: Vec<u32>,
    /// Bytes of the deepest chain, each function counted once.
    pub depth: u64,
    /// They call each other and use stack.
    pub recursive: bool,
    next: Option<u32>,
}

impl Depths {
    /// Works out all depths; each call pushes `pushed` bytes.
    pub(super) fn of(graph: &Graph<'_>, pushed: u64) -> Self {
        let all = components(graph, |_| true);
        let called = components(graph, |kind| kind == EdgeKind::Call);
        // Callees have lower numbers in both. The groups with addresses come first, since they contain the others.
        let mut order: Vec<u32> = (0..graph.functions.len() as u32).collect();
        order.sort_unstable_by_key(|&f| (all[f as usize], called[f as usize], f));
        let mut depths = Self {
            group_of: vec![0; order.len()],
            groups: Vec::new(),
            circles_by_address: vec![false; order.len()],
        };
        for members in order.chunk_by(|&a, &b| called[a as usize] == called[b as usize]) {
            depths.add(graph, members, &all, pushed);
        }
        depths
    }

    fn add(&mut self, graph: &Graph<'_>, members: &[u32], all: &[u32], pushed: u64) {
        let here = self.groups.len() as u32;
        let mut group = CallCycle {
            members: members.to_vec(),
            ..CallCycle::default()
        };
        for &member in members {
            self.group_of[member as usize] = here;
        }
        let (mut own, mut frames, mut circle) = (0u64, 0, false);
        for &member in members {
            let frame = graph.functions[member as usize].frame.unwrap_or(0);
            frames |= frame;
            own = own.saturating_add(frame).saturating_add(pushed);
            for (kind, to) in graph.callees(member) {
                if kind == EdgeKind::Address && all[to as usize] == all[member as usize] {
                    self.circles_by_address[member as usize] = true;
                    continue;
                }
                let to = self.group_of[to as usize];
                if to == here {
                    circle = true;
                } else if self.groups[to as usize].depth > group.depth {
                    group.depth = self.groups[to as usize].depth;
                    group.next = Some(to);
                }
            }
        }
        group.depth = group.depth.saturating_add(own);
        // Recursion that uses no stack is a loop.
        group.recursive = circle && frames > 0;
        self.groups.push(group);
    }

    /// The group of a function.
    pub(super) fn group(&self, function: u32) -> &CallCycle {
        &self.groups[self.group_of[function as usize] as usize]
    }

    /// The functions on the deepest chain.
    pub(super) fn path(&self, function: u32) -> Vec<u32> {
        let mut path = Vec::new();
        let mut at = Some(self.group_of[function as usize]);
        while let Some(group) = at.map(|at| &self.groups[at as usize]) {
            path.extend(&group.members);
            at = group.next;
        }
        path
    }
}

/// For each function the number of its strongly connected component; callees have lower numbers.
fn components(graph: &Graph<'_>, follow: impl Fn(EdgeKind) -> bool) -> Vec<u32> {
    const NEW: u32 = u32::MAX;
    let count = graph.functions.len();
    let (mut index, mut low, mut component) =
        (vec![NEW; count], vec![NEW; count], vec![NEW; count]);
    let (mut open, mut visits) = (Vec::new(), Vec::new());
    let (mut entered, mut closed) = (0, 0);
    for root in 0..count as u32 {
        if index[root as usize] == NEW {
            visits.push((root, 0));
        }
        while let Some((node, edge)) = visits.pop() {
            let at = node as usize;
            if index[at] == NEW {
                (index[at], low[at]) = (entered, entered);
                entered += 1;
                open.push(node);
            }
            let targets = graph.edges(node);
            let mut child = None;
            for (next, &(_, kind, to)) in targets.iter().enumerate().skip(edge) {
                let target = to as usize;
                if target >= count || !follow(kind) {
                    continue;
                }
                if index[target] == NEW {
                    child = Some((next, to));
                    break;
                }
                if component[target] == NEW {
                    low[at] = low[at].min(low[target]);
                }
            }
            if let Some((next, to)) = child {
                // The edge is looked at again afterwards, when the lowest is known.
                visits.push((node, next));
                visits.push((to, 0));
                continue;
            }
            if low[at] == index[at] {
                while let Some(member) = open.pop() {
                    component[member as usize] = closed;
                    if member == node {
                        break;
                    }
                }
                closed += 1;
            }
        }
    }
    component
}
