//! What is kept of sections with units: spans, new values of references, and which parts of other sections are used.

use super::cursor::Cursor;
use super::lists::{self, List};
use super::mark::Marks;
use super::spans::Spans;
use super::step::{self, Step, Width};
use super::targets::{Ascending, Origin};
use super::tree::Tree;
use super::unit::{self, Edge, Info, SPECIAL, Unit};
use super::{Patch, Sections};

/// What is kept of a section with units.
#[derive(Debug, Default)]
pub(super) struct KeptInfo {
    /// The spans that are kept.
    pub spans: Spans,
    /// Their contents, with new references.
    pub image: Vec<u8>,
}

/// A reference from an entry that is kept to another section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    /// The section.
    pub section: u32,
    /// The offset there.
    pub offset: u32,
    /// Size of addresses there.
    pub address_size: u8,
    /// Start of the unit's code, from which lists count.
    pub origin: Origin,
}

/// What the entries that are kept use of other sections.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// References, ascending.
    pub references: Vec<Reference>,
    /// New values in lists of DWARF 5: section, and the number at an offset of the input.
    pub patches: Vec<(u32, Patch)>,
}

/// Finds out what is kept. `places` gets the new offset of each entry.
pub(super) fn keep(
    sections: &Sections<'_, '_>,
    tree: &Tree,
    marks: &Marks,
    places: &mut Vec<u32>,
) -> Option<(Vec<KeptInfo>, Needs)> {
    let mut needs = Needs::default();
    places.clear();
    places.resize(tree.dies.len(), 0);
    let mut kept = Vec::new();
    for info in &tree.infos {
        let mut walk = Walk {
            sections,
            tree,
            marks,
            spans: Spans::default(),
            patches: Vec::new(),
            pending_types: Vec::new(),
            origin: Origin::Unknown,
            needs: &mut needs,
            places,
            relocs: Ascending::new(sections.relocs(info.section)),
            bytes: sections.data(info.section),
        };
        for unit in &tree.units[info.units.0..info.units.1] {
            if marks.keeps(unit.dies.0) {
                walk.unit(unit, info.base)?;
            }
        }
        let (spans, patches) = (walk.spans, walk.patches);
        let mut image = spans.copy(sections.data(info.section));
        for patch in patches {
            patch.put(&mut image);
        }
        refer(tree, info, &spans, places, &mut image);
        kept.push(KeptInfo { spans, image });
    }
    needs.references.sort_unstable();
    needs.references.dedup();
    Some((kept, needs))
}

/// Writes the new values of references between entries.
fn refer(tree: &Tree, info: &Info, spans: &Spans, places: &[u32], image: &mut [u8]) {
    let mut units = tree.units[info.units.0..info.units.1].iter();
    // End of the unit, and its new start.
    let (mut end, mut start) = (0, 0);
    let each = |at, edge: &Edge| {
        let Some(width) = edge.width else { return };
        while edge.at - info.base >= end
            && let Some(unit) = units.next()
        {
            end = unit.end;
            start = places[unit.dies.0 as usize].wrapping_sub(unit.first - unit.offset);
        }
        let value = places[edge.target as usize] - start;
        Patch { at, width, value }.put(image);
    };
    spans.each_within(tree.edges_of(info), |edge| edge.at - info.base, each);
}

struct Walk<'w, 's> {
    sections: &'w Sections<'s, 's>,
    tree: &'w Tree,
    marks: &'w Marks,
    spans: Spans,
    /// New numbers, with new offsets.
    patches: Vec<Patch>,
    /// References in lists: section, offset in the input, width, and the entry.
    pending_types: Vec<(u32, u32, Width, u32)>,
    /// Start of the unit's code.
    origin: Origin,
    needs: &'w mut Needs,
    places: &'w mut [u32],
    relocs: Ascending<'w>,
    bytes: &'w [u8],
}

impl Walk<'_, '_> {
    fn unit(&mut self, unit: &Unit, base: u32) -> Option<()> {
        let start = self.spans.push(unit.offset, unit.first);
        self.origin = Origin::Unknown;
        self.refer(unit.abbrevs, unit.address_size);
        let length_patch = self.patches.len();
        self.patches.push(Patch {
            at: start,
            width: Width::Fixed(4),
            value: 0,
        });
        let mut siblings = Vec::new();
        // Start of the present span in the input and in the output.
        let (mut from, mut out) = (unit.first, self.spans.size());
        let mut number = unit.dies.0;
        while number < unit.dies.1 {
            let die = &self.tree.dies[number as usize];
            let at = die.offset - base;
            let place = out + (at - from);
            if !self.marks.keeps(number) {
                if at > from {
                    self.spans.push(from, at);
                }
                (from, out) = (die.tail - base, place);
                number = die.end;
                continue;
            }
            self.places[number as usize] = place;
            if die.flags & SPECIAL != 0 {
                self.entry(unit, number, at, place, &mut siblings)?;
            }
            number += 1;
        }
        self.spans.push(from, unit.tree_end);
        let size = self.spans.size();
        self.patches[length_patch].value = size - start - 4;
        for (section, at, width, target) in self.pending_types.drain(..) {
            let value = self.places[target as usize] - start;
            let patch = Patch { at, width, value };
            self.needs.patches.push((section, patch));
        }
        for (place, width, target) in siblings {
            let value = self.spans.place(target) - start;
            self.patches.push(Patch {
                at: place,
                width,
                value,
            });
        }
        Some(())
    }

