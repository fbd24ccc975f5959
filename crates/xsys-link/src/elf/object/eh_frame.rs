//! Unwind tables as bytes: `.eh_frame` and `.eh_frame_hdr`.
//!
//! Problem: unwinders walk `.eh_frame`, a list of call frame records without an index, and want
//! `.eh_frame_hdr`, a sorted table that leads from a function's address to its record. A linker has
//! to cut the section into records, drop those of functions that are gone, share equal CIEs, and
//! write the table. This file only handles bytes; `live::gc` decides which records are kept.
//!
//! Spec: Linux Standard Base Core 5.0, 10.6 "Exception Frames", and DWARF 5, 6.4.1 for the order of
//! a CIE's fields. A CIE says how the pointers of its FDEs are encoded; an FDE refers to its CIE by
//! the distance from its own second word backwards, which no relocation covers, so a record that
//! moves needs [`set_cie_pointer`].

#[cfg(test)]
mod tests;

use object::Endian as _;
use object::Endianness;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordKind {
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
pub(crate) struct Record {
    /// Offset in the section.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
    /// What it is.
    pub kind: RecordKind,
}

/// Word size and byte order of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WordFormat {
    /// 64-bit addresses.
    pub is_64: bool,
    /// Byte order.
    pub endian: Endianness,
}

/// Damage in a section, with the offset at which it was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
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
    /// The CIE's version is not defined.
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
///
/// # Errors
/// The section is damaged, or has a form that unwinders do not read.
pub(crate) fn parse(section: &[u8], endian: Endianness) -> Result<Vec<Record>, Error> {
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

/// Two CIEs are the same if their bytes and the targets of their relocations are. A target is a
/// number that the caller gives to a symbol, addend and relocation type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CieKey<'a> {
    /// The record.
    pub bytes: &'a [u8],
    /// (offset in the record, target) for each relocation.
    pub targets: Vec<(u32, u64)>,
}

/// Writes the distance from an FDE to its CIE; both are offsets in the same output section.
pub(crate) fn set_cie_pointer(section: &mut [u8], fde: u32, cie: u32, endian: Endianness) {
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
pub(crate) struct Encoding(pub u8);

impl Encoding {
    /// `DW_EH_PE_absptr`, the default of a CIE.
    pub(crate) const ABSOLUTE: Encoding = Encoding(0x00);
    /// `DW_EH_PE_pcrel | DW_EH_PE_sdata4`, what compilers emit.
    #[cfg(test)]
    pub(crate) const PLACE_RELATIVE_32: Encoding = Encoding(0x1b);

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
struct FieldReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl FieldReader<'_> {
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
///
/// # Errors
/// The CIE is damaged or has an unknown version or augmentation.
pub(crate) fn fde_encoding(cie: &[u8], is_64: bool) -> Result<Encoding, Error> {
    let mut fields = FieldReader { bytes: cie, at: 8 };
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

/// Where the code of a relocated FDE begins, and how many bytes it has: `fde` is the whole record, which is at
/// `addr`.
///
/// # Errors
/// The record is cut off, or its encoding has no fixed size.
pub(crate) fn read_code(
    fde: &[u8],
    addr: u64,
    encoding: Encoding,
    format: WordFormat,
) -> Result<(u64, u64), Error> {
    let unknown = Error::Encoding(encoding.0);
    let size = encoding.size(format.is_64).ok_or(unknown)?;
    let raw = read_field(fde, 8, size, format.endian)?;
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
    let pc = match format.is_64 {
        true => pc,
        false => pc & u64::from(u32::MAX),
    };
    // It has the address's format, but no base.
    Ok((pc, read_field(fde, 8 + size, size, format.endian)?))
}

/// A number of at most eight bytes.
fn read_field(record: &[u8], at: usize, size: usize, endian: Endianness) -> Result<u64, Error> {
    let short = Error::Short(u32::try_from(record.len()).unwrap_or(u32::MAX));
    let bytes = record.get(at..at + size).ok_or(short)?;
    let mut wide = [0; 8];
    match endian {
        Endianness::Little => wide[..size].copy_from_slice(bytes),
        Endianness::Big => wide[8 - size..].copy_from_slice(bytes),
    }
    Ok(endian.read_u64(wide))
}

/// Bytes of an `.eh_frame_hdr` with room for `frames` entries.
pub(crate) fn header_size(frames: usize) -> usize {
    HEADER + ENTRY * frames
}

const HEADER: usize = 12;
const ENTRY: usize = 8;

/// Version 1; pointer to `.eh_frame` pcrel | sdata4; count udata4; table datarel | sdata4.
const PREFIX: [u8; 4] = [1, 0x1b, 0x03, 0x3b];

/// Writes `.eh_frame_hdr` at `header` for the `.eh_frame` at `eh_frame`. `table` holds (function,
/// FDE) addresses in any order; it is sorted, and of several FDEs for one function (folded or empty
/// functions) the one at the lowest address stays. Dropped entries leave zeros at the end.
/// Returns the number of entries written.
///
/// # Errors
/// `header` is too short, or an address is too far away for 32 bits.
pub(crate) fn write_header(
    out: &mut [u8],
    header: u64,
    eh_frame: u64,
    table: &mut Vec<(u64, u64)>,
    format: WordFormat,
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
