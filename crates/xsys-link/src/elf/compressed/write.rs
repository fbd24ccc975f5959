//! Compresses the debug sections of a finished image.
//!
//! They come after everything that is loaded, and only section headers say where. So the end of the
//! file is written again, from the first byte that is in no segment. A section that would not become
//! smaller stays as it is. For zlib the contents are cut into pieces that are compressed in parallel;
//! the cuts depend on the length of the contents only.

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, compress_to_output, create_comp_flags_from_zip_params,
};
use object::{Endian, Endianness, elf};
use rayon::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::Format;

/// What one thread compresses at a time.
const PIECE: usize = 1 << 20;

/// Reads and writes the fields of section headers that matter here.
struct HeaderFields {
    is_64: bool,
    endian: Endianness,
}

impl HeaderFields {
    fn word(&self, bytes: &[u8], at: usize) -> u32 {
        let found = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
        self.endian.read_u32(found.unwrap_or_default())
    }

    /// A number as wide as addresses.
    fn long(&self, bytes: &[u8], at: usize) -> u64 {
        if !self.is_64 {
            return u64::from(self.word(bytes, at));
        }
        let found = bytes.get(at..at + 8).and_then(|b| b.try_into().ok());
        self.endian.read_u64(found.unwrap_or_default())
    }

    fn put(&self, bytes: &mut [u8], at: usize, value: u64) {
        if self.is_64 {
            let value = self.endian.write_u64(value);
            bytes[at..at + 8].copy_from_slice(&value);
        } else {
            let value = self.endian.write_u32(value as u32);
            bytes[at..at + 4].copy_from_slice(&value);
        }
    }

    /// The offset of a field in a section header, chosen by class.
    fn at(&self, of_32: usize, of_64: usize) -> usize {
        if self.is_64 { of_64 } else { of_32 }
    }

    fn header_size(&self) -> usize {
        self.at(40, 64)
    }
}

/// One section behind the segments.
struct Part<'b> {
    header: usize,
    align: u64,
    data: &'b [u8],
    packed: Option<Vec<u8>>,
}

/// Compresses the debug sections of an ELF image in place and returns its new length.
/// Nothing is loaded from `loaded_end` on; `headers` is where the section headers are.
pub(crate) fn compress(
    bytes: &mut [u8],
    (is_64, endian): (bool, Endianness),
    (loaded_end, headers): (u64, u64),
    format: Format,
    level: u8,
) -> usize {
    let fields = HeaderFields { is_64, endian };
    let (start, table) = (loaded_end as usize, headers as usize);
    let before = bytes.len();
    if start > table || table > before {
        return before;
    }
    let mut headers = bytes[table..].to_vec();
    let mut parts = parts(&fields, bytes, &headers, start);
    parts.par_iter_mut().for_each(|part| {
        if is_debug(&fields, bytes, &headers, part.header) {
            part.packed = pack(&fields, part, format, level);
        }
    });
    if parts.iter().all(|part| part.packed.is_none()) {
        return before;
    }

    let mut tail = Vec::with_capacity(before - start);
    let pad = |tail: &mut Vec<u8>, align: u64| {
        while !((start + tail.len()) as u64).is_multiple_of(align) {
            tail.push(0);
        }
    };
    for part in &parts {
        let data = part.packed.as_deref().unwrap_or(part.data);
        let align = match part.packed {
            Some(_) => fields.at(4, 8) as u64,
            None => part.align,
        };
        pad(&mut tail, align);
        let at = part.header;
        fields.put(
            &mut headers,
            at + fields.at(16, 24),
            (start + tail.len()) as u64,
        );
        if part.packed.is_some() {
            let flags = fields.long(&headers, at + 8) | elf::SHF_COMPRESSED.0;
            fields.put(&mut headers, at + 8, flags);
            fields.put(&mut headers, at + fields.at(20, 32), data.len() as u64);
            fields.put(&mut headers, at + fields.at(32, 48), align);
        }
        tail.extend_from_slice(data);
    }
    pad(&mut tail, fields.at(4, 8) as u64);
    let table = start + tail.len();
    let after = table + headers.len();
    if after >= before {
        return before;
    }
    bytes[start..table].copy_from_slice(&tail);
    bytes[table..after].copy_from_slice(&headers);
    fields.put(bytes, fields.at(32, 40), table as u64);
    after
}

