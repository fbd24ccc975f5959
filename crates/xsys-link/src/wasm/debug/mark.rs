//! Which entries stay: those that describe what stays, what they refer to, and what these are in.
//!
//! A debugger must find the same for code that stays. So a subprogram is kept with all that is
//! inside (parameters, variables, blocks, inlined calls), a type with its members and parameters;
//! but what merely lies beside, or inside for the sake of its name (methods, nested types, other
//! functions of a namespace), has to be referred to.

use super::abbrev::Kind;
use super::tree::{GONE, ROOT, Tree};

/// The entry is kept.
const KEPT: u8 = 1;
/// So is what belongs inside.
const WHOLE: u8 = 2;

/// The verdict on each entry.
#[derive(Debug)]
pub struct Marks {
    states: Vec<u8>,
}

impl Marks {
    /// Whether an entry stays.
    #[inline]
    pub fn keeps(&self, number: u32) -> bool {
        self.states[number as usize] != 0
    }
}

/// Finds what stays.
pub fn mark(tree: &Tree) -> Marks {
    let mut marking = Marking {
        tree,
        states: vec![0; tree.dies.len()],
        queue: Vec::new(),
    };
    for (number, die) in tree.dies.iter().enumerate() {
        if die.flags & ROOT != 0 {
            marking.mark(number as u32, WHOLE);
        }
    }
    // Other files may refer to a type's own unit by its signature.
    for unit in tree.units.iter().filter(|unit| unit.is_type) {
        for number in unit.dies.0..unit.dies.1 {
            marking.mark(number, WHOLE);
        }
    }
    marking.run();
    Marks {
        states: marking.states,
    }
}

struct Marking<'t> {
    tree: &'t Tree,
    states: Vec<u8>,
    /// Entries, with what they were before and what they have become.
    queue: Vec<(u32, u8, u8)>,
}

impl Marking<'_> {
    #[inline]
    fn mark(&mut self, number: u32, wanted: u8) {
        let state = &mut self.states[number as usize];
        if *state < wanted {
            self.queue.push((number, *state, wanted));
            *state = wanted;
        }
    }

    fn run(&mut self) {
        while let Some((number, before, now)) = self.queue.pop() {
            let die = &self.tree.dies[number as usize];
            let kind = die.kind;
            if now == WHOLE {
                self.inside(number, kind);
            }
            if before != 0 {
                continue;
            }
            for edge in self.tree.edges(number) {
                self.mark(edge.target, WHOLE);
            }
            if die.parent != number {
                let parent = &self.tree.dies[die.parent as usize];
                // A type must not be shown without its members.
                let wanted = match parent.kind {
                    Kind::Type | Kind::Other => WHOLE,
                    _ => KEPT,
                };
                self.mark(die.parent, wanted);
            }
            if matches!(kind, Kind::Unit | Kind::Namespace) {
                self.beside(number);
            }
        }
    }

    /// What belongs to an entry.
    fn inside(&mut self, number: u32, kind: Kind) {
        if matches!(kind, Kind::Unit | Kind::Namespace) {
            return;
        }
        let end = self.tree.dies[number as usize].end;
        let mut child = number + 1;
        while child < end {
            let die = &self.tree.dies[child as usize];
            match die.kind {
                // On their own feet.
                Kind::Subprogram | Kind::Type | Kind::BaseType | Kind::Namespace | Kind::Unit => {}
                Kind::Variable if die.flags & GONE != 0 => {}
                _ => self.mark(child, WHOLE),
            }
            child = die.end;
        }
    }

    /// What has an effect on its surroundings without being referred to.
    fn beside(&mut self, number: u32) {
        let end = self.tree.dies[number as usize].end;
        let mut child = number + 1;
        while child < end {
            let die = &self.tree.dies[child as usize];
            match die.kind {
                Kind::Import | Kind::Other => self.mark(child, WHOLE),
                Kind::Variable if self.tree.abbrevs.get(die.abbrev).constant => {
                    self.mark(child, WHOLE)
                }
                Kind::BaseType if self.tree.typed_lists => self.mark(child, WHOLE),
                _ => {}
            }
            child = die.end;
        }
    }
}
