//! Block maps: which blocks of an image have to be written to a card, and their digests.
//!
//! The format is version 2.0 of bmaptool's, a small XML file. Its own digest is computed with zeros in place of that
//! digest.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::sparse::{BLOCK, Sparse};
use crate::digest::hex;

/// A block map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockMap {
    /// Bytes in the image.
    pub size: u64,
    /// Bytes of a block.
    pub block: u64,
    pub ranges: Vec<Mapped>,
}

/// Blocks that have to be written, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    pub blocks: Range<u64>,
    /// SHA-256 of their bytes, in hexadecimal digits.
    pub digest: String,
}

/// Why a file is not a block map.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    #[error("it has no `{0}`")]
    Missing(&'static str),
    #[error("`{0}` is not a number")]
    NotANumber(String),
    #[error("`{0}` is not a range of blocks of the image, after those before it")]
    Range(String),
    #[error("its version is {0}; known is 2")]
    Version(String),
    #[error("its own digest is wrong: it was changed or cut short")]
    Damaged,
}

impl BlockMap {
    /// The map of an image.
    ///
    /// # Errors
    /// Where the image cannot be read.
    pub fn new(image: &Sparse, file: &mut File) -> io::Result<Self> {
        let mut ranges = Vec::new();
        for blocks in image.used() {
            let (start, end) = (blocks.start * BLOCK, (blocks.end * BLOCK).min(image.size()));
            file.seek(SeekFrom::Start(start))?;
            let mut digest = Sha256::new();
            io::copy(
                &mut Read::by_ref(file).take(end - start),
                &mut Hashing(&mut digest),
            )?;
            ranges.push(Mapped {
                blocks,
                digest: hex(&digest.finalize()),
            });
        }
        Ok(Self {
            size: image.size(),
            block: BLOCK,
            ranges,
        })
    }

    /// The bytes of the image that a range has.
    pub fn bytes(&self, mapped: &Mapped) -> Range<u64> {
        let end = mapped.blocks.end.saturating_mul(self.block);
        mapped.blocks.start * self.block..end.min(self.size)
    }

    /// Bytes that have to be written.
    pub fn mapped(&self) -> u64 {
        let lengths = self.ranges.iter().map(|mapped| {
            let bytes = self.bytes(mapped);
            bytes.end - bytes.start
        });
        lengths.sum()
    }

    /// The text of the map's file.
    pub fn to_xml(&self) -> String {
        let text = self.with_digest(&"0".repeat(64));
        let digest = hex(&Sha256::digest(text.as_bytes()));
        self.with_digest(&digest)
    }

