//! Units and entries as they are known once they are read.
//!
//! Spec: DWARF 5, sections 7.5.1 (unit headers) and 7.5.2 (entries).
//!
//! An object can have several `.debug_info` sections (each type unit has its own, in a COMDAT
//! group). They are thought of as lying behind each other, so that one number says where an entry
//! is; [`Info::base`] is where a section starts then.

use super::step::Width;
use super::targets::{Reloc, Target};
use super::{Sections, targets};

/// A section with units.
#[derive(Debug)]
pub(super) struct Info {
    /// Its number in the file.
    pub section: u32,
    /// Where it starts among all of them.
    pub base: u32,
    /// Its units.
    pub units: (usize, usize),
}

/// A unit.
#[derive(Debug)]
pub(super) struct Unit {
    /// Which of the sections with units it is in.
    pub info: usize,
    /// Where it starts in its section.
    pub offset: u32,
    /// Where its first entry is.
    pub first: u32,
    /// Where the terminator of its entries ends.
    pub tree_end: u32,
    /// Its end.
    pub end: u32,
    /// The version of DWARF.
    pub version: u16,
    /// Width of addresses.
    pub address_size: u8,
    /// It is a type's own unit.
    pub is_type: bool,
    /// Its abbreviations.
    pub table: u32,
    /// Where those are: section and offset.
    pub abbrevs: (u32, u32),
    /// Its entries.
    pub dies: (u32, u32),
    /// What its numbers count from.
    pub bases: Bases,
}

/// What a unit's numbers count from: section and offset.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bases {
    /// In `.debug_addr`.
    pub addresses: Option<(u32, u32)>,
    /// In `.debug_rnglists`.
    pub ranges: Option<(u32, u32)>,
    /// In `.debug_loclists`.
    pub locations: Option<(u32, u32)>,
}

/// An entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Die {
    /// Where it starts, among all sections with units.
    pub offset: u32,
    /// The entry that it is in; its own number at the top.
    pub parent: u32,
    /// The number of the next entry that is not inside.
    pub end: u32,
    /// Where it ends, with all that is inside and the terminator of that.
    pub tail: u32,
    /// The first of its references.
    pub edges: u32,
    /// [`ROOT`] and the rest.
    pub flags: u8,
    /// What it is.
    pub kind: Kind,
}

/// What an entry is, as far as pruning cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub(super) enum Kind {
    Unit,
    Namespace,
    Subprogram,
    /// Part of a subprogram.
    Scope,
    Type,
    BaseType,
    Variable,
    Import,
    Other,
}

/// A reference of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// Where it stands, among all sections with units.
    pub at: u32,
    /// The number of the entry that it leads to. While entries are read: where that is.
    pub target: u32,
    /// How wide it is. `None` where a relocation fills it in.
    pub width: Option<Width>,
}

/// Describes code or data that stays.
pub(super) const ROOT: u8 = 1;
/// A variable whose memory is dropped.
pub(super) const GONE: u8 = 2;
/// Has a value of its own.
pub(super) const CONSTANT: u8 = 4;
/// Takes more than new values for its references when it stays.
pub(super) const SPECIAL: u8 = 8;

/// Section and offset that a relocation refers to.
#[inline]
pub(super) fn section_target(reloc: &Reloc) -> Option<(u32, u32)> {
    match reloc.target {
        Target::Section(section) => Some((section, reloc.addend)),
        _ => None,
    }
}

/// The relocation of a number in `.debug_addr`.
#[inline]
pub(super) fn address<'s>(
    sections: &'s Sections<'_, '_>,
    unit: &Unit,
    index: u64,
) -> Option<&'s Reloc> {
    let (section, base) = unit.bases.addresses?;
    let offset = index.checked_mul(u64::from(unit.address_size))?;
    let offset = usize::try_from(offset.checked_add(u64::from(base))?).ok()?;
    targets::at(sections.relocs(section), offset)
}
