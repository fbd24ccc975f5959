//! Unwind tables as bytes: `.eh_frame` and `.eh_frame_hdr`.
//!
//! Problem: unwinders walk `.eh_frame`, a list of call frame records without an index, and want
//! `.eh_frame_hdr`, a sorted table that leads from a function's address to its record. A linker has
//! to cut the section into records, drop those of functions that are gone, share equal CIEs, and
//! write the table. Only the bytes are dealt with here; which record lives is decided elsewhere.
//!
//! Spec: Linux Standard Base Core 5.0, 10.6 "Exception Frames", and DWARF 5, 6.4.1 for the order of
//! a CIE's fields. A CIE says how the pointers of its FDEs are encoded; an FDE refers to its CIE by
//! the distance from its own second word backwards, which no relocation covers, so a record that
//! moves needs [`set_cie_pointer`].

use object::Endian as _;
use object::Endianness;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// Common information entry.
    Cie,
    /// Frame description entry: one function.
    Fde {
        /// Index of its CIE among the section's records.
        cie: u32,
    },
}

/// A record of an input section, its length word included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Offset in the section.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
    /// What it is.
    pub kind: RecordKind,
}

/// Word size and byte order of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// 64-bit addresses.
    pub is_64: bool,
    /// Byte order.
    pub endian: Endianness,
}

/// Damage in a section, with the offset at which it was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The length word or the bytes it announces are missing.
    #[error("record at offset {offset:#x} is cut off: {needed:#x} bytes needed, {left:#x} left")]
    Truncated { offset: u32, needed: u64, left: u64 },
    /// The 64-bit form of a length, or a section beyond 4 GiB.
    #[error("record at offset {offset:#x} has a 64-bit length, which unwinders do not read")]
    TooLarge { offset: u32 },
    /// The distance to the CIE leads to no CIE of this section.
    #[error(
        "frame at offset {offset:#x} refers to a common entry {distance:#x} bytes back, where none begins"
    )]
    NoCie { offset: u32, distance: u32 },
    /// The CIE's version is none that is defined.
    #[error("common entry has version {0}; known are 1, 3 and 4")]
    Version(u8),
    /// The augmentation string has a letter whose data cannot be skipped.
    #[error("common entry has the unknown augmentation `{0}`")]
    Augmentation(char),
    /// A CIE or FDE ends inside of its fields.
    #[error("record ends at offset {0:#x} inside of its fields")]
    Short(u32),
    /// An encoding that a static image cannot use for function addresses.
    #[error(
        "function addresses are encoded as {0:#04x}; only absolute and place-relative forms of a fixed size can be read"
    )]
    Encoding(u8),
    /// The header's 32-bit distances do not reach.
    #[error("{addr:#x} is too far from `.eh_frame_hdr` at {header:#x} for 32 bits")]
    TooFar { addr: u64, header: u64 },
    /// The header was given less room than its entries need.
    #[error("`.eh_frame_hdr` needs {needed:#x} bytes and has {left:#x}")]
    NoRoom { needed: u64, left: u64 },
}

fn read_u32(bytes: &[u8], offset: usize, endian: Endianness) -> Option<u32> {
    let word = bytes.get(offset..offset.checked_add(4)?)?;
    Some(endian.read_u32(word.try_into().ok()?))
}