    fn with_digest(&self, digest: &str) -> String {
        let mapped: u64 = self
            .ranges
            .iter()
            .map(|mapped| mapped.blocks.end - mapped.blocks.start)
            .sum();
        let mut text = String::from("<?xml version=\"1.0\" ?>\n<bmap version=\"2.0\">\n");
        for (name, value) in [
            ("ImageSize", self.size.to_string()),
            ("BlockSize", self.block.to_string()),
            ("BlocksCount", self.size.div_ceil(self.block).to_string()),
            ("MappedBlocksCount", mapped.to_string()),
            ("ChecksumType", "sha256".to_owned()),
            ("BmapFileChecksum", digest.to_owned()),
        ] {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "    <{name}> {value} </{name}>");
        }
        text.push_str("    <BlockMap>\n");
        for Mapped { blocks, digest } in &self.ranges {
            let last = blocks.end - 1;
            let range = match blocks.start == last {
                true => last.to_string(),
                false => format!("{}-{last}", blocks.start),
            };
            let _ = writeln!(text, "        <Range chksum=\"{digest}\"> {range} </Range>");
        }
        text.push_str("    </BlockMap>\n</bmap>\n");
        text
    }

    /// Parses a block map.
    ///
    /// # Errors
    /// If the text is not a block map of a version that is known here.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let version = between(text, "<bmap version=\"", "\"").ok_or(Error::Missing("bmap"))?;
        if !version.starts_with("2.") {
            return Err(Error::Version(version.to_owned()));
        }
        let own = element(text, "BmapFileChecksum")?;
        if let Some(start) = text.find(own) {
            let zeroed = [
                &text[..start],
                &"0".repeat(own.len()),
                &text[start + own.len()..],
            ];
            if hex(&Sha256::digest(zeroed.concat().as_bytes())) != own {
                return Err(Error::Damaged);
            }
        }
        let number = |name| {
            let value = element(text, name)?;
            value
                .parse::<u64>()
                .map_err(|_| Error::NotANumber(value.to_owned()))
        };
        let mut map = Self {
            size: number("ImageSize")?,
            block: number("BlockSize")?,
            ranges: Vec::new(),
        };
        if map.block == 0 {
            return Err(Error::NotANumber("BlockSize 0".to_owned()));
        }
        for piece in text.split("<Range").skip(1) {
            let end = piece.find("</Range>").ok_or(Error::Missing("</Range>"))?;
            let (attributes, range) = piece[..end]
                .split_once('>')
                .ok_or(Error::Missing("Range"))?;
            let digest = between(attributes, "chksum=\"", "\"").ok_or(Error::Missing("chksum"))?;
            let blocks = blocks(range.trim())?;
            let after = map.ranges.last().map_or(0, |last: &Mapped| last.blocks.end);
            if blocks.start < after || blocks.end > map.size.div_ceil(map.block) {
                return Err(Error::Range(range.trim().to_owned()));
            }
            map.ranges.push(Mapped {
                blocks,
                digest: digest.to_owned(),
            });
        }
        Ok(map)
    }
}

fn blocks(text: &str) -> Result<Range<u64>, Error> {
    let wrong = || Error::Range(text.to_owned());
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let first: u64 = first.trim().parse().map_err(|_| wrong())?;
    let last: u64 = last.trim().parse().map_err(|_| wrong())?;
    match last.checked_add(1) {
        Some(end) if first < end => Ok(first..end),
        _ => Err(wrong()),
    }
}

fn element<'a>(text: &'a str, name: &'static str) -> Result<&'a str, Error> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let value = between(text, &start, &end).ok_or(Error::Missing(name))?;
    Ok(value.trim())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let rest = &text[text.find(start)? + start.len()..];
    Some(&rest[..rest.find(end)?])
}

/// A digest as a stream to write to.
struct Hashing<'a>(&'a mut Sha256);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> BlockMap {
        let mapped = |blocks| Mapped {
            blocks,
            digest: "ab".repeat(32),
        };
        BlockMap {
            size: 9 * BLOCK + 5,
            block: BLOCK,
            ranges: vec![mapped(0..1), mapped(4..7), mapped(9..10)],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let map = map();
        assert_eq!(BlockMap::parse(&map.to_xml()), Ok(map.clone()));
        assert_eq!(map.mapped(), 4 * BLOCK + 5);
    }

    #[test]
    fn damage_is_seen() {
        let text = map().to_xml();
        let other = text.replace("4-6", "4-7");
        assert_eq!(BlockMap::parse(&other), Err(Error::Damaged));
        let short = &text[..text.len() / 2];
        assert_eq!(BlockMap::parse(short), Err(Error::Damaged));
        assert_eq!(BlockMap::parse("<a/>"), Err(Error::Missing("bmap")));
        let old = text.replace("version=\"2.0\"", "version=\"1.3\"");
        assert_eq!(BlockMap::parse(&old), Err(Error::Version("1.3".to_owned())));
    }

    #[test]
    fn ranges_are_in_the_image_and_in_order() {
        assert_eq!(blocks("3"), Ok(3..4));
        for text in ["", "4-3", "x", "1-18446744073709551615"] {
            assert_eq!(blocks(text), Err(Error::Range(text.to_owned())), "{text}");
        }
    }
}
