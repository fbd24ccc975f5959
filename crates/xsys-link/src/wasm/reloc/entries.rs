//! Relocation entries, decoded once.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md`, "Relocation Sections".
//!
//! Entries of code and data are looked at in six passes, those of debug information in two at most, and
//! there are far more of the latter. So the former are kept, sixteen bytes each; debug information
//! keeps the encoded slice of its section.

use wasmparser::{RelocationEntry, RelocationType};

use super::super::leb;
use super::{Field, TYPES, Value, describe};
use crate::input::arena::Arena;

/// Decodes the entry at `at` and moves behind it. `None` at the end and where it is malformed.
///
/// There are millions of entries in a debug build, each read in several passes.
#[inline(always)]
pub fn read(bytes: &[u8], at: &mut usize) -> Option<RelocationEntry> {
    // A type and three numbers of at most five bytes.
    if let Some(window) = bytes.get(*at..)?.first_chunk()
        && let Some((entry, length)) = read_within(window)
    {
        *at += length;
        return Some(entry);
    }
    read_bytewise(bytes, at)
}

/// Decodes an entry with numbers of usual lengths; with the entry's length.
#[inline(always)]
fn read_within(window: &leb::Window) -> Option<(RelocationEntry, usize)> {
    let number = usize::from(window[0]);
    let ty = *TYPES.get(number)?;
    let mut used = 1;
    let (offset, index) = (
        leb::read_within(window, &mut used)?,
        leb::read_within(window, &mut used)?,
    );
    let addend = match ADDENDS[number] {
        Addend::None => 0,
        Addend::Narrow => {
            let from = used;
            let bits = leb::read_within(window, &mut used)?;
            let unused = 64 - 7 * (used - from);
            (bits << unused) as i64 >> unused
        }
        Addend::Wide => return None,
    };
    // Numbers of five bytes have three bits more than there is room for.
    let fits = (offset | index) >> 32 == 0 && i64::from(addend as i32) == addend;
    let entry = RelocationEntry {
        ty,
        offset: offset as u32,
        index: index as u32,
        addend,
    };
    fits.then_some((entry, used))
}

/// Decodes any entry.
#[cold]
#[inline(never)]
fn read_bytewise(bytes: &[u8], at: &mut usize) -> Option<RelocationEntry> {
    let number = usize::from(*bytes.get(*at)?);
    let &ty = TYPES.get(number)?;
    *at += 1;
    let offset = leb::read_uleb32(bytes, at)?;
    let index = leb::read_uleb32(bytes, at)?;
    let addend = match ADDENDS[number] {
        Addend::None => 0,
        Addend::Narrow => i64::from(i32::try_from(leb::read_sleb(bytes, at)?).ok()?),
        Addend::Wide => leb::read_sleb(bytes, at)?,
    };
    Some(RelocationEntry {
        ty,
        offset,
        index,
        addend,
    })
}

/// How wide an entry's addend is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Addend {
    None,
    Narrow,
    Wide,
}

/// By the types' numbers.
static ADDENDS: [Addend; TYPES.len()] = {
    let mut kinds = [Addend::None; TYPES.len()];
    let mut number = 0;
    while number < TYPES.len() {
        let row = describe(TYPES[number]);
        kinds[number] = match row.value {
            Value::Address
            | Value::AddressRelative
            | Value::AddressTls
            | Value::AddressFromField
            | Value::CodeOffset
            | Value::SectionOffset => match row.field {
                Field::Uleb64 | Field::Sleb64 | Field::I64 => Addend::Wide,
                _ => Addend::Narrow,
            },
            _ => Addend::None,
        };
        number += 1;
    }
    kinds
};

/// An entry that is kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    offset: u32,
    index: u32,
    addend: i32,
    ty: RelocationType,
}

impl Kept {
    /// `None` where the addend is larger than all but hostile ones.
    pub fn new(entry: &RelocationEntry) -> Option<Self> {
        Some(Self {
            offset: entry.offset,
            index: entry.index,
            addend: i32::try_from(entry.addend).ok()?,
            ty: entry.ty,
        })
    }
}