/// Cuts an input section into its records, in file order. Terminators (a zero length, as crtend.o
/// ends with) are skipped wherever they stand, so that a partially linked object keeps its records.
pub fn parse(section: &[u8], endian: Endianness) -> Result<Vec<Record>, Error> {
    let mut records: Vec<Record> = Vec::new();
    // Offsets ascend, so a CIE is found by binary search.
    let mut cies: Vec<(u32, u32)> = Vec::new();
    let mut at = 0_usize;
    while at < section.len() {
        let offset = u32::try_from(at).map_err(|_| Error::TooLarge { offset: u32::MAX })?;
        let left = (section.len() - at) as u64;
        let truncated = |needed| Error::Truncated {
            offset,
            needed,
            left,
        };
        let length = read_u32(section, at, endian).ok_or(truncated(4))?;
        if length == 0 {
            at += 4;
            continue;
        }
        if length == u32::MAX {
            return Err(Error::TooLarge { offset });
        }
        let size = u64::from(length) + 4;
        // The second word tells CIE from FDE.
        if size > left || size < 8 {
            return Err(truncated(size.max(8)));
        }
        let size = u32::try_from(size).map_err(|_| Error::TooLarge { offset })?;
        let id = read_u32(section, at + 4, endian).ok_or(truncated(8))?;
        let index = records.len() as u32;
        let kind = if id == 0 {
            cies.push((offset, index));
            RecordKind::Cie
        } else {
            let cie = (offset + 4)
                .checked_sub(id)
                .and_then(|cie| cies.binary_search_by_key(&cie, |&(start, _)| start).ok())
                .and_then(|found| cies.get(found));
            let &(_, cie) = cie.ok_or(Error::NoCie {
                offset,
                distance: id,
            })?;
            RecordKind::Fde { cie }
        };
        records.push(Record { offset, size, kind });
        at += size as usize;
    }
    Ok(records)
}

/// What makes two CIEs the same: their bytes and what their relocations lead to. A target is
/// whatever number the caller gives a symbol with addend and relocation type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CieKey<'a> {
    /// The record.
    pub bytes: &'a [u8],
    /// (offset in the record, target) for each relocation.
    pub targets: Vec<(u32, u64)>,
}

/// Writes the distance from an FDE to its CIE; both are offsets in the same output section.
pub fn set_cie_pointer(section: &mut [u8], fde: u32, cie: u32, endian: Endianness) {
    let Some(at) = (fde as usize).checked_add(4) else {
        return;
    };
    if let Some(word) = section.get_mut(at..at.saturating_add(4)) {
        let distance = fde.wrapping_add(4).wrapping_sub(cie);
        word.copy_from_slice(&endian.write_u32(distance));
    }
}

/// A pointer encoding (`DW_EH_PE_*`): format in the low four bits, base in the next three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(pub u8);

impl Encoding {
    /// `DW_EH_PE_absptr`, which holds where a CIE says nothing.
    pub const ABSOLUTE: Encoding = Encoding(0x00);
    /// `DW_EH_PE_pcrel | DW_EH_PE_sdata4`, what compilers emit.
    pub const PLACE_RELATIVE_32: Encoding = Encoding(0x1b);

    /// Bytes of a pointer, if they are fixed.
    fn size(self, is_64: bool) -> Option<usize> {
        match self.0 & 0x07 {
            0 if is_64 => Some(8),
            0 => Some(4),
            2 => Some(2),
            3 => Some(4),
            4 => Some(8),
            _ => None,
        }
    }

    fn is_signed(self) -> bool {
        self.0 & 0x08 != 0
    }
}

/// Reads the fields of a record one after the other.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Fields<'_> {
    fn short(&self) -> Error {
        Error::Short(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX))
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let byte = *self.bytes.get(self.at).ok_or(self.short())?;
        self.at += 1;
        Ok(byte)
    }

    fn skip(&mut self, count: usize) -> Result<(), Error> {
        match self.at.checked_add(count) {
            Some(at) if at <= self.bytes.len() => {
                self.at = at;
                Ok(())
            }
            _ => Err(self.short()),
        }
    }

    /// Skips a LEB128 number of either sign.
    fn skip_leb(&mut self) -> Result<(), Error> {
        while self.byte()? & 0x80 != 0 {}
        Ok(())
    }
}

