//! Steps for reading the attributes of an entry. An abbreviation is compiled into them.
//!
//! Spec: DWARF 5, sections 7.5.5 (classes) and 7.5.6 (forms).

use super::cursor::Cursor;

/// The width of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// This many bytes.
    Fixed(u8),
    /// LEB128.
    Leb,
    /// LEB128, padded to this many bytes.
    Padded(u8),
}

impl Width {
    /// The width of a number that takes `length` bytes, which must not change if its value does.
    pub(super) fn exact(self, length: usize) -> Self {
        match self {
            Width::Leb => Width::Padded(length as u8),
            fixed => fixed,
        }
    }

    /// Reads a number of this width.
    #[inline]
    pub(super) fn read(self, cursor: &mut Cursor<'_>) -> Option<u64> {
        match self {
            Width::Fixed(4) => cursor.u32().map(u64::from),
            Width::Fixed(width) => cursor.number(usize::from(width)),
            Width::Leb | Width::Padded(_) => cursor.uleb(),
        }
    }
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Skip this many bytes.
    Skip(u32),
    /// Skip a LEB128 number.
    Leb,
    /// Skip a string.
    Text,
    /// Skip a block with its length.
    Block(Width),
    /// An expression with its length.
    Expression(Width),
    /// The same, for the location of a variable.
    Location(Width),
    /// An offset in the unit.
    Reference(Width),
    /// An offset in the unit, of the entry behind the children.
    Sibling(Width),
    /// An offset in the section, with a relocation.
    FarReference,
    /// Start of code.
    LowPc(u8),
    /// Start of code, as an index in `.debug_addr`.
    LowPcIndex(Width),
    /// End of code or its entry, as a distance from the start.
    Length(Width),
    /// A range list: an offset in another section, with a relocation.
    Ranges,
    /// A range list, as an index in the unit's table.
    RangesIndex,
    /// A location list, as an index in the unit's table.
    LocationsIndex,
    /// An offset in another section, with a relocation.
    Elsewhere,
    /// The same, from which the unit's indexes of this kind count.
    Base(Base),
}

/// What indexes of a unit count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub(super) enum Base {
    StringOffsets,
    Addresses,
    RangeLists,
    LocationLists,
}

/// Skips an attribute.
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
