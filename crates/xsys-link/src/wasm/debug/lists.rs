//! Range lists and location lists: keeps the entries that describe live code, with new distances if code has moved.
//!
//! Spec: DWARF 4, sections 2.17.3 and 2.6.2 (`.debug_ranges`, `.debug_loc`); DWARF 5, sections 7.7.3, 7.25, 7.28 and
//! 7.29 (`.debug_rnglists`, `.debug_loclists`).

use super::cursor::Cursor;
use super::expression::{self, Operand};
use super::step::Width;
use super::targets::{Origin, Reloc, Target, at};
use super::unit::{Unit, address};
use super::{Patch, Sections};

/// One entry of a list.
struct Entry {
    /// Its bytes.
    from: usize,
    to: usize,
    /// Whether it describes live code, or later entries count from it.
    stays: bool,
    /// Whether it describes code.
    code: bool,
    /// Distances: offset, width, and value.
    numbers: [Option<(usize, Width, u64)>; 2],
    /// The address that they count from.
    origin: Origin,
    /// The expression, in location lists.
    expression: Option<(usize, usize)>,
}

impl Entry {
    fn new(from: usize) -> Self {
        Self {
            from,
            to: from,
            stays: true,
            code: false,
            numbers: [None; 2],
            origin: Origin::Unknown,
            expression: None,
        }
    }

    /// New values of the distances, at offsets of the input.
    fn patches(&self, sections: &Sections<'_, '_>, patches: &mut Vec<Patch>) -> Option<()> {
        for (at, width, value) in self.numbers.into_iter().flatten() {
            let moved = sections.view.distance(self.origin, value)?;
            if moved != value {
                patches.push(Patch {
                    at: at as u32,
                    width,
                    value: moved as u32,
                });
            }
        }
        Some(())
    }
}

/// A list that an entry refers to.
#[derive(Clone, Copy)]
pub(super) struct List {
    /// Its section.
    pub section: u32,
    /// Its offset.
    pub offset: u32,
    /// The address that it counts from unless it specifies another.
    pub origin: Origin,
}

fn gone(reloc: Option<&Reloc>) -> Option<bool> {
    reloc.map(|reloc| reloc.target == Target::Gone)
}

/// Reads a list in the format before DWARF 5.
fn old(
    sections: &Sections<'_, '_>,
    list: List,
    width: u8,
    mut each: impl FnMut(&Entry) -> Option<()>,
) -> Option<()> {
    let relocs = sections.relocs(list.section);
    let locations = sections.view.name(list.section) == ".debug_loc";
    let mut cursor = Cursor::new(sections.data(list.section), list.offset as usize);
    let size = usize::from(width);
    let escape = u64::MAX >> (64 - 8 * u32::from(width));
    let mut base_gone = false;
    let mut origin = list.origin;
    // Lists come in any order, but entries of a list ascend.
    let mut next = relocs.partition_point(|reloc| reloc.at < list.offset);
    let mut reloc_at = |offset: usize| {
        while relocs.get(next).is_some_and(|r| (r.at as usize) < offset) {
            next += 1;
        }
        relocs.get(next).filter(|r| r.at as usize == offset)
    };
    loop {
        let mut entry = Entry::new(cursor.pos());
        let first_reloc = reloc_at(cursor.pos());
        let first_at = cursor.pos();
        let first = cursor.number(size)?;
        let second_reloc = reloc_at(cursor.pos());
        let second_at = cursor.pos();
        let second = cursor.number(size)?;
        sections.spend(2 * size)?;
        entry.to = cursor.pos();
        let plain = first_reloc.is_none() && second_reloc.is_none();
        if plain && first == 0 && second == 0 {
            return each(&entry);
        }
        if first_reloc.is_none() && first == escape {
            base_gone = gone(second_reloc) == Some(true);
            origin = Origin::of(second_reloc);
            entry.stays = !base_gone;
        } else {
            entry.code = true;
            entry.stays = match gone(first_reloc.or(second_reloc)) {
                Some(gone) => !gone,
                None => !base_gone,
            };
            if plain {
                let number = |at, value| Some((at, Width::Fixed(width), value));
                entry.numbers = [number(first_at, first), number(second_at, second)];
                entry.origin = origin;
            }
            if locations {
                let length = cursor.number(2)? as usize;
                let start = cursor.pos();
                cursor.skip(length)?;
                sections.spend(length)?;
                entry.expression = Some((start, cursor.pos()));
                entry.to = cursor.pos();
            }
        }
        each(&entry)?;
    }
}