    /// Handles the attributes of an entry that needs more than new references.
    fn entry(
        &mut self,
        unit: &Unit,
        number: u32,
        at: u32,
        place: u32,
        siblings: &mut Vec<(u32, Width, u32)>,
    ) -> Option<()> {
        let table = self.tree.abbrevs.table(unit.table);
        let base = self.tree.dies[number as usize].offset - at;
        let mut cursor = Cursor::new(self.bytes, at as usize);
        let shape = table.get(cursor.uleb()?)?;
        // Start of the entry's code, and distances that count from it.
        let mut start = Origin::Unknown;
        let mut lengths = [None; 2];
        let mut lists = [None; 2];
        for &step in table.keep(shape) {
            let from = cursor.pos();
            let here = place + (from as u32 - at);
            match step {
                Step::Sibling(width) => {
                    let value = u32::try_from(width.read(&mut cursor)?).ok()?;
                    let target = unit.offset.checked_add(value)?;
                    if target > unit.end {
                        return None;
                    }
                    let width = width.exact(cursor.pos() - from);
                    siblings.push((here, width, target));
                }
                Step::Ranges | Step::Elsewhere | Step::Base(_) => {
                    let target = unit::section_target(self.relocs.at(from)?)?;
                    if step == Step::Ranges && number == unit.dies.0 {
                        lists[0] = Some(target);
                    } else if matches!(step, Step::Base(_)) {
                        self.refer(target, unit.address_size);
                    } else {
                        self.list(unit, base, target)?;
                    }
                    cursor.skip(4)?;
                }
                Step::RangesIndex | Step::LocationsIndex => {
                    let (section, start) = match step {
                        Step::RangesIndex => unit.bases.ranges?,
                        _ => unit.bases.locations?,
                    };
                    let index = cursor.uleb()?;
                    let offset = lists::indexed(self.sections, section, start, index)?;
                    if number == unit.dies.0 {
                        lists[1] = Some((section, offset));
                    } else {
                        self.list(unit, base, (section, offset))?;
                    }
                }
                Step::LowPc(width) => {
                    start = Origin::of(self.relocs.at(from));
                    cursor.skip(usize::from(width))?;
                }
                Step::LowPcIndex(width) => {
                    let index = width.read(&mut cursor)?;
                    start = Origin::of(unit::address(self.sections, unit, index));
                }
                Step::Length(width) => {
                    let value = width.read(&mut cursor)?;
                    let width = width.exact(cursor.pos() - from);
                    let free = lengths.iter_mut().find(|length| length.is_none())?;
                    *free = Some((here, width, value));
                }
                _ => step::skip(step, &mut cursor)?,
            }
        }
        for (place, width, value) in lengths.into_iter().flatten() {
            let moved = self.sections.view.distance(start, value)?;
            if moved != value {
                self.patches.push(Patch {
                    at: place,
                    width,
                    value: moved as u32,
                });
            }
        }
        // The unit's own lists count from its start, which may be specified behind them.
        if number == unit.dies.0 {
            self.origin = start;
            for target in lists.into_iter().flatten() {
                self.list(unit, base, target)?;
            }
        }
        Some(())
    }

    /// Handles a reference to a list or another part of another section.
    fn list(&mut self, unit: &Unit, base: u32, (section, offset): (u32, u32)) -> Option<()> {
        self.refer((section, offset), unit.address_size);
        let list = List {
            section,
            offset,
            origin: self.origin,
        };
        let name = self.sections.view.name(section);
        let changes = match name {
            ".debug_loclists" => true,
            ".debug_rnglists" => self.sections.view.moves(),
            _ => false,
        };
        if !changes {
            return Some(());
        }
        let mut patches = Vec::new();
        let (tree, pending) = (self.tree, &mut self.pending_types);
        let mut missing = false;
        lists::patched(
            self.sections,
            unit,
            list,
            &mut patches,
            |at, length, value| {
                let target = (base + unit.offset).checked_add(value as u32);
                match target.and_then(|target| tree.number(target)) {
                    Some(target) => {
                        let width = Width::Leb.exact(length);
                        pending.push((section, at as u32, width, target));
                    }
                    None => missing = true,
                }
            },
        )?;
        let patches = patches.into_iter().map(|patch| (section, patch));
        self.needs.patches.extend(patches);
        (!missing).then_some(())
    }

    fn refer(&mut self, (section, offset): (u32, u32), address_size: u8) {
        self.needs.references.push(Reference {
            section,
            offset,
            address_size,
            origin: self.origin,
        });
    }
}
