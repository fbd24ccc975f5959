//! Expands the compressed sections of inputs.
//!
//! The size in a header is not trusted: memory grows with the bytes that come out, up to that size,
//! and a size that the input cannot expand to is refused before.

use crate::elf::object::OLD;
use crate::elf::object::is_compressed;
use crate::elf::object::is_old;
use std::io::Read;
use std::path::PathBuf;

use object::{Endian, Endianness, elf};
use rayon::prelude::*;
use ruzstd::decoding::StreamingDecoder;
use xsys_diag::Diagnostic;

use super::Format;
use crate::elf::object::{ObjectFile, Section};
use crate::input::map::{FileStore, InputFile};
use crate::options::{ElfOptions, Strip};

/// The best ratio that DEFLATE reaches. Zstandard exceeds it only for repetitions of the same few bytes.
const RATIO: u64 = 1032;
/// Sections up to this size are expanded whatever the ratio.
const SMALL: u64 = 1 << 20;

/// A section's header, taken apart, and the compressed bytes after it.
pub(super) struct Packed<'a> {
    format: Format,
    size: u64,
    align: u64,
    data: &'a [u8],
}

/// What replaces a compressed section.
struct Expanded<'a> {
    file: usize,
    section: usize,
    align: u64,
    name: &'a [u8],
    data: &'a [u8],
}

/// Expands what takes part in the link, in parallel.
pub(crate) fn expand<'a>(
    files: &mut [ObjectFile<'a>],
    store: &'a FileStore,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let found: Vec<(usize, usize)> = files
        .iter()
        .enumerate()
        .filter(|(_, file)| file.compressed)
        .flat_map(|(index, file)| {
            let sections = file.sections.iter().enumerate();
            let wanted = sections.filter(|(_, s)| is_compressed(s) && is_wanted(s, options));
            wanted.map(move |(section, _)| (index, section))
        })
        .collect();
    let expanded: Vec<Result<Expanded<'a>, Diagnostic>> = found
        .into_par_iter()
        .map(|(file, section)| expand_one(&files[file], file, section, store))
        .collect();
    for result in expanded {
        match result {
            Ok(done) => {
                let section = &mut files[done.file].sections[done.section];
                section.flags &= !elf::SHF_COMPRESSED.0;
                section.name = done.name;
                section.data = done.data;
                section.size = done.data.len() as u64;
                section.align = done.align;
            }
            Err(problem) => diagnostics.push(problem),
        }
    }
}

fn is_wanted(section: &Section<'_>, options: &ElfOptions) -> bool {
    let is_debug = section.name.starts_with(b".debug") || section.name.starts_with(b".zdebug");
    options.symbols.strip == Strip::None || !is_debug
}

fn expand_one<'a>(
    object: &ObjectFile<'a>,
    file: usize,
    index: usize,
    store: &'a FileStore,
) -> Result<Expanded<'a>, Diagnostic> {
    let section = &object.sections[index];
    let packed = match is_old(section) {
        true => old_header(section),
        false => header(section, object.is_64, object.endian),
    };
    let (align, bytes) = packed
        .and_then(|packed| Ok((packed.align, packed.contents()?)))
        .map_err(|what| damaged(object, section, what))?;
    // The contents live as long as the inputs; an old name loses its `z`.
    let path = format!("{} [section {index}]", object.name);
    let size = bytes.len();
    let mut kept = bytes;
    if is_old(section) {
        kept.extend_from_slice(b".");
        kept.extend_from_slice(section.name.get(2..).unwrap_or_default());
    }
    let kept = store.add_unnamed(InputFile::from_bytes(PathBuf::from(path), kept));
    let (data, name) = kept.bytes().split_at(size);
    Ok(Expanded {
        file,
        section: index,
        align,
        name: if name.is_empty() { section.name } else { name },
        data,
    })
}

fn damaged(object: &ObjectFile<'_>, section: &Section<'_>, what: String) -> Diagnostic {
    Diagnostic::error(format!(
        "section `{}` of `{}` cannot be expanded: {what}",
        String::from_utf8_lossy(section.name),
        object.name
    ))
    .help("compile it again, or without compression: `-gz=none`, for rustc `-Zdebuginfo-compression=none`")
    .help("or link without debug information (`--strip-debug`), which leaves such sections alone")
}

/// `Elf32_Chdr` or `Elf64_Chdr`.
pub(super) fn header<'a>(
    section: &Section<'a>,
    is_64: bool,
    endian: Endianness,
) -> Result<Packed<'a>, String> {
    if section.flags & elf::SHF_ALLOC.0 != 0 {
        return Err("it is in memory, where sections are not compressed".to_owned());
    }
    let length = if is_64 { 24 } else { 12 };
    let (head, data) = section
        .data
        .split_at_checked(length)
        .ok_or("its header is cut off")?;
    let word = |at: usize| {
        let bytes = head.get(at..at + 4).and_then(|b| b.try_into().ok());
        endian.read_u32(bytes.unwrap_or_default())
    };
    let long = |at: usize| {
        let bytes = head.get(at..at + 8).and_then(|b| b.try_into().ok());
        endian.read_u64(bytes.unwrap_or_default())
    };
    let (size, align) = match is_64 {
        true => (long(8), long(16)),
        false => (u64::from(word(4)), u64::from(word(8))),
    };
    let format =
        Format::of_number(word(0)).ok_or_else(|| format!("its format {} is unknown", word(0)))?;
    if align > 1 && !align.is_power_of_two() {
        return Err(format!("its alignment {align:#x} is not a power of two"));
    }
    Ok(Packed {
        format,
        size,
        align: align.max(1),
        data,
    })
}