/// Reads a list in the format of DWARF 5.
fn new(
    sections: &Sections<'_, '_>,
    unit: &Unit,
    list: List,
    mut each: impl FnMut(&Entry) -> Option<()>,
) -> Option<()> {
    let relocs = sections.relocs(list.section);
    let locations = sections.view.name(list.section) == ".debug_loclists";
    let mut cursor = Cursor::new(sections.data(list.section), list.offset as usize);
    let width = usize::from(unit.address_size);
    let mut origin = list.origin;
    let leb = |cursor: &mut Cursor<'_>| {
        let at = cursor.pos();
        let value = cursor.uleb()?;
        Some((at, Width::Padded((cursor.pos() - at) as u8), value))
    };
    loop {
        let mut entry = Entry::new(cursor.pos());
        entry.code = true;
        let indexed = |index| Origin::of(address(sections, unit, index));
        let kind = match (cursor.u8()?, locations) {
            // Location lists have one more kind of entry: the default location.
            (5, true) => 9,
            (kind @ 6.., true) => kind - 1,
            (kind, _) => kind,
        };
        match kind {
            0 => {
                sections.spend(1)?;
                entry.code = false;
                entry.to = cursor.pos();
                return each(&entry);
            }
            1 => {
                origin = indexed(cursor.uleb()?);
                entry.code = false;
                entry.stays = origin != Origin::Gone;
            }
            2 => {
                entry.stays = indexed(cursor.uleb()?) != Origin::Gone;
                cursor.skip_leb()?;
            }
            3 => {
                entry.origin = indexed(cursor.uleb()?);
                entry.stays = entry.origin != Origin::Gone;
                entry.numbers[0] = leb(&mut cursor);
            }
            4 => {
                entry.numbers = [leb(&mut cursor), leb(&mut cursor)];
                entry.origin = origin;
                entry.stays = origin != Origin::Gone;
            }
            5 => {
                origin = Origin::of(at(relocs, cursor.pos()));
                cursor.skip(width)?;
                entry.code = false;
                entry.stays = origin != Origin::Gone;
            }
            6 => {
                entry.stays = gone(at(relocs, cursor.pos())) != Some(true);
                cursor.skip(2 * width)?;
            }
            7 => {
                entry.origin = Origin::of(at(relocs, cursor.pos()));
                entry.stays = entry.origin != Origin::Gone;
                cursor.skip(width)?;
                entry.numbers[0] = leb(&mut cursor);
            }
            9 => {}
            _ => return None,
        }
        if locations && entry.code {
            let length = usize::try_from(cursor.uleb()?).ok()?;
            let start = cursor.pos();
            cursor.skip(length)?;
            entry.expression = Some((start, cursor.pos()));
        }
        entry.to = cursor.pos();
        sections.spend(entry.to - entry.from)?;
        each(&entry)?;
    }
}

/// Whether a range list contains live code.
pub(super) fn any_stays(
    sections: &Sections<'_, '_>,
    unit: &Unit,
    section: u32,
    offset: u32,
) -> Option<bool> {
    let mut any = false;
    let each = |entry: &Entry| {
        any |= entry.code && entry.stays;
        // One is enough, so stop.
        (!any).then_some(())
    };
    let list = List {
        section,
        offset,
        origin: Origin::Unknown,
    };
    let result = match sections.view.name(section) {
        ".debug_ranges" => old(sections, list, unit.address_size, each),
        ".debug_rnglists" => new(sections, unit, list, each),
        _ => None,
    };
    match any {
        true => Some(true),
        false => result.map(|()| false),
    }
}

/// The list with an index in the unit's table.
pub(super) fn indexed(
    sections: &Sections<'_, '_>,
    section: u32,
    base: u32,
    index: u64,
) -> Option<u32> {
    let place = index.checked_mul(4)?.checked_add(u64::from(base))?;
    let mut cursor = Cursor::new(sections.data(section), usize::try_from(place).ok()?);
    base.checked_add(cursor.u32()?)
}

/// The parts that are kept of lists in the format before DWARF 5. `patches` gets new values of distances, at offsets
/// of the input.
pub(super) fn kept(
    sections: &Sections<'_, '_>,
    lists: impl Iterator<Item = List>,
    width: u8,
    patches: &mut Vec<Patch>,
) -> Option<Vec<(u32, u32)>> {
    let mut kept: Vec<(u32, u32)> = Vec::new();
    for list in lists {
        let bytes = sections.data(list.section);
        old(sections, list, width, |entry| {
            if !entry.stays {
                return Some(());
            }
            let (from, to) = (entry.from as u32, entry.to as u32);
            match kept.last_mut() {
                Some(last) if last.1 == from => last.1 = to,
                _ => kept.push((from, to)),
            }
            if sections.view.moves() {
                entry.patches(sections, patches)?;
            }
            let Some((from, to)) = entry.expression else {
                return Some(());
            };
            // Before DWARF 5 no operation refers to a type, except in extensions.
            let mut plain = true;
            expression::scan(bytes.get(from..to)?, width, |operand| {
                plain &= !matches!(operand, Operand::Type { value: 1.., .. });
            })?;
            plain.then_some(())
        })?;
    }
    Some(kept)
}

/// New values for a list in the format of DWARF 5, at offsets of the input. `types` is called for each reference to a
/// base type with offset, length and value of the number.
pub(super) fn patched(
    sections: &Sections<'_, '_>,
    unit: &Unit,
    list: List,
    patches: &mut Vec<Patch>,
    mut types: impl FnMut(usize, usize, u64),
) -> Option<()> {
    let bytes = sections.data(list.section);
    new(sections, unit, list, |entry| {
        if sections.view.moves() {
            entry.patches(sections, patches)?;
        }
        let Some((from, to)) = entry.expression else {
            return Some(());
        };
        expression::scan(bytes.get(from..to)?, unit.address_size, |operand| {
            if let Operand::Type {
                at,
                len,
                value: value @ 1..,
            } = operand
            {
                types(from + at, len, value);
            }
        })
    })
}
