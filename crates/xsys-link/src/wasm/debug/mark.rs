//! Which entries are kept: those that describe live code and data, what they refer to, and what contains them.
//!
//! A debugger must find the same information about live code as before. So a subprogram is kept with all that belongs
//! to it (parameters, variables, blocks, inlined calls), and a type with its members and parameters. Entries that
//! merely are in the same scope (methods, nested types, other functions of a namespace) are only kept if something
//! refers to them.

use super::tree::Tree;
use super::unit::{CONSTANT, Die, Edge, GONE, Kind, ROOT};

/// The entry itself is kept.
const KEPT: u8 = 1;
/// So are the entries that belong to it.
const WHOLE: u8 = 2;

/// Which entries are kept.
#[derive(Debug, Default)]
pub(super) struct Marks {
    states: Vec<u8>,
    queue: Vec<Change>,
}

/// An entry of which more is kept than before.
#[derive(Debug)]
struct Change {
    number: u32,
    before: u8,
    now: u8,
}

impl Marks {
    /// Whether an entry is kept.
    #[inline]
    pub(super) fn keeps(&self, number: u32) -> bool {
        self.states[number as usize] != 0
    }

    /// Finds out which entries of a tree are kept. Earlier results are removed.
    pub(super) fn find(&mut self, tree: &Tree) {
        self.states.clear();
        self.states.resize(tree.dies.len(), 0);
        self.queue.clear();
        for (number, die) in (0u32..).zip(&tree.dies) {
            if die.flags & ROOT != 0 {
                self.mark(number, WHOLE);
                self.run(tree);
            }
        }
        // Other files may refer to a type unit by its signature.
        for unit in tree.units.iter().filter(|unit| unit.is_type) {
            for number in unit.dies.0..unit.dies.1 {
                self.mark(number, WHOLE);
            }
        }
        self.run(tree);
    }

    #[inline]
    fn mark(&mut self, number: u32, now: u8) {
        let state = &mut self.states[number as usize];
        let before = *state;
        if before < now {
            *state = now;
            self.queue.push(Change {
                number,
                before,
                now,
            });
        }
    }

    fn run(&mut self, tree: &Tree) {
        while let Some(change) = self.queue.pop() {
            let number = change.number;
            let die = &tree.dies[number as usize];
            if change.before == 0 {
                self.follow(tree.edges(number));
                if die.parent != number {
                    let parent = &tree.dies[die.parent as usize];
                    // A type must be kept with its members.
                    let wanted = match parent.kind {
                        Kind::Type | Kind::Other => WHOLE,
                        _ => KEPT,
                    };
                    self.mark(die.parent, wanted);
                }
            }
            if matches!(die.kind, Kind::Unit | Kind::Namespace) {
                if change.before == 0 {
                    self.beside(tree, number, die.end);
                }
            } else if change.now == WHOLE {
                self.inside(tree, number + 1, die.end);
            }
        }
    }

    /// Keeps what adjacent entries refer to.
    #[inline]
    fn follow(&mut self, edges: &[Edge]) {
        for edge in edges {
            self.mark(edge.target, WHOLE);
        }
    }

    /// Keeps what belongs to an entry, at any depth.
    fn inside(&mut self, tree: &Tree, first: u32, end: u32) {
        let mut number = first;
        // The first reference of the present run of new entries.
        let mut edges = tree.first_edge(number);
        while number < end {
            let die = &tree.dies[number as usize];
            let state = &mut self.states[number as usize];
            let before = *state;
            if before == 0 && !stands_alone(die) {
                *state = WHOLE;
                number += 1;
                continue;
            }
            self.follow(&tree.edges[edges..die.edges as usize]);
            // References of entries that were kept before have been followed.
            let state = &mut self.states[number as usize];
            number = match *state != WHOLE && !stands_alone(die) {
                true => {
                    *state = WHOLE;
                    number + 1
                }
                false => die.end,
            };
            edges = tree.first_edge(number);
        }
        self.follow(&tree.edges[edges..tree.first_edge(end)]);
    }

    /// Keeps entries in a scope that apply to the whole scope.
    fn beside(&mut self, tree: &Tree, number: u32, end: u32) {
        let mut child = number + 1;
        while child < end {
            let die = &tree.dies[child as usize];
            match die.kind {
                Kind::Import | Kind::Other => self.mark(child, WHOLE),
                Kind::Variable if die.flags & CONSTANT != 0 => self.mark(child, WHOLE),
                Kind::BaseType if tree.typed_lists => self.mark(child, WHOLE),
                _ => {}
            }
            child = die.end;
        }
    }
}

/// Whether an entry does not belong to the one that contains it.
#[inline]
fn stands_alone(die: &Die) -> bool {
    match die.kind {
        Kind::Subprogram | Kind::Type | Kind::BaseType | Kind::Namespace | Kind::Unit => true,
        Kind::Variable => die.flags & GONE != 0,
        Kind::Scope | Kind::Import | Kind::Other => false,
    }
}