/// The sections from `start` on, in the order of the file.
fn parts<'b>(
    fields: &HeaderFields,
    bytes: &'b [u8],
    headers: &[u8],
    start: usize,
) -> Vec<Part<'b>> {
    let mut parts: Vec<(usize, Part<'b>)> = Vec::new();
    for header in (0..headers.len()).step_by(fields.header_size()) {
        let sh_type = fields.word(headers, header + 4);
        let offset = fields.long(headers, header + fields.at(16, 24)) as usize;
        let size = fields.long(headers, header + fields.at(20, 32)) as usize;
        if offset < start || sh_type == elf::SHT_NOBITS.0 || sh_type == elf::SHT_NULL.0 {
            continue;
        }
        let part = Part {
            header,
            align: fields.long(headers, header + fields.at(32, 48)).max(1),
            data: bytes.get(offset..offset + size).unwrap_or_default(),
            packed: None,
        };
        parts.push((offset, part));
    }
    parts.sort_by_key(|(offset, part)| (*offset, part.header));
    parts.into_iter().map(|(_, part)| part).collect()
}

fn is_debug(fields: &HeaderFields, bytes: &[u8], headers: &[u8], header: usize) -> bool {
    // The last section has the names.
    let names = headers.len() - fields.header_size();
    let names = fields.long(headers, names + fields.at(16, 24)) as usize;
    let name = names + fields.word(headers, header) as usize;
    let flags = fields.long(headers, header + 8);
    bytes
        .get(name..)
        .is_some_and(|name| name.starts_with(b".debug_"))
        && flags & (elf::SHF_ALLOC.0 | elf::SHF_COMPRESSED.0) == 0
}

/// A section with its header before it, if that is smaller.
fn pack(fields: &HeaderFields, part: &Part<'_>, format: Format, level: u8) -> Option<Vec<u8>> {
    let mut out = vec![0; fields.at(12, 24)];
    let number = fields.endian.write_u32(format.number());
    out[..4].copy_from_slice(&number);
    fields.put(&mut out, fields.at(4, 8), part.data.len() as u64);
    fields.put(&mut out, fields.at(8, 16), part.align);
    match format {
        Format::Zlib => zlib(&mut out, part.data, level),
        Format::Zstd => out.extend(compress_to_vec(part.data, CompressionLevel::Fastest)),
    }
    (out.len() < part.data.len()).then_some(out)
}

fn zlib(out: &mut Vec<u8>, data: &[u8], level: u8) {
    let count = data.len().div_ceil(PIECE).max(1);
    let pieces: Vec<Vec<u8>> = (0..count)
        .into_par_iter()
        .map(|index| {
            let rest = data.get(index * PIECE..).unwrap_or_default();
            let piece = rest.get(..PIECE).unwrap_or(rest);
            let flush = match index + 1 == count {
                true => TDEFLFlush::Finish,
                false => TDEFLFlush::Sync,
            };
            deflate(piece, flush, level)
        })
        .collect();
    // RFC 1950: a window of 32 KiB, the fastest algorithm.
    out.extend([0x78, 0x01]);
    for piece in pieces {
        out.extend(piece);
    }
    out.extend(adler2::adler32_slice(data).to_be_bytes());
}

