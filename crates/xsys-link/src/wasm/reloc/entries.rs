//! Relocation entries: decoding them, and keeping those that are needed again.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md`, "Relocation Sections".
//!
//! Six passes read the entries of code and data; those of debug information are read twice at most, and there are far
//! more of them. So the former are decoded once and kept in eight bytes each; of debug information, the encoded bytes
//! are kept.

use wasmparser::{RelocationEntry, RelocationType};

use super::{Field, TYPES, Value, describe, row};
use crate::input::arena::Arena;
use crate::wasm::leb;

/// Decodes the entry at `at` and advances `at`. `None` at the end and if the entry is malformed.
///
/// A debug build has millions of entries, each read in several passes.
#[inline(always)]
pub(crate) fn read(bytes: &[u8], at: &mut usize) -> Option<RelocationEntry> {
    let rest = bytes.get(*at..)?;
    let number = usize::from(*rest.first()?);
    let &ty = TYPES.get(number)?;
    // A type and three numbers of at most five bytes.
    let short = rest
        .first_chunk()
        .and_then(|window| read_within(window, ADDENDS[number]));
    let (offset, index, addend, length) = match short {
        Some(numbers) => numbers,
        None => read_bytewise(rest, ADDENDS[number])?,
    };
    *at += length;
    Some(RelocationEntry {
        ty,
        offset,
        index,
        addend,
    })
}

/// Offset, index and addend of an entry, and its length.
type Numbers = (u32, u32, i64, usize);

/// Decodes an entry whose numbers have at most five bytes each.
#[inline(always)]
fn read_within(window: &leb::Window, addend: Addend) -> Option<Numbers> {
    let mut used = 1;
    let (offset, index) = (
        leb::read_within(window, &mut used)?,
        leb::read_within(window, &mut used)?,
    );
    let addend = match addend {
        Addend::None => 0,
        Addend::Narrow => {
            let from = used;
            let bits = leb::read_within(window, &mut used)?;
            let unused = 64 - 7 * (used - from);
            (bits << unused) as i64 >> unused
        }
        Addend::Wide => return None,
    };
    // Five bytes of LEB128 have 35 bits.
    let fits = (offset | index) >> 32 == 0 && i64::from(addend as i32) == addend;
    fits.then_some((offset as u32, index as u32, addend, used))
}

/// Decodes an entry with numbers of any length.
#[cold]
#[inline(never)]
fn read_bytewise(bytes: &[u8], addend: Addend) -> Option<Numbers> {
    let mut at = 1;
    let offset = leb::read_uleb32(bytes, &mut at)?;
    let index = leb::read_uleb32(bytes, &mut at)?;
    let addend = match addend {
        Addend::None => 0,
        Addend::Narrow => i64::from(i32::try_from(leb::read_sleb(bytes, &mut at)?).ok()?),
        Addend::Wide => leb::read_sleb(bytes, &mut at)?,
    };
    Some((offset, index, addend, at))
}

/// Decodes entries that follow each other.
///
/// Most entries of debug information refer to the section of strings and come in long runs, in which only offset and
/// addend differ. Within such a run, everything else is compared with one operation.
#[derive(Debug)]
pub struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    /// End of the last field.
    end: u64,
    ordered: bool,
    alike: Option<Alike>,
    /// The symbol of the last entry that interrupted the run.
    other: u32,
}

impl<'b> Reader<'b> {
    /// Starts at the first entry.
    pub fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            end: 0,
            ordered: true,
            alike: None,
            other: u32::MAX,
        }
    }

    /// Whether all entries were well-formed, in ascending order, and inside a section of this size.
    pub fn finish(&self, size: usize) -> bool {
        self.ordered && self.at == self.bytes.len() && self.end <= size as u64
    }

    /// The next entry. `None` at the end and if it is malformed.
    #[inline(always)]
    pub fn one(&mut self) -> Option<RelocationEntry> {
        let from = self.at;
        let entry = read(self.bytes, &mut self.at)?;
        self.ordered &= u64::from(entry.offset) >= self.end;
        self.end = u64::from(entry.offset) + row(entry.ty).field.width() as u64;
        // An entry that differs does not start a new run unless the next one is like it.
        if self.other == entry.index && entry.ty == RelocationType::SectionOffsetI32 {
            self.alike = Alike::to(&entry, &self.bytes[from..self.at]);
        }
        self.other = entry.index;
        Some(entry)
    }

    /// The entry that the current run consists of, but for offset and addend.
    pub fn sample(&self) -> Option<RelocationEntry> {
        self.alike.map(|alike| alike.entry)
    }

    /// Passes offset and addend of each entry that continues the run to `each`.
    #[inline(always)]
    pub fn alike(&mut self, mut each: impl FnMut(u32, i32)) {
        let Some(alike) = self.alike else {
            return;
        };
        let (mut at, mut end, mut ordered) = (self.at, self.end, self.ordered);
        while let Some((offset, addend, length)) = alike.read(self.bytes, at) {
            ordered &= u64::from(offset) >= end;
            end = u64::from(offset) + 4;
            at += length;
            each(offset, addend);
        }
        (self.at, self.end, self.ordered) = (at, end, ordered);
    }
}

