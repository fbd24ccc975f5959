//! What is left of the sections with units: spans, new values of references, and which lists and
//! programs of other sections are still referred to.

use super::abbrev::{Step, Width};
use super::cursor::Cursor;
use super::expression::{self, Operand};
use super::lists;
use super::mark::Marks;
use super::spans::Spans;
use super::targets::Ascending;
use super::tree::{self, Tree, Unit};
use super::{Patch, Sections};

/// What is left of one section with units.
#[derive(Debug, Default)]
pub struct KeptInfo {
    /// Its spans.
    pub spans: Spans,
    /// Numbers at places of what is left, ascending.
    pub patches: Vec<Patch>,
}

/// Offsets in other sections that entries which stay refer to: section, offset, address width.
pub type References = Vec<(u32, u32, u8)>;

/// Finds out what is left.
pub fn keep(
    sections: &Sections<'_, '_>,
    tree: &Tree,
    marks: &Marks,
) -> Option<(Vec<KeptInfo>, References)> {
    let mut references = Vec::new();
    // Where each entry is in what is left of its section.
    let mut places = vec![0; tree.dies.len()];
    let mut kept = Vec::new();
    for info in &tree.infos {
        let mut walk = Walk {
            sections,
            tree,
            marks,
            info: KeptInfo::default(),
            pending: Vec::new(),
            references: &mut references,
            places: &mut places,
            relocs: Ascending::new(sections.relocs(info.section)),
            bytes: sections.data(info.section),
        };
        for unit in &tree.units[info.units.0..info.units.1] {
            if marks.keeps(unit.dies.0) {
                walk.unit(unit, info.base)?;
            }
        }
        kept.push(walk.info);
    }
    references.sort_unstable();
    references.dedup();
    Some((kept, references))
}

struct Walk<'w, 's> {
    sections: &'w Sections<'s, 's>,
    tree: &'w Tree,
    marks: &'w Marks,
    info: KeptInfo,
    /// Place in what is left, width, and the entry that is referred to.
    pending: Vec<(u32, Width, u32)>,
    references: &'w mut References,
    places: &'w mut [u32],
    relocs: Ascending<'w>,
    bytes: &'w [u8],
}

impl Walk<'_, '_> {
    fn unit(&mut self, unit: &Unit, base: u32) -> Option<()> {
        let start = self.info.spans.push(unit.offset, unit.first);
        self.refer(unit.abbrevs, unit.address_size);
        let length_patch = self.info.patches.len();
        self.info.patches.push(Patch {
            at: start,
            width: Width::Fixed(4),
            value: 0,
        });
        let mut siblings = Vec::new();
        // Ends of the entries whose children are being walked.
        let mut open: Vec<u32> = Vec::new();
        let mut number = unit.dies.0;
        loop {
            // What ends here has its terminator right before.
            let mut ended = 0;
            while open.last().is_some_and(|&end| end <= number) {
                open.pop();
                ended += 1;
            }
            let at = match number < unit.dies.1 {
                true => self.tree.dies[number as usize].offset - base,
                false => unit.tree_end,
            };
            if ended > 0 {
                self.info.spans.push(at - ended, at);
            }
            if number >= unit.dies.1 {
                break;
            }
            let die = &self.tree.dies[number as usize];
            if !self.marks.keeps(number) {
                number = die.end;
                continue;
            }
            let abbrev = self.tree.abbrevs.get(die.abbrev);
            // The span's end is known after the walk, its place is known now.
            let place = self.info.spans.size();
            self.places[number as usize] = place;
            let end = self.entry(unit, number, at, place, &mut siblings)?;
            self.info.spans.push(at, end);
            if abbrev.children {
                open.push(die.end);
            }
            number += 1;
        }
        let size = self.info.spans.size();
        self.info.patches[length_patch].value = size - start - 4;
        for (place, width, target) in self.pending.drain(..) {
            let value = self.places[target as usize] - start;
            self.info.patches.push(Patch {
                at: place,
                width,
                value,
            });
        }
        for (place, width, target) in siblings {
            let value = self.info.spans.place(target) - start;
            self.info.patches.push(Patch {
                at: place,
                width,
                value,
            });
        }
        Some(())
    }

    /// Walks an entry's attributes; returns where they end.
    fn entry(
        &mut self,
        unit: &Unit,
        number: u32,
        at: u32,
        place: u32,
        siblings: &mut Vec<(u32, Width, u32)>,
    ) -> Option<u32> {
        let die = &self.tree.dies[number as usize];
        let abbrev = self.tree.abbrevs.get(die.abbrev);
        let base = die.offset - at;
        let mut cursor = Cursor::new(self.bytes, at as usize);
        cursor.skip_leb()?;
        for &step in self.tree.abbrevs.keep(abbrev) {
            let from = cursor.pos();
            let here = place + (from as u32 - at);
            match step {
                Step::Reference(width) => {
                    let value = width.read(&mut cursor)? as u32;
                    let target = self.tree.starts.number(base + unit.offset + value)?;
                    let width = exact(width, cursor.pos() - from);
                    self.pending.push((here, width, target));
                }
                Step::Sibling(width) => {
                    let value = u32::try_from(width.read(&mut cursor)?).ok()?;
                    let target = unit.offset.checked_add(value)?;
                    if target > unit.end {
                        return None;
                    }
                    let width = exact(width, cursor.pos() - from);
                    siblings.push((here, width, target));
                }
                Step::Ranges | Step::Elsewhere | Step::Base(_) => {
                    let target = tree::section_target(self.relocs.at(from)?)?;
                    self.refer(target, unit.address_size);
                    cursor.skip(4)?;
                }
                Step::RangesIndex => {
                    let (section, base) = unit.bases.ranges?;
                    let index = cursor.uleb()?;
                    lists::indexed(self.sections, section, base, index)?;
                }
                Step::Expression(width) | Step::Location(width) => {
                    let length = usize::try_from(width.read(&mut cursor)?).ok()?;
                    let from = cursor.pos();
                    let here = place + (from as u32 - at);
                    let expression = cursor.take(length)?;
                    let (tree, pending) = (self.tree, &mut self.pending);
                    let mut missing = false;
                    expression::scan(expression, unit.address_size, |operand| {
                        if let Operand::Type {
                            at,
                            len,
                            value: value @ 1..,
                        } = operand
                        {
                            let target = base + unit.offset + value as u32;
                            match tree.starts.number(target) {
                                Some(target) => {
                                    let width = exact(Width::Leb, len);
                                    pending.push((here + at as u32, width, target));
                                }
                                None => missing = true,
                            }
                        }
                    })?;
                    if missing {
                        return None;
                    }
                }
                _ => tree::skip(step, &mut cursor)?,
            }
        }
        Some(cursor.pos() as u32)
    }

    fn refer(&mut self, (section, offset): (u32, u32), address_size: u8) {
        self.references.push((section, offset, address_size));
    }
}

/// A number keeps its length, whatever its value becomes: `Leb` numbers too.
fn exact(width: Width, length: usize) -> Width {
    match width {
        Width::Leb => Width::Padded(length as u8),
        fixed => fixed,
    }
}
