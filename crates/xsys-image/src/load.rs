//! What an ELF file wants loaded, and where.
//!
//! The program headers are what loaders read: each LOAD segment has file bytes and a load address
//! (`p_paddr`; the gABI's "Program Header" leaves it to the system, and for boards it is the flash
//! address of data that later moves to RAM). Linkers often let the first LOAD begin with the ELF
//! header itself, which must not end up in an image: where the file has section headers, a
//! segment is cut down to what its sections cover, as objcopy does.

use std::ops::Range;

use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::{Endianness, FileKind, elf};

use crate::{Error, Format};

/// The largest hole that a format without addresses may fill. Flash and RAM are usually
/// hundreds of megabytes apart; no real image has such a hole on purpose.
pub const MAX_GAP: u64 = 256 << 20;

/// Bytes and the address they are loaded at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'data> {
    pub addr: u64,
    pub data: &'data [u8],
    /// The name of the section that it begins with; empty where the file does not tell.
    pub first: &'data [u8],
    /// And of the one that it ends with.
    pub last: &'data [u8],
}

impl Piece<'_> {
    /// What it begins with, for people.
    pub fn first_name(&self) -> String {
        shown(self.first)
    }

    /// What it ends with, for people.
    pub fn last_name(&self) -> String {
        shown(self.last)
    }

    /// The address after the last byte; checked against overflow by [`read`].
    pub fn end(&self) -> u64 {
        self.addr + self.data.len() as u64
    }
}

fn shown(name: &[u8]) -> String {
    if name.is_empty() {
        "(no name)".to_owned()
    } else {
        String::from_utf8_lossy(name).into_owned()
    }
}

/// Everything that is to be loaded, by ascending address, without overlaps, never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image<'data> {
    pub entry: u64,
    pub pieces: Vec<Piece<'data>>,
}

impl Image<'_> {
    /// The lowest load address.
    pub fn start(&self) -> u64 {
        self.pieces.first().map_or(0, |piece| piece.addr)
    }

    /// The address after the highest byte.
    pub fn end(&self) -> u64 {
        self.pieces.last().map_or(0, Piece::end)
    }

    /// Refuses images whose last byte lies above `limit`.
    pub(crate) fn check_limit(&self, format: Format, limit: u64) -> Result<(), Error> {
        match self.end().checked_sub(1) {
            Some(last) if last > limit => Err(Error::AddressTooHigh {
                format,
                addr: last,
                limit,
            }),
            _ => Ok(()),
        }
    }
}

/// Reads a linked ELF file of either class and byte order.
///
/// # Errors
/// If the file is not a linked ELF file, is damaged, or has nothing to load.
pub fn read(data: &[u8]) -> Result<Image<'_>, Error> {
    match FileKind::parse(data) {
        Ok(FileKind::Elf32) => read_class::<elf::FileHeader32<Endianness>>(data),
        Ok(FileKind::Elf64) => read_class::<elf::FileHeader64<Endianness>>(data),
        Ok(other) => Err(Error::NotElf(format!("it is of kind {other:?}"))),
        Err(_) => Err(Error::NotElf(match data.get(..4) {
            Some(magic) if magic == elf::ELFMAG => "its header is incomplete".to_owned(),
            Some(magic) => format!("it begins with the bytes {magic:02x?}"),
            None => format!("it has only {} bytes", data.len()),
        })),
    }
}

/// A range of the file that is covered by a section with loaded bytes, and the section's name.
type Covered<'data> = (Range<u64>, &'data [u8]);

fn covered<'data, Header: FileHeader<Endian = Endianness>>(
    header: &Header,
    endian: Endianness,
    data: &'data [u8],
) -> Result<Vec<Covered<'data>>, Error> {
    let sections = header.section_headers(endian, data).map_err(corrupt)?;
    // Names are for messages only.
    let names = header.section_strings(endian, data, sections);
    let names = names.unwrap_or_default();
    let mut covered = Vec::new();
    for section in sections {
        let flags = section.sh_flags(endian);
        let kind = section.sh_type(endian);
        if !flags.contains(elf::SHF_ALLOC) || kind == elf::SHT_NOBITS {
            continue;
        }
        let offset: u64 = section.sh_offset(endian).into();
        let size: u64 = section.sh_size(endian).into();
        let end = offset
            .checked_add(size)
            .ok_or_else(|| Error::Corrupt("a section wraps around".to_owned()))?;
        if size != 0 {
            let name = section.name(endian, names).unwrap_or_default();
            covered.push((offset..end, name));
        }
    }
    Ok(covered)
}

/// What of a segment's bytes is loaded, and the names of the sections at its ends.
struct Cut<'data> {
    range: Range<u64>,
    first: &'data [u8],
    last: &'data [u8],
}

impl<'data> Cut<'data> {
    fn covered_by(self, covered: &[Covered<'data>]) -> Option<Self> {
        let Range { start, end } = self.range;
        let inside = covered
            .iter()
            .filter(|(range, _)| range.start < end && range.end > start);
        let first = inside.clone().min_by_key(|(range, _)| range.start)?;
        let last = inside.max_by_key(|(range, _)| range.end)?;
        Some(Self {
            range: first.0.start.max(start)..last.0.end.min(end),
            first: first.1,
            last: last.1,
        })
    }
}

fn read_class<Header: FileHeader<Endian = Endianness>>(data: &[u8]) -> Result<Image<'_>, Error> {
    let header = Header::parse(data).map_err(corrupt)?;
    let endian = header.endian().map_err(corrupt)?;
    let segments = header.program_headers(endian, data).map_err(corrupt)?;
    let sections = header.section_headers(endian, data).map_err(corrupt)?;