/// What the entries of a run have in common.
#[derive(Clone, Copy, Debug)]
struct Alike {
    /// The first entry of the run.
    entry: RelocationEntry,
    /// Which bits of an entry's first eight bytes are the same in all: type, index, and the length of the offset.
    mask: u64,
    /// The values of these bits.
    bits: u64,
    /// A mask of seven bits for each byte of the offset.
    offset: u64,
    /// Position of the addend.
    head: usize,
}

/// The longest offset and addend, in bytes, that an entry of a run can have.
const SHORT: usize = 4;

impl Alike {
    /// The run that starts with `entry`, which is encoded in `bytes` and has a field of four bytes.
    #[inline(never)]
    fn to(entry: &RelocationEntry, bytes: &[u8]) -> Option<Self> {
        let ends = (0usize..).zip(bytes).filter(|&(_, &byte)| byte < 0x80);
        let mut ends = ends.map(|(at, _)| at);
        let (_, offset, index) = (ends.next()?, ends.next()?, ends.next()?);
        let head = index + 1;
        if head > 8 || offset > SHORT {
            return None;
        }
        let mut word = [0; 8];
        word[..head].copy_from_slice(bytes.get(..head)?);
        let used = u64::MAX >> (64 - 8 * head);
        let offset = 0x7f7f_7f7f >> (8 * (SHORT - offset));
        let mask = used & !(offset << 8);
        Some(Self {
            entry: *entry,
            mask,
            bits: u64::from_le_bytes(word) & mask,
            offset,
            head,
        })
    }

    /// Offset and addend of the entry at `at`, and its length, if it continues the run.
    #[inline(always)]
    fn read(&self, bytes: &[u8], at: usize) -> Option<(u32, i32, usize)> {
        let window: &[u8; 16] = bytes.get(at..)?.first_chunk()?;
        let word = u64::from_le_bytes(*window.first_chunk()?);
        if word & self.mask != self.bits {
            return None;
        }
        let addend = u32::from_le_bytes(*window.get(self.head..)?.first_chunk()?);
        let last = !addend & 0x8080_8080;
        if last == 0 {
            return None;
        }
        let addend = addend & (last ^ (last - 1));
        let both = septets((word >> 8 & self.offset) | u64::from(addend) << 32);
        let size = last.trailing_zeros() / 8 + 1;
        let unused = 32 - 7 * size;
        let addend = ((both >> 32) << unused) as i32 >> unused;
        Some((both as u32, addend, self.head + size as usize))
    }
}

/// Decodes two numbers at once: the four LEB128 bytes in each half.
#[inline(always)]
fn septets(both: u64) -> u64 {
    let both = both & 0x7f7f_7f7f_7f7f_7f7f;
    // Pairs of bytes first, then pairs of those.
    let pairs = both - (both & 0x7f00_7f00_7f00_7f00) / 2;
    (pairs & 0x3fff_0000_3fff) | (pairs >> 2 & 0x0fff_c000_0fff_c000)
}

/// Width of an entry's addend.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Addend {
    None,
    Narrow,
    Wide,
}

/// By relocation type.
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

/// An entry in eight bytes. From the lowest bit: 32 bits of offset, 5 of type, one that says whether the next word is
/// its addend, and 26 of index. Few entries have an addend.
#[derive(Clone, Copy, Debug)]
pub struct Kept(u64);

impl Kept {
    const ADDEND: u64 = 1 << 37;
    const INDEXES: u32 = 1 << 26;

    /// Adds an entry to a list. `false` if its index does not fit, which happens in hostile files only.
    #[inline]
    pub fn push(list: &mut Vec<Self>, entry: &RelocationEntry) -> bool {
        let word = u64::from(entry.offset) | (entry.ty as u64) << 32 | u64::from(entry.index) << 38;
        match entry.addend {
            0 => list.push(Self(word)),
            addend => list.extend([Self(word | Self::ADDEND), Self(addend as u64)]),
        }
        entry.index < Self::INDEXES
    }

    /// Removes the first entry from a list.
    #[inline]
    fn take(list: &mut &[Self]) -> Option<RelocationEntry> {
        let (&Self(word), mut rest) = list.split_first()?;
        let mut addend = 0;
        if word & Self::ADDEND != 0 {
            let (&Self(number), after) = rest.split_first()?;
            (addend, rest) = (number as i64, after);
        }
        *list = rest;
        Some(RelocationEntry {
            ty: OF_BITS[(word >> 32) as usize % 32],
            offset: word as u32,
            index: (word >> 38) as u32,
            addend,
        })
    }
}

/// The type for each value of the five bits. Only numbers of types occur.
static OF_BITS: [RelocationType; 32] = {
    let mut types = [TYPES[0]; 32];
    let mut number = 0;
    while number < TYPES.len() {
        types[number] = TYPES[number];
        number += 1;
    }
    types
};

/// Owns the entries, and the names that the linker makes up, for the time of a link.
#[derive(Debug, Default)]
pub struct Keeper {
    entries: Arena<Box<[Kept]>>,
    names: Arena<String>,
}