/// The encoding of function addresses in the FDEs of a CIE: the byte of `R` in its augmentation.
/// `cie` is the whole record.
pub fn fde_encoding(cie: &[u8], is_64: bool) -> Result<Encoding, Error> {
    let mut fields = Fields { bytes: cie, at: 8 };
    let version = fields.byte()?;
    if !matches!(version, 1 | 3 | 4) {
        return Err(Error::Version(version));
    }
    let start = fields.at;
    while fields.byte()? != 0 {}
    let augmentation = &cie[start..fields.at - 1];
    let mut letters = augmentation;
    // GCC 2's form: a pointer to its exception table comes first.
    if let Some(rest) = letters.strip_prefix(b"eh") {
        fields.skip(if is_64 { 8 } else { 4 })?;
        letters = rest;
    }
    if version == 4 {
        fields.skip(2)?; // address size, segment selector size
    }
    fields.skip_leb()?; // code alignment
    fields.skip_leb()?; // data alignment
    if version == 1 {
        fields.skip(1)?; // return address register
    } else {
        fields.skip_leb()?;
    }
    for &letter in letters {
        match letter {
            b'z' => fields.skip_leb()?,
            b'R' => return fields.byte().map(Encoding),
            b'L' => fields.skip(1)?,
            b'P' => {
                let encoding = Encoding(fields.byte()?);
                // 0x50 is DW_EH_PE_aligned: padding depends on the address.
                let size = encoding.size(is_64).filter(|_| encoding.0 & 0x70 != 0x50);
                fields.skip(size.ok_or(Error::Encoding(encoding.0))?)?;
            }
            // Signal frame; AArch64's pointer authentication key and memory tagging. No data.
            b'S' | b'B' | b'G' => {}
            other => return Err(Error::Augmentation(char::from(other))),
        }
    }
    Ok(Encoding::ABSOLUTE)
}

/// The function address of a relocated FDE: `fde` is the whole record, which stands at `addr`.
pub fn read_pc(fde: &[u8], addr: u64, encoding: Encoding, format: Format) -> Result<u64, Error> {
    let unknown = Error::Encoding(encoding.0);
    let size = encoding.size(format.is_64).ok_or(unknown)?;
    let bytes = fde
        .get(8..8 + size)
        .ok_or(Error::Short(u32::try_from(fde.len()).unwrap_or(u32::MAX)))?;
    let mut wide = [0; 8];
    match format.endian {
        Endianness::Little => wide[..size].copy_from_slice(bytes),
        Endianness::Big => wide[8 - size..].copy_from_slice(bytes),
    }
    let raw = format.endian.read_u64(wide);
    let unused = 64 - 8 * size as u32;
    let value = if encoding.is_signed() {
        (((raw << unused) as i64) >> unused) as u64
    } else {
        raw
    };
    let pc = match encoding.0 & 0xf0 {
        0x00 => value,
        0x10 => addr.wrapping_add(8).wrapping_add(value),
        _ => return Err(unknown),
    };
    Ok(if format.is_64 {
        pc
    } else {
        pc & u64::from(u32::MAX)
    })
}

/// Bytes of an `.eh_frame_hdr` with room for `frames` entries.
pub fn header_size(frames: usize) -> usize {
    HEADER + ENTRY * frames
}

const HEADER: usize = 12;
const ENTRY: usize = 8;

/// Version 1; pointer to `.eh_frame` pcrel | sdata4; count udata4; table datarel | sdata4.
const PREFIX: [u8; 4] = [1, 0x1b, 0x03, 0x3b];