impl Kept {
    #[inline]
    fn entry(&self) -> RelocationEntry {
        RelocationEntry {
            ty: self.ty,
            offset: self.offset,
            index: self.index,
            addend: i64::from(self.addend),
        }
    }
}

/// Where entries are kept while files are linked.
pub type Keeper = Arena<Box<[Kept]>>;

/// The relocations of one chunk of an object (function, segment, custom section), checked when it was
/// loaded.
#[derive(Clone, Copy, Debug)]
pub enum Relocs<'a> {
    /// Decoded.
    Kept(&'a [Kept]),
    /// As they stand in the file, back to back.
    Encoded(&'a [u8]),
}

impl Default for Relocs<'_> {
    fn default() -> Self {
        Relocs::Kept(&[])
    }
}

impl<'a> Relocs<'a> {
    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        match self {
            Relocs::Kept(list) => list.is_empty(),
            Relocs::Encoded(bytes) => bytes.is_empty(),
        }
    }

    /// The entries, offsets counted from the start of the input section.
    #[inline]
    pub fn iter(self) -> Entries<'a> {
        Entries { rest: self }
    }
}

/// Goes through relocations.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rest: Relocs<'a>,
}

impl Iterator for Entries<'_> {
    type Item = RelocationEntry;

    #[inline]
    fn next(&mut self) -> Option<RelocationEntry> {
        match &mut self.rest {
            Relocs::Kept(list) => {
                let (first, rest) = list.split_first()?;
                *list = rest;
                Some(first.entry())
            }
            Relocs::Encoded(bytes) => next_encoded(bytes),
        }
    }

    #[inline]
    fn fold<B, F: FnMut(B, RelocationEntry) -> B>(self, start: B, mut add: F) -> B {
        match self.rest {
            Relocs::Kept(list) => list.iter().fold(start, |sum, kept| add(sum, kept.entry())),
            Relocs::Encoded(mut bytes) => {
                let mut sum = start;
                while let Some(entry) = next_encoded(&mut bytes) {
                    sum = add(sum, entry);
                }
                sum
            }
        }
    }
}

/// By itself, so that the usual case is short.
#[inline(never)]
fn next_encoded(bytes: &mut &[u8]) -> Option<RelocationEntry> {
    let mut at = 0;
    let entry = read(bytes, &mut at)?;
    *bytes = &bytes[at..];
    Some(entry)
}

#[cfg(test)]
mod tests {
    use wasmparser::RelocAddendKind;

    use super::*;

    #[test]
    fn addends_are_the_parsers() {
        for number in 0..=26u8 {
            let ty = RelocationType::try_from(number).unwrap();
            let kind = match ty.addend_kind() {
                RelocAddendKind::None => Addend::None,
                RelocAddendKind::Addend32 => Addend::Narrow,
                RelocAddendKind::Addend64 => Addend::Wide,
            };
            assert!(ADDENDS[usize::from(number)] == kind, "{number}");
        }
    }

    #[test]
    fn entries_are_read_alike_at_the_end_and_before() {
        let numbers: [&[u8]; 9] = [
            &[0],
            &[0x7f],
            &[0x80, 1],
            &[0xff, 0x7f],
            &[0xe5, 0x8e, 0x26],
            &[0xff, 0xff, 0xff, 0x3f],
            &[0xff, 0xff, 0xff, 0xff, 7],
            &[0x80, 0x80, 0x80, 0x80, 0x78],
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0],
        ];
        for (first, second) in numbers
            .iter()
            .flat_map(|a| numbers.iter().map(move |b| (a, b)))
        {
            for ty in [0, 5, 8, 16] {
                let mut bytes = vec![ty];
                for number in [first, second, first] {
                    bytes.extend_from_slice(number);
                }
                let mut short = 0;
                let expected = read(&bytes, &mut short);
                bytes.extend([0; 32]);
                let mut long = 0;
                let found = read(&bytes, &mut long);
                assert_eq!(found, expected, "{bytes:x?}");
                if found.is_some() {
                    assert_eq!(long, short, "{bytes:x?}");
                }
            }
        }
    }
}
