//! Lists of code ranges and of locations: which entries describe code that stays.
//!
//! Spec: DWARF 4, sections 2.17.3 and 2.6.2 (`.debug_ranges`, `.debug_loc`); DWARF 5, sections
//! 7.25, 7.28 and 7.29 (`.debug_rnglists`, `.debug_loclists`).

use super::Sections;
use super::cursor::Cursor;
use super::targets::{Reloc, Target, at};
use super::tree::{Unit, address};

/// One entry of a list.
struct Entry {
    /// Its bytes.
    from: usize,
    to: usize,
    /// Whether it describes code that stays, or what later entries count from.
    stays: bool,
    /// It describes code, and is not only there for other entries.
    code: bool,
    last: bool,
    /// The expression, in a list of locations.
    expression: (usize, usize),
}

fn gone(reloc: Option<&Reloc>) -> Option<bool> {
    reloc.map(|reloc| reloc.target == Target::Gone)
}

/// Goes through one list of ranges or locations in the format before DWARF 5.
fn old(
    bytes: &[u8],
    relocs: &[Reloc],
    width: usize,
    locations: bool,
    offset: usize,
    mut each: impl FnMut(Entry) -> Option<()>,
) -> Option<()> {
    let mut cursor = Cursor::new(bytes, offset);
    let escape = if width == 4 {
        u64::from(u32::MAX)
    } else {
        u64::MAX
    };
    let mut base_gone = false;
    // Lists are met in any order, their entries ascend.
    let mut next = relocs.partition_point(|reloc| (reloc.at as usize) < offset);
    let mut reloc_at = |offset: usize| {
        while relocs.get(next).is_some_and(|r| (r.at as usize) < offset) {
            next += 1;
        }
        relocs.get(next).filter(|r| r.at as usize == offset)
    };
    loop {
        let from = cursor.pos();
        let first_reloc = gone(reloc_at(from));
        let first = cursor.number(width)?;
        let second_reloc = gone(reloc_at(cursor.pos()));
        let second = cursor.number(width)?;
        let mut entry = Entry {
            from,
            to: cursor.pos(),
            stays: true,
            code: false,
            last: false,
            expression: (0, 0),
        };
        if first_reloc.is_none() && second_reloc.is_none() && first == 0 && second == 0 {
            entry.last = true;
            return each(entry);
        }
        if first_reloc.is_none() && first == escape {
            base_gone = second_reloc == Some(true);
            entry.stays = !base_gone;
        } else {
            entry.code = true;
            entry.stays = match first_reloc.or(second_reloc) {
                Some(gone) => !gone,
                None => !base_gone,
            };
            if locations {
                let length = cursor.number(2)? as usize;
                let start = cursor.pos();
                cursor.skip(length)?;
                entry.expression = (start, cursor.pos());
                entry.to = cursor.pos();
            }
        }
        each(entry)?;
    }
}

/// Goes through one list of ranges in DWARF 5's format.
fn new(
    sections: &Sections<'_, '_>,
    unit: &Unit,
    section: u32,
    offset: usize,
    mut each: impl FnMut(Entry) -> Option<()>,
) -> Option<()> {
    let relocs = sections.relocs(section);
    let mut cursor = Cursor::new(sections.data(section), offset);
    let width = usize::from(unit.address_size);
    let mut base_gone = false;
    loop {
        let from = cursor.pos();
        let mut entry = Entry {
            from,
            to: from,
            stays: true,
            code: true,
            last: false,
            expression: (0, 0),
        };
        let indexed = |index| gone(address(sections, unit, index));
        match cursor.u8()? {
            0 => {
                entry.code = false;
                entry.last = true;
            }
            1 => {
                base_gone = indexed(cursor.uleb()?) == Some(true);
                entry.code = false;
                entry.stays = !base_gone;
            }
            2 | 3 => {
                entry.stays = indexed(cursor.uleb()?) != Some(true);
                cursor.skip_leb()?;
            }
            4 => {
                cursor.skip_leb()?;
                cursor.skip_leb()?;
                entry.stays = !base_gone;
            }
            5 => {
                base_gone = gone(at(relocs, cursor.pos())) == Some(true);
                cursor.skip(width)?;
                entry.code = false;
                entry.stays = !base_gone;
            }
            6 => {
                entry.stays = gone(at(relocs, cursor.pos())) != Some(true);
                cursor.skip(2 * width)?;
            }
            7 => {
                entry.stays = gone(at(relocs, cursor.pos())) != Some(true);
                cursor.skip(width)?;
                cursor.skip_leb()?;
            }
            _ => return None,
        }
        entry.to = cursor.pos();
        let last = entry.last;
        each(entry)?;
        if last {
            return Some(());
        }
    }
}

/// Whether a list of ranges has any code that stays.
pub fn any_stays(
    sections: &Sections<'_, '_>,
    unit: &Unit,
    section: u32,
    offset: u32,
) -> Option<bool> {
    let mut any = false;
    let each = |entry: Entry| {
        any |= entry.code && entry.stays;
        // There is no need to see the rest.
        (!any).then_some(())
    };
    let result = match sections.view.name(section) {
        ".debug_ranges" => old(
            sections.data(section),
            sections.relocs(section),
            usize::from(unit.address_size),
            false,
            offset as usize,
            each,
        ),
        ".debug_rnglists" => new(sections, unit, section, offset as usize, each),
        _ => None,
    };
    match any {
        true => Some(true),
        false => result.map(|()| false),
    }
}

/// Where the list is that a unit's number stands for.
pub fn indexed(sections: &Sections<'_, '_>, section: u32, base: u32, index: u64) -> Option<u32> {
    let place = index.checked_mul(4)?.checked_add(u64::from(base))?;
    let mut cursor = Cursor::new(sections.data(section), usize::try_from(place).ok()?);
    base.checked_add(cursor.u32()?)
}

/// The parts that stay of the lists at `starts`, in the format before DWARF 5.
pub fn kept(
    sections: &Sections<'_, '_>,
    section: u32,
    width: u8,
    starts: &[u32],
) -> Option<Vec<(u32, u32)>> {
    let (bytes, relocs) = (sections.data(section), sections.relocs(section));
    let locations = sections.view.name(section) == ".debug_loc";
    let mut kept: Vec<(u32, u32)> = Vec::new();
    let mut walked = 0usize;
    for &start in starts {
        old(
            bytes,
            relocs,
            usize::from(width),
            locations,
            start as usize,
            |entry| {
                walked += entry.to - entry.from;
                if entry.stays {
                    let (from, to) = (entry.from as u32, entry.to as u32);
                    match kept.last_mut() {
                        Some(last) if last.1 == from => last.1 = to,
                        _ => kept.push((from, to)),
                    }
                }
                let (from, to) = entry.expression;
                // Types in here are not followed, so they must not be in here.
                let mut plain = true;
                super::expression::scan(bytes.get(from..to)?, width, |operand| {
                    plain &=
                        !matches!(operand, super::expression::Operand::Type { value: 1.., .. });
                })?;
                plain.then_some(())
            },
        )?;
        // Lists that share their ends again and again are an attack.
        if walked > 16 * bytes.len() {
            return None;
        }
    }
    Some(kept)
}
