//! The bytes of `.ARM.exidx`, the exception index table of the Arm EHABI.
//!
//! Problem: the unwinder finds a function by binary search, so the table must ascend by function
//! address over the whole image although it is put together from one piece per input section; each
//! entry holds distances from its own place, which change as the entry moves; and an entry reaches
//! up to the next one, so the last function needs a sentinel after it.
//!
//! Spec: "Exception Handling ABI for the Arm Architecture" (EHABI32), 2024Q3, 5 "Index table
//! entries". An entry is two words: PREL31 of the function; then 1 for "cannot unwind", or with bit
//! 31 the unwinding instructions themselves, or PREL31 of an entry in `.ARM.extab`.

use object::Endian as _;
use object::Endianness;

/// Bytes of an entry.
pub(crate) const ENTRY: usize = 8;

/// Second word of functions that exceptions must not pass.
pub(crate) const CANTUNWIND: u32 = 1;

/// How a function is unwound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unwind {
    /// Exceptions must not pass.
    Cannot,
    /// The whole second word, bit 31 included.
    Inline(u32),
    /// Address of the description in `.ARM.extab`.
    Table(u32),
}

/// An entry with addresses in place of distances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExidxEntry {
    /// Address of the function (without the Thumb bit, which EHABI keeps out of the table).
    pub function: u32,
    /// How it is unwound.
    pub unwind: Unwind,
}

/// What is wrong with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// The size is not a multiple of an entry's.
    #[error("`.ARM.exidx` has {0:#x} bytes, which is not a multiple of 8")]
    Size(usize),
    #[cfg(test)]
    /// Bit 31 of a first word is set.
    #[error(
        "`.ARM.exidx` entry at offset {offset:#x} has {word:#010x} where a function belongs (bit 31 must be clear)"
    )]
    Function { offset: usize, word: u32 },
    /// A distance beyond ±1 GiB.
    #[error(
        "{target:#x} is too far from `.ARM.exidx` at {place:#x}: the distance must be within ±0x40000000"
    )]
    TooFar { target: u32, place: u32 },
    /// The output was given less room than the table needs.
    #[error("`.ARM.exidx` needs {needed:#x} bytes and has {left:#x}")]
    NoRoom { needed: usize, left: usize },
}

#[cfg(test)]
/// The address that a PREL31 word at `place` stands for; bit 31 is not part of it.
pub(crate) fn decode_prel31(word: u32, place: u32) -> u32 {
    let distance = ((word << 1) as i32) >> 1;
    place.wrapping_add(distance as u32)
}

/// The PREL31 word, bit 31 clear, that stands for `target` at `place`.
///
/// # Errors
/// The target is too far away.
pub(crate) fn encode_prel31(target: u32, place: u32) -> Result<u32, Error> {
    let distance = target.wrapping_sub(place) as i32;
    if !(-0x4000_0000..0x4000_0000).contains(&distance) {
        return Err(Error::TooFar { target, place });
    }
    Ok(distance as u32 & 0x7fff_ffff)
}

/// The meaning of a second word without a relocation; `None` if it refers to a table entry. It needs
/// no addresses, so sizes can be known before layout.
pub(crate) fn without_table(word: u32) -> Option<Unwind> {
    match word {
        CANTUNWIND => Some(Unwind::Cannot),
        word if word >> 31 != 0 => Some(Unwind::Inline(word)),
        _ => None,
    }
}

/// Whether the entry of a function can be left out after `previous`, that of the function before it,
/// because it says the same. Entries that refer to tables always stay: a table has the cleanup code of
/// its own function.
pub(crate) fn merges(previous: Unwind, next: Unwind) -> bool {
    previous == next && !matches!(next, Unwind::Table(_))
}

#[cfg(test)]
fn words(entry: &[u8], endian: Endianness) -> Option<(u32, u32)> {
    let first = entry.get(..4)?.try_into().ok()?;
    let second = entry.get(4..8)?.try_into().ok()?;
    Some((endian.read_u32(first), endian.read_u32(second)))
}

#[cfg(test)]
/// Reads a relocated table that stands at `addr`, as unwinders do.
///
/// # Errors
/// The table is damaged.
pub(crate) fn decode(
    table: &[u8],
    addr: u32,
    endian: Endianness,
) -> Result<Vec<ExidxEntry>, Error> {
    if !table.len().is_multiple_of(ENTRY) {
        return Err(Error::Size(table.len()));
    }
    let mut entries = Vec::with_capacity(table.len() / ENTRY);
    for (index, bytes) in table.chunks_exact(ENTRY).enumerate() {
        let offset = index * ENTRY;
        let (first, second) = words(bytes, endian).ok_or(Error::Size(table.len()))?;
        if first >> 31 != 0 {
            return Err(Error::Function {
                offset,
                word: first,
            });
        }
        let place = addr.wrapping_add(offset as u32);
        let unwind = without_table(second)
            .unwrap_or_else(|| Unwind::Table(decode_prel31(second, place.wrapping_add(4))));
        entries.push(ExidxEntry {
            function: decode_prel31(first, place),
            unwind,
        });
    }
    Ok(entries)
}

