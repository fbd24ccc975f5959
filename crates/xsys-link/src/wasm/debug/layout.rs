//! Entries that are read without branches.
//!
//! Nearly all entries of one abbreviation have the same layout: numbers of fixed size, and LEB128 numbers of one
//! byte. A debug build has millions of entries, and the order of abbreviations is unpredictable for a processor.

use super::step::{Step, Width};

/// Where the attributes of an entry are if each LEB128 number takes one byte, and if an expression at the start is
/// just `DW_OP_fbreg`, which nearly always holds. Such an entry is read without steps and without branches that
/// depend on it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    /// Whether there is such an expression.
    field: bool,
    /// Size of all other attributes.
    size: u8,
    /// The number of references of four bytes.
    count: u8,
    /// Their offsets.
    references: [u8; REFERENCES],
    /// The highest bit of each byte that is a LEB128 number.
    lebs: [u64; ATTRIBUTES / 8],
}

/// The largest size of attributes.
const ATTRIBUTES: usize = 32;
/// The most references.
pub(super) const REFERENCES: usize = 2;
/// The largest size with an expression at the start: length, opcode and operand.
const WINDOW: usize = ATTRIBUTES + 8;
/// `DW_OP_fbreg`
const FRAME_FIELD: u64 = 0x91;

/// The attributes of an entry, read by a [`Layout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usual {
    /// Their end.
    pub end: usize,
    /// The number of references.
    pub count: usize,
    /// Offsets and values of references. Only the first `count` are valid.
    pub references: [(usize, u32); REFERENCES],
}

impl Layout {
    /// The layout for these steps, if one is possible.
    pub(super) fn of(steps: &[Step]) -> Option<Self> {
        let mut layout = Layout::default();
        for (number, step) in steps.iter().enumerate() {
            let at = layout.size;
            let size = match *step {
                Step::Expression(Width::Leb) | Step::Location(Width::Leb) if number == 0 => {
                    layout.field = true;
                    0
                }
                Step::Skip(count) => u8::try_from(count).ok()?,
                Step::Leb => {
                    *layout.lebs.get_mut(usize::from(at / 8))? |= 0x80 << (at % 8 * 8);
                    1
                }
                Step::Reference(Width::Fixed(4)) => {
                    *layout.references.get_mut(usize::from(layout.count))? = at;
                    layout.count += 1;
                    4
                }
                _ => return None,
            };
            layout.size = at.checked_add(size)?;
        }
        (usize::from(layout.size) <= ATTRIBUTES).then_some(layout)
    }

    /// Reads the attributes at `at`. `None` if they do not have this layout, or are too close to the end of `bytes`.
    #[inline]
    pub(super) fn find(&self, bytes: &[u8], at: usize) -> Option<Usual> {
        let window: &[u8; WINDOW] = bytes.get(at..)?.first_chunk()?;
        let mut skipped = 0;
        if self.field {
            // Length of the opcode and its LEB128 operand.
            let head = u64::from_le_bytes(*window.first_chunk()?);
            let operand = (!(head >> 16) & 0x80_8080_8080).trailing_zeros() / 8 + 1;
            skipped = 2 + operand as usize;
            if head & 0xffff != (FRAME_FIELD << 8) | u64::from(operand + 1) || operand > 5 {
                return None;
            }
        }
        let attributes: &[u8; ATTRIBUTES] = window.get(skipped..)?.first_chunk()?;
        let (words, _) = attributes.as_chunks();
        let words = words.iter().zip(&self.lebs);
        let long = words.fold(0, |long, (&word, lebs)| {
            long | (u64::from_le_bytes(word) & lebs)
        });
        if long != 0 {
            return None;
        }
        let from = at + skipped;
        let mut references = [(0, 0); REFERENCES];
        for (found, &at) in references.iter_mut().zip(&self.references) {
            let at = usize::from(at);
            let value = attributes.get(at..at + 4)?.first_chunk()?;
            *found = (from + at, u32::from_le_bytes(*value));
        }
        Some(Usual {
            end: from + usize::from(self.size),
            count: usize::from(self.count),
            references,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasm::debug::abbrev::Abbrevs;

    #[test]
    fn usual_entries_are_told_from_others() {
        // A formal parameter as above, followed by an alignment; a member of a structure.
        let bytes = [
            1, 0x05, 0, 0x02, 0x18, 0x03, 0x0e, 0x3a, 0x0b, 0x49, 0x13, 0x88, 0x01, 0x0f, 0,
            0, //
            2, 0x0d, 0, 0x03, 0x08, 0, 0, 0,
        ];
        let mut abbrevs = Abbrevs::default();
        let table = abbrevs.compile(0, &bytes, 0, 4, 4).unwrap();
        let table = abbrevs.table(table);
        assert!(table.get(2).unwrap().layout.is_none());
        let layout = table.get(1).unwrap().layout.unwrap();
        for operand in [&[0x7f][..], &[0xff, 1], &[0x80, 0xff, 0x80, 0x80, 0x7e]] {
            let size = operand.len();
            let mut usual = vec![9, size as u8 + 1, 0x91];
            usual.extend(operand);
            usual.extend([1, 2, 3, 4, 5, 0x78, 0x56, 0x34, 0x12, 4]);
            let end = usual.len();
            usual.extend([0xff; WINDOW]);
            let found = layout.find(&usual, 1).unwrap();
            assert_eq!((found.end, found.count), (end, 1));
            assert_eq!(found.references[0], (end - 5, 0x1234_5678));
            for (at, byte) in [
                (1, size as u8),
                (1, size as u8 + 2),
                (1, 0x83),
                (2, 0x92),
                (2 + size, 0x80),
                (end - 1, 0x84),
            ] {
                let mut bytes = usual.clone();
                bytes[at] = byte;
                assert_eq!(layout.find(&bytes, 1), None, "{size} {at}");
            }
            for cut in 1..end {
                assert_eq!(layout.find(&usual[..cut], 1), None, "{size} {cut}");
            }
        }
        let mut endless = vec![9, 9, 0x91];
        endless.extend([0x80; 64]);
        assert_eq!(layout.find(&endless, 1), None);
    }
}
