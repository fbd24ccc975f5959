//! Units and entries, as they have been read.
//!
//! Spec: DWARF 5, sections 7.5.1 (unit headers) and 7.5.2 (entries).
//!
//! An object may have several `.debug_info` sections (each type unit has its own, in a COMDAT group). They are
//! treated as if they were one behind the other, so that one number says where an entry is; [`Info::base`] is the
//! start of a section in this order.

use super::step::Width;
use super::targets::{Reloc, Target};
use super::{Sections, targets};

/// A section with units.
#[derive(Debug)]
pub(super) struct Info {
    /// Its index in the file.
    pub section: u32,
    /// Its start among all of them.
    pub base: u32,
    /// Its units.
    pub units: (usize, usize),
}

/// A unit.
#[derive(Debug)]
pub(super) struct Unit {
    /// The section that contains it.
    pub info: usize,
    /// Its offset in the section.
    pub offset: u32,
    /// Offset of its first entry.
    pub first: u32,
    /// End of its entries with their terminator.
    pub tree_end: u32,
    /// Its end.
    pub end: u32,
    /// The version of DWARF.
    pub version: u16,
    /// Size of addresses.
    pub address_size: u8,
    /// Whether it is a type unit.
    pub is_type: bool,
    /// Number of its abbreviation table.
    pub table: u32,
    /// Section and offset of that table.
    pub abbrevs: (u32, u32),
    /// Its entries.
    pub dies: (u32, u32),
    /// What its indexes count from.
    pub bases: Bases,
}

/// What a unit's indexes count from: section and offset.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bases {
    /// Indexes in `.debug_addr`.
    pub addresses: Option<(u32, u32)>,
    /// Range lists.
    pub ranges: Option<(u32, u32)>,
    /// Location lists.
    pub locations: Option<(u32, u32)>,
}

/// An entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Die {
    /// Its offset, among all sections with units.
    pub offset: u32,
    /// The entry that contains it; at the top its own number.
    pub parent: u32,
    /// The number of the next entry that is not inside it.
    pub end: u32,
    /// Its end, with what it contains and the terminator of that.
    pub tail: u32,
    /// Index of its first reference.
    pub edges: u32,
    /// [`ROOT`] and others.
    pub flags: u8,
    /// Its kind.
    pub kind: Kind,
}

/// The kind of an entry, as far as it matters for pruning.
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

/// A reference from an entry to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// Its offset, among all sections with units.
    pub at: u32,
    /// The number of the entry that it refers to. While entries are read, the offset of that.
    pub target: u32,
    /// Its width. `None` if it has a relocation.
    pub width: Option<Width>,
}

/// Describes live code or data.
pub(super) const ROOT: u8 = 1;
/// A variable whose memory was dropped.
pub(super) const GONE: u8 = 2;
/// Has a constant value.
pub(super) const CONSTANT: u8 = 4;
/// Needs more than new references if it is kept.
pub(super) const SPECIAL: u8 = 8;

/// Section and offset that a relocation refers to.
#[inline]
pub(super) fn section_target(reloc: &Reloc) -> Option<(u32, u32)> {
    match reloc.target {
        Target::Section(section) => Some((section, reloc.addend)),
        _ => None,
    }
}

/// The relocation at an index of `.debug_addr`.
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