/// Sorts by function and, if `merge` is set, drops entries that say the same as the one before. Of
/// several entries for one address (of empty functions) the last stays: it is that of the function
/// with code, since empty sections are placed before it. The sort is stable.
pub(crate) fn arrange(entries: &mut Vec<ExidxEntry>, merge: bool) {
    entries.sort_by_key(|entry| entry.function);
    let mut kept: Vec<ExidxEntry> = Vec::with_capacity(entries.len());
    for &entry in entries.iter() {
        if kept
            .last()
            .is_some_and(|last| last.function == entry.function)
        {
            kept.pop();
        }
        if merge
            && kept
                .last()
                .is_some_and(|last| merges(last.unwind, entry.unwind))
        {
            continue;
        }
        kept.push(entry);
    }
    *entries = kept;
}

/// Bytes of a table of `entries` entries and its sentinel.
pub(crate) fn size(entries: usize) -> usize {
    (entries + 1) * ENTRY
}

/// Writes the table for the address `addr`, with a sentinel for the code's end. The sentinel is
/// repeated in room that is left over, so that the table stays sorted and has its announced size.
///
/// # Errors
/// The table does not fit into `out`, or an address is too far away.
pub(crate) fn encode(
    entries: &[ExidxEntry],
    code_end: u32,
    out: &mut [u8],
    addr: u32,
    endian: Endianness,
) -> Result<(), Error> {
    let needed = size(entries.len());
    if out.len() < needed {
        return Err(Error::NoRoom {
            needed,
            left: out.len(),
        });
    }
    let sentinel = ExidxEntry {
        function: code_end,
        unwind: Unwind::Cannot,
    };
    let all = entries.iter().chain(std::iter::repeat(&sentinel));
    for (index, (bytes, entry)) in out.chunks_exact_mut(ENTRY).zip(all).enumerate() {
        let place = addr.wrapping_add((index * ENTRY) as u32);
        let first = encode_prel31(entry.function, place)?;
        let second = match entry.unwind {
            Unwind::Cannot => CANTUNWIND,
            Unwind::Inline(word) => word,
            Unwind::Table(target) => encode_prel31(target, place.wrapping_add(4))?,
        };
        bytes[..4].copy_from_slice(&endian.write_u32(first));
        bytes[4..].copy_from_slice(&endian.write_u32(second));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITTLE: Endianness = Endianness::Little;

    #[test]
    fn prel31_words() {
        let cases = [
            (0x8000, 0x8000, 0x0000_0000),
            (0x8010, 0x8000, 0x0000_0010),
            (0x7ff0, 0x8000, 0x7fff_fff0),
            (0x4000_7fff, 0x8000, 0x3fff_ffff),
            (0xc000_8000, 0x8000, 0x4000_0000),
            // Around the end of the address space.
            (0x0000_0004, 0xffff_fffc, 0x0000_0008),
        ];
        for (target, place, word) in cases {
            assert_eq!(encode_prel31(target, place), Ok(word), "{target:#x}");
            assert_eq!(decode_prel31(word, place), target);
            assert_eq!(decode_prel31(word | 1 << 31, place), target, "bit 31");
        }
        for target in [0x4000_8000, 0xc000_7fff] {
            let error = Error::TooFar {
                target,
                place: 0x8000,
            };
            assert_eq!(encode_prel31(target, 0x8000), Err(error));
        }
    }

    fn entry(function: u32, unwind: Unwind) -> ExidxEntry {
        ExidxEntry { function, unwind }
    }

    fn table(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_le_bytes()).collect()
    }

    #[test]
    fn tables_are_read() {
        let bytes = table(&[
            0x0000_0100,
            CANTUNWIND,
            0x7fff_f000,
            0x80b0_b0b0,
            0x0000_0200,
            0x0000_1000,
        ]);
        assert_eq!(
            decode(&bytes, 0x2000, LITTLE),
            Ok(vec![
                entry(0x2100, Unwind::Cannot),
                entry(0x1008, Unwind::Inline(0x80b0_b0b0)),
                entry(0x2210, Unwind::Table(0x3014)),
            ])
        );
        assert_eq!(decode(&bytes[..12], 0, LITTLE), Err(Error::Size(12)));
        assert_eq!(
            decode(&table(&[0, 1, 0x8000_0000, 1]), 0, LITTLE),
            Err(Error::Function {
                offset: 8,
                word: 0x8000_0000
            })
        );
    }

    #[test]
    fn tables_are_sorted_merged_and_closed() {
        let inline = Unwind::Inline(0x80b0_b0b0);
        let other = Unwind::Inline(0x80a8_b0b0);
        let mut entries = vec![
            entry(0x1600, Unwind::Table(0x3000)),
            entry(0x1500, Unwind::Table(0x3000)),
            entry(0x1100, inline),
            entry(0x1000, inline),
            entry(0x1200, Unwind::Cannot),
            entry(0x1300, Unwind::Cannot),
            entry(0x1400, other),
            entry(0x1700, inline),
        ];
        let mut unmerged = entries.clone();
        arrange(&mut unmerged, false);
        let functions: Vec<_> = unmerged.iter().map(|e| e.function).collect();
        assert_eq!(
            functions,
            [
                0x1000, 0x1100, 0x1200, 0x1300, 0x1400, 0x1500, 0x1600, 0x1700
            ]
        );
        arrange(&mut entries, true);
        assert_eq!(
            entries,
            [
                entry(0x1000, inline),
                entry(0x1200, Unwind::Cannot),
                entry(0x1400, other),
                entry(0x1500, Unwind::Table(0x3000)),
                entry(0x1600, Unwind::Table(0x3000)),
                entry(0x1700, inline),
            ]
        );

        let mut out = vec![0; size(entries.len())];
        assert_eq!(encode(&entries, 0x1800, &mut out, 0x2000, LITTLE), Ok(()));
        let mut again = entries.clone();
        again.push(entry(0x1800, Unwind::Cannot));
        assert_eq!(decode(&out, 0x2000, LITTLE), Ok(again));
    }

    #[test]
    fn of_entries_for_one_function_the_last_stays() {
        let inline = Unwind::Inline(0x80b0_b0b0);
        let mut entries = vec![
            entry(0x1000, inline),
            entry(0x1100, Unwind::Cannot),
            entry(0x1100, inline),
            entry(0x1200, Unwind::Cannot),
        ];
        arrange(&mut entries, true);
        assert_eq!(
            entries,
            [entry(0x1000, inline), entry(0x1200, Unwind::Cannot)]
        );
    }

    #[test]
    fn distances_are_counted_from_where_the_entry_went() {
        let entries = [
            entry(0x8000, Unwind::Inline(0x80b0_b0b0)),
            entry(0x8100, Unwind::Table(0x9004)),
        ];
        let mut out = vec![0; 32];
        assert_eq!(encode(&entries, 0x8200, &mut out, 0x9100, LITTLE), Ok(()));
        assert_eq!(
            out,
            table(&[
                0x7fff_ef00,
                0x80b0_b0b0,
                0x7fff_eff8,
                0x7fff_fef8,
                0x7fff_f0f0,
                1,
                0x7fff_f0e8,
                1, // repeated: the room was for one entry more
            ])
        );
        let mut big = vec![0; 16];
        let end = encode(&entries[..1], 0x8200, &mut big, 0x9100, Endianness::Big);
        assert_eq!(end, Ok(()));
        assert_eq!(big[..8], [0x7f, 0xff, 0xef, 0x00, 0x80, 0xb0, 0xb0, 0xb0]);
        let short = encode(&entries, 0x8200, &mut out[..16], 0x9100, LITTLE);
        assert_eq!(
            short,
            Err(Error::NoRoom {
                needed: 24,
                left: 16
            })
        );
        let far = encode(&entries, 0x8200, &mut out, 0x6000_0000, LITTLE);
        assert_eq!(
            far,
            Err(Error::TooFar {
                target: 0x8000,
                place: 0x6000_0000
            })
        );
    }

    #[test]
    fn second_words_tell_what_they_are_before_layout() {
        assert_eq!(without_table(1), Some(Unwind::Cannot));
        assert_eq!(
            without_table(0x80b0_b0b0),
            Some(Unwind::Inline(0x80b0_b0b0))
        );
        assert_eq!(without_table(0), None);
        assert!(merges(Unwind::Cannot, Unwind::Cannot));
        assert!(!merges(Unwind::Table(4), Unwind::Table(4)));
        assert!(!merges(Unwind::Cannot, Unwind::Inline(0x80b0_b0b0)));
    }
}