impl Keeper {
    /// Keeps the entries of a chunk.
    pub fn keep(&self, entries: Vec<Kept>) -> &[Kept] {
        self.entries.push(entries.into_boxed_slice()).1
    }

    /// Keeps a name.
    pub fn name(&self, name: String) -> &str {
        self.names.push(name).1
    }
}

/// The relocations of one chunk of an object (function, segment, custom section). They were checked when the object
/// was loaded.
#[derive(Clone, Copy, Debug)]
pub enum Relocs<'a> {
    /// Decoded.
    Kept(&'a [Kept]),
    /// As in the file, one behind the other.
    Encoded(&'a [u8]),
}

impl Default for Relocs<'_> {
    fn default() -> Self {
        Relocs::Kept(&[])
    }
}

impl<'a> Relocs<'a> {
    /// Whether there are no relocations.
    pub fn is_empty(self) -> bool {
        match self {
            Relocs::Kept(list) => list.is_empty(),
            Relocs::Encoded(bytes) => bytes.is_empty(),
        }
    }

    /// The entries. Offsets count from the start of the input section.
    #[inline]
    pub fn iter(self) -> Entries<'a> {
        Entries { rest: self }
    }
}

/// Iterates over relocations.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rest: Relocs<'a>,
}

impl Iterator for Entries<'_> {
    type Item = RelocationEntry;

    #[inline]
    fn next(&mut self) -> Option<RelocationEntry> {
        match &mut self.rest {
            Relocs::Kept(list) => Kept::take(list),
            Relocs::Encoded(bytes) => next_encoded(bytes),
        }
    }

    #[inline]
    fn fold<B, F: FnMut(B, RelocationEntry) -> B>(self, start: B, mut add: F) -> B {
        match self.rest {
            Relocs::Kept(mut list) => {
                let mut sum = start;
                while let Some(entry) = Kept::take(&mut list) {
                    sum = add(sum, entry);
                }
                sum
            }
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

/// A function of its own, so that the loop over decoded entries stays small.
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
    fn kept_entries_are_the_same() {
        let mut entries = Vec::new();
        for &ty in &TYPES {
            for index in [0, 1, (1 << 26) - 1] {
                for addend in [0, 1, -1, i64::MAX, i64::MIN] {
                    for offset in [0, u32::MAX] {
                        entries.push(RelocationEntry {
                            ty,
                            offset,
                            index,
                            addend,
                        });
                    }
                }
            }
        }
        let mut list = Vec::new();
        assert!(entries.iter().all(|entry| Kept::push(&mut list, entry)));
        let kept = Relocs::Kept(&list);
        let one_by_one: Vec<_> = std::iter::from_fn({
            let mut kept = kept.iter();
            move || kept.next()
        })
        .collect();
        assert_eq!(one_by_one, entries);
        assert_eq!(kept.iter().collect::<Vec<_>>(), entries);
        let large = RelocationEntry {
            index: 1 << 26,
            ..entries[0]
        };
        assert!(!Kept::push(&mut list, &large));
    }

    #[test]
    fn entries_that_are_alike_are_read_like_others() {
        let offsets = [
            0,
            5,
            0x7f,
            0x80,
            0x3fff,
            0x4000,
            0x1f_ffff,
            0x20_0000,
            0xfff_ffff,
            0x1000_0000,
        ];
        let addends = [
            0,
            0x3f,
            0x40,
            -0x40,
            -0x41,
            0x1fff,
            -0x2000,
            0xf_ffff,
            0x7ff_ffff,
            -0x800_0000,
            i64::from(i32::MIN),
        ];
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for index in [3, 3, 0x4000, 0x20_0000, 0xffff_ffff, 3] {
            for (turn, &offset) in offsets.iter().flat_map(|offset| [(0, offset), (1, offset)]) {
                for &addend in &addends {
                    let ty = match (turn + addend) % 7 {
                        5 => RelocationType::FunctionOffsetI32,
                        _ => RelocationType::SectionOffsetI32,
                    };
                    bytes.push(ty as u8);
                    leb::uleb(&mut bytes, offset);
                    leb::uleb(&mut bytes, index);
                    leb::sleb(&mut bytes, addend);
                    expected.push(RelocationEntry {
                        ty,
                        offset: offset as u32,
                        index: index as u32,
                        addend,
                    });
                }
            }
        }
        for end in [bytes.len(), bytes.len() - 1] {
            let mut reader = Reader::new(&bytes[..end]);
            let mut found = Vec::new();
            let mut many = 0;
            loop {
                if let Some(sample) = reader.sample() {
                    reader.alike(|offset, addend| {
                        many += 1;
                        let addend = addend.into();
                        found.push(RelocationEntry {
                            offset,
                            addend,
                            ..sample
                        });
                    });
                }
                match reader.one() {
                    Some(entry) => found.push(entry),
                    None => break,
                }
            }
            assert!(many * 20 > expected.len(), "{many}");
            let whole = end == bytes.len();
            assert_eq!(found, expected[..expected.len() - usize::from(!whole)]);
            reader.ordered = true;
            assert_eq!(reader.finish(usize::MAX), whole);
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
