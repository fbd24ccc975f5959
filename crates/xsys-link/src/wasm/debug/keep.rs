//! What is left of the sections with units: spans, new values of references, and which lists and
//! programs of other sections are still referred to.

use super::cursor::Cursor;
use super::lists::{self, List};
use super::mark::Marks;
use super::spans::Spans;
use super::step::{self, Step, Width};
use super::targets::{Ascending, Origin};
use super::tree::Tree;
use super::unit::{self, Edge, Info, SPECIAL, Unit};
use super::{Patch, Sections};

/// What is left of one section with units.
#[derive(Debug, Default)]
pub(super) struct KeptInfo {
    /// Its spans.
    pub spans: Spans,
    /// What they contain, with new numbers.
    pub image: Vec<u8>,
}

/// A place of another section that an entry which stays refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    /// The section.
    pub section: u32,
    /// The place.
    pub offset: u32,
    /// Width of addresses there.
    pub address_size: u8,
    /// Where the unit starts, which lists count from.
    pub origin: Origin,
}

/// What entries that stay need of other sections.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Places, ascending.
    pub references: Vec<Reference>,
    /// New values in lists of DWARF 5: section, and the number at a place of the input.
    pub patches: Vec<(u32, Patch)>,
}

/// Finds out what is left. In `places` is said where each entry is in what is left of its section.
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

/// Fills in the references between entries.
fn refer(tree: &Tree, info: &Info, spans: &Spans, places: &[u32], image: &mut [u8]) {
    let mut units = tree.units[info.units.0..info.units.1].iter();
    // Where the unit ends, and where it starts in what is left.
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
    /// Numbers at places of what is left.
    patches: Vec<Patch>,
    /// References in lists: section, place in the input, width, and the entry that is referred to.
    pending_types: Vec<(u32, u32, Width, u32)>,
    /// Where the unit starts.
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
        // Where what is kept in one piece starts, and where that is in what is left.
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

    /// Walks the attributes of an entry that need more than new values for references.
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
        // Where the entry's code starts, and the distances that count from there.
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
        // The unit's own lists count from where it starts, which may be said behind them.
        if number == unit.dies.0 {
            self.origin = start;
            for target in lists.into_iter().flatten() {
                self.list(unit, base, target)?;
            }
        }
        Some(())
    }

    /// A list or something else in another section.
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
