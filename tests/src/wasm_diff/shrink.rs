//! Makes a link smaller for as long as the two linkers differ in the same way.
//!
//! It is greedy: one part after the other is left out, first files, then options, then parts of files, until nothing
//! more can be left out.

use super::model::{Custom, Input, Link, Object, Piece, Segment, What};

/// The smallest link that was found for which `differs` still holds.
pub fn shrink(link: &Link, mut differs: impl FnMut(&Link) -> bool) -> Link {
    let mut smallest = link.clone();
    loop {
        let mut changed = false;
        let mut number = 0;
        while let Some(smaller) = without(&smallest, number) {
            if differs(&smaller) {
                smallest = smaller;
                changed = true;
            } else {
                number += 1;
            }
        }
        if !changed {
            return smallest;
        }
    }
}

/// The link without thing number `number`.
fn without(link: &Link, number: usize) -> Option<Link> {
    let mut link = link.clone();
    let mut cut = Cut { left: number };
    cut.link(&mut link).then_some(link)
}

struct Cut {
    /// So many things stay.
    left: usize,
}

impl Cut {
    /// Removes one of a list if it is this list's turn.
    fn list<T>(&mut self, list: &mut Vec<T>) -> bool {
        let turn = self.left < list.len();
        match turn {
            true => drop(list.remove(self.left)),
            false => self.left -= list.len(),
        }
        turn
    }

    /// Changes something, if it is its turn and there is anything to change.
    fn change<T: PartialEq>(&mut self, place: &mut T, to: T) -> bool {
        if *place == to {
            return false;
        }
        let turn = self.left == 0;
        match turn {
            true => *place = to,
            false => self.left -= 1,
        }
        turn
    }

    fn link(&mut self, link: &mut Link) -> bool {
        if self.list(&mut link.inputs) {
            return true;
        }
        for input in &mut link.inputs {
            let done = match input {
                Input::Archive(archive) => self.list(&mut archive.members),
                Input::Library(objects) => self.list(objects),
                Input::Stub(lines) => {
                    self.list(lines) || lines.iter_mut().any(|(_, needed)| self.list(needed))
                }
                _ => false,
            };
            if done {
                return true;
            }
        }
        for at in 0..link.inputs.len() {
            let objects = link.inputs[at].objects_mut().to_vec();
            if !matches!(link.inputs[at], Input::Object(_)) && !objects.is_empty() {
                if self.left == 0 {
                    let objects = objects.into_iter().map(Input::Object);
                    link.inputs.splice(at..=at, objects);
                    return true;
                }
                self.left -= 1;
            }
        }
        for input in &mut link.inputs {
            if let Input::Archive(archive) = input
                && (self.change(&mut archive.imports, None)
                    || archive.imports.iter_mut().any(|names| self.list(names))
                    || self.change(&mut archive.searched, false)
                    || self.change(&mut archive.foreign, false)
                    || self.change(&mut archive.whole, false))
            {
                return true;
            }
        }
        self.list(&mut link.options)
            || self.list(&mut link.allowed)
            || link
                .inputs
                .iter_mut()
                .flat_map(|input| input.objects_mut())
                .any(|object| self.object(object))
    }

    fn object(&mut self, object: &mut Object) -> bool {
        self.list(&mut object.groups)
            || self.list(&mut object.inits)
            || self.list(&mut object.customs)
            || self.list(&mut object.segments)
            || self.list(&mut object.symbols)
            || self.change(&mut object.features, Vec::new())
            || self.list(&mut object.features)
            || self.list(&mut object.producers)
            || self.list(&mut object.damage)
            || self.change(&mut object.names, false)
            || self.change(&mut object.old_calls, false)
            || object.groups.iter_mut().any(|group| {
                self.list(&mut group.functions)
                    || self.list(&mut group.segments)
                    || self.list(&mut group.customs)
            })
            || object.symbols.iter_mut().any(|symbol| {
                let done = match &mut symbol.what {
                    What::Function {
                        body, from, export, ..
                    } => {
                        let pieces = body.iter_mut();
                        pieces.into_iter().any(|pieces| self.list(pieces))
                            || self.change(from, None)
                            || self.change(export, None)
                    }
                    What::Global { from, .. }
                    | What::Table { from, .. }
                    | What::Tag { from, .. } => self.change(from, None),
                    _ => false,
                };
                done || (0..10).any(|bit| {
                    let less = symbol.flags & !(1 << bit);
                    self.change(&mut symbol.flags, less)
                }) || self.addends(&mut symbol.what)
            })
            || object
                .segments
                .iter_mut()
                .any(|segment| self.segment(segment))
            || object.customs.iter_mut().any(|custom| self.custom(custom))
    }

    fn addends(&mut self, what: &mut What) -> bool {
        let What::Function {
            body: Some(pieces), ..
        } = what
        else {
            return false;
        };
        pieces.iter_mut().any(|piece| match piece {
            Piece::Use(reloc) => self.change(&mut reloc.addend, 0),
            Piece::Dispatch(signature, _) => self.change(signature, 0),
            Piece::Plain(number) => self.change(number, 0),
        })
    }

    fn segment(&mut self, segment: &mut Segment) -> bool {
        self.list(&mut segment.relocs)
            || segment
                .relocs
                .iter_mut()
                .any(|reloc| self.change(&mut reloc.addend, 0))
            || self.change(&mut segment.align, 0)
            || self.change(&mut segment.flags, 0)
    }

    fn custom(&mut self, custom: &mut Custom) -> bool {
        self.list(&mut custom.relocs)
            || custom
                .relocs
                .iter_mut()
                .any(|reloc| self.change(&mut reloc.addend, 0))
            || self.change(&mut custom.data, Vec::new())
    }
}