    let covered = covered(header, endian, data)?;
    let mut pieces = Vec::new();
    for segment in segments {
        if segment.p_type(endian) != elf::PT_LOAD {
            continue;
        }
        let offset: u64 = segment.p_offset(endian).into();
        let size: u64 = segment.p_filesz(endian).into();
        let load_addr: u64 = segment.p_paddr(endian).into();
        if size == 0 {
            continue;
        }
        let end = offset
            .checked_add(size)
            .filter(|&end| end <= data.len() as u64)
            .ok_or_else(|| {
                Error::Corrupt(format!(
                    "the segment at 0x{load_addr:x} needs the file's bytes 0x{offset:x}+0x{size:x}, the file has 0x{:x}",
                    data.len()
                ))
            })?;
        let whole = Cut {
            range: offset..end,
            first: b"",
            last: b"",
        };
        let cut = match sections.is_empty() {
            true => Some(whole),
            false => whole.covered_by(&covered),
        };
        // Nothing but the file's own headers.
        let Some(Cut { range, first, last }) = cut else {
            continue;
        };
        let addr = load_addr
            .checked_add(range.start - offset)
            .filter(|addr| addr.checked_add(range.end - range.start).is_some())
            .ok_or_else(|| {
                Error::Corrupt(format!("the segment at 0x{load_addr:x} wraps around"))
            })?;
        // Both ends are at most `data.len()`.
        let bytes = data
            .get(range.start as usize..range.end as usize)
            .ok_or_else(|| Error::Corrupt("a segment is outside the file".to_owned()))?;
        pieces.push(Piece {
            addr,
            data: bytes,
            first,
            last,
        });
    }
    if pieces.is_empty() {
        return Err(Error::Empty);
    }
    pieces.sort_by_key(|piece| piece.addr);
    for pair in pieces.windows(2) {
        if pair[0].end() > pair[1].addr {
            return Err(Error::Overlap {
                first_start: pair[0].addr,
                first_end: pair[0].end(),
                second_start: pair[1].addr,
                second_end: pair[1].end(),
            });
        }
    }
    Ok(Image {
        entry: header.e_entry(endian).into(),
        pieces,
    })
}

fn corrupt(error: object::read::Error) -> Error {
    let text = error.to_string();
    let mut letters = text.chars();
    let lower = letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect());
    Error::Corrupt(lower.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_elf::Elf;

    #[test]
    fn headers_inside_the_first_segment_are_left_out() {
        // The segment begins with 0x20 bytes that no section covers.
        let mut bytes = vec![0xee; 0x20];
        bytes.extend_from_slice(b"code");
        let elf = Elf::new(0x1020)
            .load(0x1000, 0x1000, &bytes)
            .section(0x1020, 4)
            .build();
        let image = read(&elf).unwrap();
        assert_eq!(image.entry, 0x1020);
        assert_eq!(
            image.pieces,
            [Piece {
                addr: 0x1020,
                data: b"code",
                first: b".s1",
                last: b".s1",
            }]
        );
    }

    #[test]
    fn load_addresses_count_and_are_sorted() {
        let elf = Elf::new(0)
            .load(0x2000_0000, 0x120, b"data")
            .load(0x100, 0x100, b"text")
            .build();
        let image = read(&elf).unwrap();
        assert_eq!((image.start(), image.end()), (0x100, 0x124));
        assert_eq!(image.pieces[1].data, b"data");
    }

    #[test]
    fn every_class_and_byte_order_is_read() {
        for (wide, big) in [(false, false), (false, true), (true, false), (true, true)] {
            let elf = Elf::new(0x8000)
                .class(wide, big)
                .load(0x8000, 0x8000, b"abc")
                .section(0x8000, 3)
                .build();
            let image = read(&elf).unwrap();
            assert_eq!(image.entry, 0x8000, "64 bits: {wide}, big endian: {big}");
            assert_eq!(image.pieces[0].data, b"abc");
        }
    }

    #[test]
    fn impossible_files_are_refused() {
        let overlap = Elf::new(0)
            .load(0, 0x100, b"0123")
            .load(8, 0x102, b"4567")
            .build();
        assert_eq!(
            read(&overlap).unwrap_err().to_string(),
            "two segments load to the same addresses: 0x100..0x104 and 0x102..0x106"
        );
        assert_eq!(read(&Elf::new(0).build()), Err(Error::Empty));
        let wraps = Elf::new(0)
            .class(true, false)
            .load(0, u64::MAX - 1, b"0123")
            .build();
        assert!(matches!(read(&wraps), Err(Error::Corrupt(_))));
        assert_eq!(
            read(b"MZ..").unwrap_err().to_string(),
            "not an ELF file: it begins with the bytes [4d, 5a, 2e, 2e]"
        );
        assert_eq!(
            read(b"").unwrap_err().to_string(),
            "not an ELF file: it has only 0 bytes"
        );
    }
}
