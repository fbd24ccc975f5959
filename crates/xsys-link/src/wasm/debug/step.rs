//! Steps over an entry's attributes: an abbreviation is compiled into them.
//!
//! Spec: DWARF 5, sections 7.5.5 (classes) and 7.5.6 (forms).

use super::cursor::Cursor;

/// How wide a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// That many bytes.
    Fixed(u8),
    /// LEB128.
    Leb,
    /// LEB128, padded to that many bytes.
    Padded(u8),
}

impl Width {
    /// The same for a number that is `length` bytes long: it keeps them, whatever its value becomes.
    pub(super) fn exact(self, length: usize) -> Self {
        match self {
            Width::Leb => Width::Padded(length as u8),
            fixed => fixed,
        }
    }

    /// Reads a number of that width.
    #[inline]
    pub(super) fn read(self, cursor: &mut Cursor<'_>) -> Option<u64> {
        match self {
            Width::Fixed(4) => cursor.u32().map(u64::from),
            Width::Fixed(width) => cursor.number(usize::from(width)),
            Width::Leb | Width::Padded(_) => cursor.uleb(),
        }
    }
}

/// One step over an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// That many bytes do not matter.
    Skip(u32),
    /// A LEB128 number does not matter.
    Leb,
    /// A string in place.
    Text,
    /// A block that does not matter, after its length.
    Block(Width),
    /// An expression after its length.
    Expression(Width),
    /// Likewise, and it says where a variable is.
    Location(Width),
    /// An offset in the unit.
    Reference(Width),
    /// An offset in the unit, of the entry after the children.
    Sibling(Width),
    /// An offset in the whole section, relocated.
    FarReference,
    /// Where code starts.
    LowPc(u8),
    /// Likewise, as a number in `.debug_addr`.
    LowPcIndex(Width),
    /// Where code ends or is entered, as a distance from its start.
    Length(Width),
    /// A list of code ranges: an offset in another section, relocated.
    Ranges,
    /// Likewise, as a number in the unit's table.
    RangesIndex,
    /// A list of locations, as a number in the unit's table.
    LocationsIndex,
    /// An offset in another section, relocated.
    Elsewhere,
    /// Likewise: where the unit's numbers of that kind count from.
    Base(Base),
}

/// What the numbers of a unit count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub(super) enum Base {
    StringOffsets,
    Addresses,
    RangeLists,
    LocationLists,
}

/// Steps over an attribute without looking at it.
pub(super) fn skip(step: Step, cursor: &mut Cursor<'_>) -> Option<()> {
    match step {
        Step::Skip(count) => cursor.skip(count as usize),
        Step::Leb | Step::RangesIndex | Step::LocationsIndex => cursor.skip_leb(),
        Step::Text => cursor.skip_text(),
        Step::Block(width) | Step::Expression(width) | Step::Location(width) => {
            let length = width.read(cursor)?;
            cursor.skip(usize::try_from(length).ok()?)
        }
        Step::Reference(width)
        | Step::Sibling(width)
        | Step::Length(width)
        | Step::LowPcIndex(width) => width.read(cursor).map(drop),
        Step::LowPc(width) => cursor.skip(usize::from(width)),
        Step::FarReference | Step::Ranges | Step::Elsewhere | Step::Base(_) => cursor.skip(4),
    }
}