/// Writes `.eh_frame_hdr` at `header` for the `.eh_frame` at `eh_frame`. `table` holds (function,
/// FDE) addresses in any order; it is sorted, and of several FDEs for one function (folded or empty
/// functions) the one at the lowest address stays. The room of dropped entries is filled with zeros.
/// Returns the number of entries written.
pub fn write_header(
    out: &mut [u8],
    header: u64,
    eh_frame: u64,
    table: &mut Vec<(u64, u64)>,
    format: Format,
) -> Result<usize, Error> {
    table.sort_unstable();
    table.dedup_by_key(|&mut (pc, _)| pc);
    let needed = header_size(table.len());
    if out.len() < needed {
        return Err(Error::NoRoom {
            needed: needed as u64,
            left: out.len() as u64,
        });
    }
    let distance = |from: u64, to: u64| {
        let far = to.wrapping_sub(from) as i64;
        // Addresses of 32 bits wrap around in 32 bits.
        if format.is_64 && i32::try_from(far).is_err() {
            return Err(Error::TooFar { addr: to, header });
        }
        Ok(format.endian.write_u32(far as u32))
    };
    let count = u32::try_from(table.len()).map_err(|_| Error::TooLarge { offset: 0 })?;
    out.fill(0);
    out[..4].copy_from_slice(&PREFIX);
    out[4..8].copy_from_slice(&distance(header.wrapping_add(4), eh_frame)?);
    out[8..12].copy_from_slice(&format.endian.write_u32(count));
    for (entry, &(pc, fde)) in out[HEADER..].chunks_exact_mut(ENTRY).zip(table.iter()) {
        entry[..4].copy_from_slice(&distance(header, pc)?);
        entry[4..].copy_from_slice(&distance(header, fde)?);
    }
    Ok(table.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITTLE: Endianness = Endianness::Little;
    const LP64: Format = Format {
        is_64: true,
        endian: LITTLE,
    };
    const ILP32_BIG: Format = Format {
        is_64: false,
        endian: Endianness::Big,
    };

    /// A record with its length in front.
    fn record(id: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = (body.len() as u32 + 4).to_le_bytes().to_vec();
        bytes.extend(id.to_le_bytes());
        bytes.extend(body);
        bytes
    }

    /// Version 1, "zR", code 1, data −8, register 16, one byte of data: pcrel | sdata4.
    const ZR: &[u8] = &[1, b'z', b'R', 0, 1, 0x78, 16, 1, 0x1b, 0, 0, 0];

    #[test]
    fn sections_are_cut_into_records() {
        let mut section = record(0, ZR); // 0x00, 20 bytes
        section.extend(record(0x18, &[0; 12])); // 0x14
        section.extend(record(0, ZR)); // 0x28
        section.extend(record(0x18, &[0; 8])); // 0x3c
        section.extend(record(0x50, &[0; 8])); // 0x4c, back to the first CIE
        section.extend([0; 4]);
        let records = parse(&section, LITTLE).expect("sound");
        let found: Vec<_> = records.iter().map(|r| (r.offset, r.size, r.kind)).collect();
        let fde = |cie| RecordKind::Fde { cie };
        assert_eq!(
            found,
            [
                (0x00, 20, RecordKind::Cie),
                (0x14, 20, fde(0)),
                (0x28, 20, RecordKind::Cie),
                (0x3c, 16, fde(2)),
                (0x4c, 16, fde(0)),
            ]
        );
        assert_eq!(parse(&[], LITTLE), Ok(vec![]));
    }

    #[test]
    fn a_terminator_in_the_middle_hides_nothing() {
        let mut section = vec![0; 4];
        section.extend(record(0, ZR));
        section.extend([0; 4]);
        section.extend(record(0x1c, &[0; 8]));
        let records = parse(&section, LITTLE).expect("sound");
        assert_eq!(records.len(), 2);
        assert_eq!(records[1].kind, RecordKind::Fde { cie: 0 });
    }

    #[test]
    fn damage_is_reported_with_its_offset() {
        let cie = record(0, ZR);
        let with = |tail: &[u8]| [&cie[..], tail].concat();
        let truncated = |needed, left| Error::Truncated {
            offset: 20,
            needed,
            left,
        };
        let cases = [
            (with(&[8, 0]), truncated(4, 2)),
            (with(&[8, 0, 0, 0, 0x18, 0]), truncated(12, 6)),
            (with(&[2, 0, 0, 0, 0, 0, 0, 0]), truncated(8, 8)),
            (with(&[0xff; 12]), Error::TooLarge { offset: 20 }),
            (
                with(&record(0x10, &[0; 4])),
                Error::NoCie {
                    offset: 20,
                    distance: 0x10,
                },
            ),
            (
                with(&record(0x1000, &[0; 4])),
                Error::NoCie {
                    offset: 20,
                    distance: 0x1000,
                },
            ),
        ];
        for (section, error) in cases {
            assert_eq!(parse(&section, LITTLE), Err(error));
        }
        assert_eq!(
            Error::NoCie {
                offset: 20,
                distance: 16
            }
            .to_string(),
            "frame at offset 0x14 refers to a common entry 0x10 bytes back, where none begins"
        );
    }

    #[test]
    fn no_prefix_of_a_section_panics() {
        let mut section = record(0, ZR);
        section.extend(record(0x18, &[0; 12]));
        for end in 0..section.len() {
            let _ = parse(&section[..end], LITTLE);
            let _ = fde_encoding(&section[..end], true);
            let _ = read_pc(&section[..end], 0, Encoding::PLACE_RELATIVE_32, LP64);
            // The length word is a lie.
            let mut short = section[..end].to_vec();
            if let Some(first) = short.first_mut() {
                *first = 0x7f;
            }
            let _ = parse(&short, LITTLE);
        }
    }

    #[test]
    fn encodings_come_from_the_augmentation() {
        let cases: &[(&[u8], bool, Result<Encoding, Error>)] = &[
            (ZR, true, Ok(Encoding(0x1b))),
            // No augmentation.
            (&[1, 0, 1, 0x78, 16], true, Ok(Encoding::ABSOLUTE)),
            // zPLR: personality pcrel | sdata4, LSDA pcrel | sdata4, then R.
            (
                &[
                    1, b'z', b'P', b'L', b'R', 0, 1, 0x78, 16, 7, 0x9b, 9, 9, 9, 9, 0x1b, 0x03,
                ],
                true,
                Ok(Encoding(0x03)),
            ),
            // An absolute personality has the size of an address.
            (
                &[
                    1, b'z', b'P', b'R', 0, 1, 0x78, 16, 6, 0x00, 9, 9, 9, 9, 0x1b,
                ],
                false,
                Ok(Encoding(0x1b)),
            ),
            (
                &[
                    1, b'z', b'P', b'R', 0, 1, 0x78, 16, 10, 0x00, 9, 9, 9, 9, 9, 9, 9, 9, 0x1b,
                ],
                true,
                Ok(Encoding(0x1b)),
            ),
            // Version 3 has the register as LEB128, version 4 two sizes more.
            (
                &[3, b'z', b'R', 0, 1, 0x7c, 0x81, 0x01, 1, 0x10],
                true,
                Ok(Encoding(0x10)),
            ),
            (
                &[4, b'z', b'R', 0, 8, 0, 1, 0x78, 30, 1, 0x1b],
                true,
                Ok(Encoding(0x1b)),
            ),
            // Signal frame and pointer authentication before R.
            (
                &[1, b'z', b'B', b'S', b'R', 0, 1, 0x78, 30, 1, 0x1b],
                true,
                Ok(Encoding(0x1b)),
            ),
            // eh: a pointer before the alignments.
            (
                &[1, b'e', b'h', 0, 0, 0, 0, 0, 1, 0x7c, 8],
                false,
                Ok(Encoding::ABSOLUTE),
            ),
            (&[2, 0, 1, 0x78, 16], true, Err(Error::Version(2))),
            (
                &[1, b'z', b'?', 0, 1, 0x78, 16, 0],
                true,
                Err(Error::Augmentation('?')),
            ),
            (
                &[1, b'z', b'P', b'R', 0, 1, 0x78, 16, 3, 0x50, 0, 0x1b],
                true,
                Err(Error::Encoding(0x50)),
            ),
            (
                &[1, b'z', b'R', 0, 1, 0x78, 16, 1],
                true,
                Err(Error::Short(16)),
            ),
        ];
        for (body, is_64, expected) in cases {
            assert_eq!(
                fde_encoding(&record(0, body), *is_64),
                *expected,
                "{body:x?}"
            );
        }
    }

    #[test]
    fn function_addresses_are_read_in_all_encodings() {
        let fde = |bytes: &[u8]| record(0x18, bytes);
        let minus_16 = fde(&[0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        let cases = [
            (0x1b, LP64, Ok(0x1008 - 16)),
            (0x1a, LP64, Ok(0x1008 - 16)),
            (0x1c, LP64, Ok(0x1008 - 16)),
            (0x10, LP64, Ok(0x1008 - 16)),
            (0x13, LP64, Ok(0x1008 + 0xffff_fff0)),
            (0x03, LP64, Ok(0xffff_fff0)),
            (0x02, LP64, Ok(0xfff0)),
            (0x0b, LP64, Ok(0xffff_ffff_ffff_fff0)),
            (0x00, LP64, Ok(0xffff_ffff_ffff_fff0)),
            (0x01, LP64, Err(Error::Encoding(0x01))),
            (0x9b, LP64, Err(Error::Encoding(0x9b))),
            (0x3b, LP64, Err(Error::Encoding(0x3b))),
            (0xff, LP64, Err(Error::Encoding(0xff))),
        ];
        for (encoding, format, expected) in cases {
            let read = read_pc(&minus_16, 0x1000, Encoding(encoding), format);
            assert_eq!(read, expected, "{encoding:#x}");
        }
        let big = fde(&[0xff, 0xff, 0xff, 0xf0]);
        assert_eq!(read_pc(&big, 0x1000, Encoding(0x1b), ILP32_BIG), Ok(0xff8));
        assert_eq!(
            read_pc(&big, 0x1000, Encoding(0x00), ILP32_BIG),
            Ok(0xffff_fff0)
        );
        let half = fde(&[0xff, 0xf0]);
        assert_eq!(read_pc(&half, 0, Encoding(0x02), ILP32_BIG), Ok(0xfff0));
        assert_eq!(
            read_pc(&half, 0, Encoding(0x03), LP64),
            Err(Error::Short(10))
        );
    }

    #[test]
    fn headers_are_sorted_and_have_each_function_once() {
        let mut table = vec![
            (0x40_2000, 0x40_0160),
            (0x40_1000, 0x40_0190),
            (0x40_1000, 0x40_0118),
            (0x3f_f000, 0x40_0130),
        ];
        let mut out = vec![0xee; header_size(4)];
        let count = write_header(&mut out, 0x40_0080, 0x40_0100, &mut table, LP64);
        assert_eq!(count, Ok(3));
        #[rustfmt::skip]
        let expected = [
            1, 0x1b, 0x03, 0x3b,
            0x7c, 0, 0, 0,
            3, 0, 0, 0,
            0x80, 0xef, 0xff, 0xff, 0xb0, 0, 0, 0,
            0x80, 0x0f, 0, 0, 0x98, 0, 0, 0,
            0x80, 0x1f, 0, 0, 0xe0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(out, expected);
    }

    #[test]
    fn headers_are_big_endian_where_the_image_is() {
        let mut out = vec![0; header_size(1)];
        let mut table = vec![(0xffff_f000, 0x20)];
        assert_eq!(
            write_header(&mut out, 0x10, 0x18, &mut table, ILP32_BIG),
            Ok(1)
        );
        assert_eq!(
            out,
            [
                1, 0x1b, 3, 0x3b, 0, 0, 0, 4, 0, 0, 0, 1, 0xff, 0xff, 0xef, 0xf0, 0, 0, 0, 0x10
            ]
        );
    }

    #[test]
    fn distances_of_headers_have_limits() {
        let header = 0x1_0000_0000;
        let mut out = vec![0; header_size(1)];
        for (pc, fits) in [
            (header + 0x7fff_ffff, true),
            (header + 0x8000_0000, false),
            (header - 0x8000_0000, true),
            (header - 0x8000_0001, false),
        ] {
            let result = write_header(&mut out, header, header, &mut vec![(pc, header)], LP64);
            let expected = if fits {
                Ok(1)
            } else {
                Err(Error::TooFar { addr: pc, header })
            };
            assert_eq!(result, expected, "{pc:#x}");
        }
        let short = write_header(
            &mut out[..12],
            header,
            header,
            &mut vec![(header, header)],
            LP64,
        );
        assert_eq!(
            short,
            Err(Error::NoRoom {
                needed: 20,
                left: 12
            })
        );
    }

    #[test]
    fn moved_frames_find_their_entry() {
        let mut section = record(0, ZR);
        section.extend(record(0, ZR));
        section.extend(record(0xdead, &[0; 8]));
        set_cie_pointer(&mut section, 40, 20, LITTLE);
        let records = parse(&section, LITTLE).expect("sound");
        assert_eq!(records[2].kind, RecordKind::Fde { cie: 1 });
        let before = section.clone();
        set_cie_pointer(&mut section, 56, 20, LITTLE);
        assert_eq!(section, before, "outside of the section");
    }

    #[test]
    fn entries_are_equal_with_bytes_and_targets() {
        let key = |bytes, target| CieKey {
            bytes,
            targets: vec![(17, target)],
        };
        assert_eq!(key(ZR, 7), key(ZR, 7));
        assert_ne!(key(ZR, 7), key(ZR, 8));
        assert_ne!(key(ZR, 7), key(&ZR[1..], 7));
    }
}