fn deflate(data: &[u8], flush: TDEFLFlush, level: u8) -> Vec<u8> {
    // A negative number of bits: no header.
    let flags = create_comp_flags_from_zip_params(i32::from(level), -15, 0);
    let mut compressor = CompressorOxide::new(flags);
    let mut out = Vec::with_capacity(data.len() / 2);
    compress_to_output(&mut compressor, data, flush, |bytes| {
        out.extend_from_slice(bytes);
        true
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::compressed::read;
    use crate::elf::object::{ObjectFile, ObjectName};

    /// An object with code and two sections of debug information, as the writer leaves it: where the
    /// section headers are, and the bytes.
    fn image(is_64: bool, endian: Endianness, debug: &[u8]) -> (usize, Vec<u8>) {
        let fields = HeaderFields { is_64, endian };
        let names = b"\0.text\0.debug_info\0.debug_none\0.shstrtab\0";
        let mut bytes = vec![0; fields.at(52, 64)];
        let mut headers = vec![0; fields.header_size()];
        let mut section = |name: u64, sh_type: u64, flags: u64, align: u64, data: &[u8]| {
            let at = headers.len();
            headers.resize(at + fields.header_size(), 0);
            let header = &mut headers[at..];
            // Too wide where numbers have 64 bits; what it overwrites comes after.
            fields.put(header, 0, 0);
            header[..4].copy_from_slice(&endian.write_u32(name as u32));
            header[4..8].copy_from_slice(&endian.write_u32(sh_type as u32));
            fields.put(header, 8, flags);
            fields.put(header, fields.at(16, 24), bytes.len() as u64);
            fields.put(header, fields.at(20, 32), data.len() as u64);
            fields.put(header, fields.at(32, 48), align);
            bytes.extend_from_slice(data);
        };
        section(1, 1, 6, 4, &[1, 2, 3, 4]);
        section(7, 1, 0, 1, debug);
        section(19, 1, 0, 1, b"xyz");
        section(31, 3, 0, 1, names);
        while !bytes.len().is_multiple_of(8) {
            bytes.push(0);
        }
        let table = bytes.len();
        bytes.extend_from_slice(&headers);
        bytes[..4].copy_from_slice(b"\x7fELF");
        bytes[4] = if is_64 { 2 } else { 1 };
        bytes[5] = if endian == Endianness::Little { 1 } else { 2 };
        bytes[6] = 1;
        let half = |bytes: &mut [u8], at: usize, value: u16| {
            bytes[at..at + 2].copy_from_slice(&endian.write_u16(value));
        };
        half(&mut bytes, 16, 1);
        bytes[20..24].copy_from_slice(&endian.write_u32(1));
        fields.put(&mut bytes, fields.at(32, 40), table as u64);
        half(&mut bytes, fields.at(46, 58), fields.header_size() as u16);
        half(&mut bytes, fields.at(48, 60), 5);
        half(&mut bytes, fields.at(50, 62), 4);
        (table, bytes)
    }

    #[test]
    fn what_is_written_reads_as_it_was() {
        let debug: Vec<u8> = (0..700_000u32)
            .flat_map(|n| (n / 3).to_le_bytes())
            .collect();
        for (is_64, endian) in [
            (true, Endianness::Little),
            (false, Endianness::Little),
            (false, Endianness::Big),
        ] {
            for (format, level) in [(Format::Zlib, 1), (Format::Zlib, 6), (Format::Zstd, 1)] {
                let (table, mut bytes) = image(is_64, endian, &debug);
                let before = bytes.len();
                let start = HeaderFields { is_64, endian }.at(52, 64) as u64 + 4;
                let at = (start, table as u64);
                let after = compress(&mut bytes, (is_64, endian), at, format, level);
                assert!(after < before, "{after} of {before}");
                let name = ObjectName {
                    path: std::path::Path::new("x.o"),
                    member: None,
                };
                let object = ObjectFile::parse(name, &bytes[..after]).unwrap();
                let [_, text, info, none, _] = object.sections.as_slice() else {
                    panic!("{} sections", object.sections.len());
                };
                assert_eq!(text.data, [1, 2, 3, 4]);
                assert_eq!((none.data, none.flags), (&b"xyz"[..], 0));
                let packed = read::header(info, is_64, endian).unwrap();
                assert!(packed.contents().unwrap() == debug, "{format:?}");
            }
        }
    }
}