/// `ZLIB` and the size, high bytes first.
fn old_header<'a>(section: &Section<'a>) -> Result<Packed<'a>, String> {
    let rest = section.data.get(OLD.len()..).unwrap_or_default();
    let (size, data) = rest
        .split_first_chunk::<8>()
        .ok_or("its header is cut off")?;
    Ok(Packed {
        format: Format::Zlib,
        size: u64::from_be_bytes(*size),
        align: section.align,
        data,
    })
}

impl Packed<'_> {
    pub(super) fn contents(&self) -> Result<Vec<u8>, String> {
        let Self { size, data, .. } = *self;
        let honest = (data.len() as u64).saturating_mul(RATIO).max(SMALL);
        let limit = usize::try_from(size).ok().filter(|_| size <= honest);
        let limit = limit.ok_or_else(|| {
            format!(
                "{size:#x} bytes cannot be in {:#x} compressed ones",
                data.len()
            )
        })?;
        let bytes = match self.format {
            Format::Zlib => zlib(data, limit),
            Format::Zstd => zstd(data, limit),
        }?;
        if bytes.len() != limit {
            let found = bytes.len();
            return Err(format!(
                "it has {found:#x} bytes, its header says {size:#x}"
            ));
        }
        Ok(bytes)
    }
}

fn zlib(data: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};
    decompress_to_vec_zlib_with_limit(data, limit).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => too_much(limit),
        TINFLStatus::Adler32Mismatch => "its checksum is wrong".to_owned(),
        TINFLStatus::FailedCannotMakeProgress | TINFLStatus::NeedsMoreInput => cut_off(),
        _ => "it is not a zlib stream".to_owned(),
    })
}

fn zstd(mut data: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    // Frames may follow each other.
    while !data.is_empty() && bytes.len() <= limit {
        let left = limit - bytes.len() + 1;
        let mut decoder = StreamingDecoder::new(&mut data)
            .map_err(|error| format!("it is not a Zstandard stream ({error})"))?;
        (&mut decoder)
            .take(left as u64)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("it is damaged or cut off ({error})"))?;
    }
    match bytes.len() > limit {
        true => Err(too_much(limit)),
        false => Ok(bytes),
    }
}

fn too_much(limit: usize) -> String {
    format!("it has more than the {limit:#x} bytes that its header says")
}

fn cut_off() -> String {
    "it is cut off".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(format: Format, size: u64, data: &[u8]) -> Result<usize, String> {
        let packed = Packed {
            format,
            size,
            align: 1,
            data,
        };
        packed.contents().map(|bytes| bytes.len())
    }

    #[test]
    fn what_is_wrong_is_told_and_memory_stays_bounded() {
        let text: Vec<u8> = (0..50_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let size = text.len() as u64;
        let zlib = miniz_oxide::deflate::compress_to_vec_zlib(&text, 1);
        let zstd = ruzstd::encoding::compress_to_vec(
            text.as_slice(),
            ruzstd::encoding::CompressionLevel::Fastest,
        );
        let twice = [zstd.as_slice(), &zstd].concat();
        let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
        let mut flipped = zlib.clone();
        if let Some(last) = flipped.last_mut() {
            *last ^= 1;
        }
        for (format, claim, data, expected) in [
            (Format::Zlib, size, zlib.clone(), ""),
            (Format::Zstd, size, zstd.clone(), ""),
            (Format::Zstd, 2 * size, twice.clone(), ""),
            (Format::Zlib, size - 1, zlib.clone(), "it has more than the"),
            (Format::Zstd, size - 1, zstd.clone(), "it has more than the"),
            (Format::Zstd, size, twice, "it has more than the"),
            (
                Format::Zlib,
                size + 1,
                zlib.clone(),
                "it has 0x30d40 bytes, its header says 0x30d41",
            ),
            (
                Format::Zstd,
                size + 1,
                zstd.clone(),
                "it has 0x30d40 bytes, its header says 0x30d41",
            ),
            (Format::Zlib, size, half(&zlib), "it is cut off"),
            (Format::Zstd, size, half(&zstd), "it is damaged or cut off"),
            (Format::Zlib, size, flipped, "its checksum is wrong"),
            (Format::Zlib, size, vec![9; 40], "it is not a zlib stream"),
            (
                Format::Zstd,
                size,
                vec![9; 40],
                "it is not a Zstandard stream",
            ),
            (
                Format::Zlib,
                u64::MAX,
                zlib.clone(),
                "0xffffffffffffffff bytes cannot be in",
            ),
            (
                Format::Zstd,
                1 << 40,
                zstd.clone(),
                "0x10000000000 bytes cannot be in",
            ),
            (Format::Zlib, 8, Vec::new(), "it is cut off"),
        ] {
            let found = contents(format, claim, &data);
            match (found, expected) {
                (Ok(length), "") => assert_eq!(length as u64, claim),
                (Err(problem), expected) if !expected.is_empty() => {
                    assert!(problem.starts_with(expected), "{format:?}: {problem}");
                }
                (found, expected) => panic!("{format:?}: {found:?} instead of `{expected}`"),
            }
        }
    }
}
