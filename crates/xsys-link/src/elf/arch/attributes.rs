//! Build attributes: what an object's code needs from the machine and from other objects.
//!
//! `.ARM.attributes` and `.riscv.attributes` share a container ("Addenda to the ABI for the Arm
//! Architecture", Build attributes; RISC-V psABI, Attributes): the letter `A`, then a
//! subsection per vendor, in it blocks for the whole file, for sections and for symbols, in each a
//! list of tags whose values are ULEB128 numbers or NUL-terminated strings. An output has a single
//! list for the file; the inputs' lists are merged tag by tag, as `arm` and `riscv` say.
//!
//! Blocks for sections and symbols are skipped: no compiler writes them, and both specs have
//! deprecated them. An input that cannot be read does not take part and is reported.

use std::collections::BTreeMap;

/// Two inputs, or an input and its spec, that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The later input.
    pub input: String,
    /// The contradiction, in lower case.
    pub message: String,
    /// The earlier input that it contradicts.
    pub other: Option<String>,
    /// The tag of the attribute; 0 if it is about the whole section.
    pub tag: u64,
    /// What to change.
    pub help: Option<&'static str>,
    /// It is an error, since the program would misbehave; else a warning.
    pub fatal: bool,
}

/// The value of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TagValue<'a> {
    Number(u64),
    Text(&'a [u8]),
    /// `Tag_compatibility`
    Both(u64, &'a [u8]),
}

impl TagValue<'_> {
    pub(super) fn number(&self) -> u64 {
        match *self {
            TagValue::Number(n) | TagValue::Both(n, _) => n,
            TagValue::Text(_) => 0,
        }
    }
}

/// How a tag's value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueKind {
    Number,
    Text,
    Both,
}

/// The tags of a file, by ascending number. Absent ones count as 0.
pub(super) type Tags<'a> = BTreeMap<u64, TagValue<'a>>;

pub(super) const FORMAT: u8 = b'A';
pub(super) const TAG_FILE: u64 = 1;

/// The offset at which a section is malformed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed(usize);

pub(super) struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    /// Lengths are big-endian.
    big: bool,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        self.data.get(self.at..).unwrap_or_default()
    }

    pub(super) fn malformed(&self) -> Malformed {
        Malformed(self.at)
    }

    fn uleb(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for (i, &byte) in self.rest().iter().enumerate() {
            let bits = u64::from(byte & 0x7f);
            let shift = (i as u32).saturating_mul(7);
            let shifted = bits.checked_shl(shift).unwrap_or(0);
            if shifted >> shift.min(63) != bits {
                return Err(self.malformed());
            }
            value |= shifted;
            if byte & 0x80 == 0 {
                self.at += i + 1;
                return Ok(value);
            }
        }
        Err(self.malformed())
    }

    fn text(&mut self) -> Result<&'a [u8], Malformed> {
        let rest = self.rest();
        let end = rest.iter().position(|&b| b == 0);
        let text = end.and_then(|end| rest.get(..end));
        let text = text.ok_or_else(|| self.malformed())?;
        self.at += text.len() + 1;
        Ok(text)
    }

    /// Reads the four bytes of a block's length, which counts from `start`, and returns a reader for the
    /// rest of the block.
    fn block(&mut self, start: usize) -> Result<Reader<'a>, Malformed> {
        let error = Malformed(start);
        let Some(length) = self.rest().first_chunk() else {
            return Err(error);
        };
        let body = self.at + 4;
        let length = match self.big {
            true => u32::from_be_bytes(*length),
            false => u32::from_le_bytes(*length),
        };
        let end = start.checked_add(length as usize);
        let Some(end) = end.filter(|&end| end >= body && end <= self.data.len()) else {
            return Err(error);
        };
        self.at = end;
        Ok(Reader {
            data: self.data.get(..end).ok_or(error)?,
            at: body,
            big: self.big,
        })
    }
}

/// Reads a vendor's tags for the whole file. Later blocks override earlier ones.
pub(super) fn read<'a>(
    data: &'a [u8],
    vendor: &str,
    kind: fn(u64) -> ValueKind,
) -> Result<Tags<'a>, Malformed> {
    let mut tags = Tags::new();
    if data.first() != Some(&FORMAT) {
        return Err(Malformed(0));
    }
    let mut section = Reader {
        data,
        at: 1,
        big: is_big_endian(data),
    };
    while !section.rest().is_empty() {
        let mut subsection = section.block(section.at)?;
        if subsection.text()? != vendor.as_bytes() {
            continue;
        }
        while !subsection.rest().is_empty() {
            let start = subsection.at;
            let scope = subsection.uleb()?;
            let mut block = subsection.block(start)?;
            while scope == TAG_FILE && !block.rest().is_empty() {
                let tag = block.uleb()?;
                let value = match kind(tag) {
                    ValueKind::Number => TagValue::Number(block.uleb()?),
                    ValueKind::Text => TagValue::Text(block.text()?),
                    ValueKind::Both => TagValue::Both(block.uleb()?, block.text()?),
                };
                tags.insert(tag, value);
            }
        }
    }
    Ok(tags)
}

/// The first length tells the byte order: sections are too small for it to be valid in both.
fn is_big_endian(data: &[u8]) -> bool {
    let length = data.get(1..).and_then(|rest| rest.first_chunk());
    length.is_some_and(|length| {
        let limit = data.len() - 1;
        u32::from_le_bytes(*length) as usize > limit
            && u32::from_be_bytes(*length) as usize <= limit
    })
}

/// Makes the lengths of a section from [`write()`] big-endian.
pub(crate) fn make_big_endian(section: &mut [u8]) {
    let name = section.iter().skip(5).position(|&byte| byte == 0);
    // The format, a length, the name and its end, the scope.
    let block = name.map(|name| 5 + name + 2);
    for at in [Some(1), block].into_iter().flatten() {
        if let Some(length) = section.get_mut(at..at + 4) {
            length.reverse();
        }
    }
}

pub(super) fn write_uleb(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes a section with one vendor's tags for the whole file; those in `first` come first.
pub(super) fn write(vendor: &str, tags: &Tags<'_>, first: &[u64]) -> Vec<u8> {
    if tags.is_empty() {
        return Vec::new();
    }
    let mut list = Vec::new();
    let early = first.iter().filter_map(|tag| tags.get_key_value(tag));
    let late = tags.iter().filter(|(tag, _)| !first.contains(tag));
    for (&tag, value) in early.chain(late) {
        write_uleb(&mut list, tag);
        if let TagValue::Number(n) | TagValue::Both(n, _) = *value {
            write_uleb(&mut list, n);
        }
        if let TagValue::Text(text) | TagValue::Both(_, text) = *value {
            list.extend_from_slice(text);
            list.push(0);
        }
    }
    // Tag_File and its length; the length itself, the vendor's name.
    let block = list.len() + 5;
    let subsection = block + 4 + vendor.len() + 1;
    let mut out = vec![FORMAT];
    out.extend_from_slice(&(subsection as u32).to_le_bytes());
    out.extend_from_slice(vendor.as_bytes());
    out.push(0);
    out.push(TAG_FILE as u8);
    out.extend_from_slice(&(block as u32).to_le_bytes());
    out.extend_from_slice(&list);
    out
}

/// The conflicts of a merge, and the input that is being read.
pub(super) struct MergeReport<'a> {
    pub(super) section: &'static str,
    pub(super) input: &'a str,
    /// The input that the merged value of each tag comes from.
    pub(super) origins: BTreeMap<u64, &'a str>,
    /// The tag that is being merged.
    pub(super) tag: u64,
    pub(super) conflicts: Vec<Conflict>,
}

impl MergeReport<'_> {
    pub(super) fn error(&mut self, message: String) {
        self.push(message, true);
    }

    pub(super) fn warn(&mut self, message: String) {
        self.push(message, false);
    }

    pub(super) fn push(&mut self, message: String, fatal: bool) {
        self.conflicts.push(Conflict {
            input: self.input.to_owned(),
            message,
            other: self.origins.get(&self.tag).map(|&name| name.to_owned()),
            tag: self.tag,
            help: None,
            fatal,
        });
    }

    /// Adds advice to the last conflict.
    pub(super) fn help(&mut self, help: &'static str) {
        if let Some(last) = self.conflicts.last_mut() {
            last.help = Some(help);
        }
    }

    pub(super) fn malformed(&mut self, at: &Malformed) {
        self.warn(format!(
            "`{}` is malformed at offset {:#x} and was ignored",
            self.section, at.0
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(tag: u64) -> ValueKind {
        match tag {
            32 => ValueKind::Both,
            t if t % 2 == 1 => ValueKind::Text,
            _ => ValueKind::Number,
        }
    }

    #[test]
    fn round_trip() {
        let mut tags = Tags::new();
        tags.insert(5, TagValue::Text(b"rv32"));
        tags.insert(4, TagValue::Number(0x1_0000));
        tags.insert(32, TagValue::Both(1, b"gnu"));
        tags.insert(67, TagValue::Text(b"2.09"));
        tags.insert(200, TagValue::Number(u64::MAX));
        let bytes = write("vendor", &tags, &[67]);
        assert_eq!(read(&bytes, "vendor", kind), Ok(tags));
        assert_eq!(read(&bytes, "other", kind), Ok(Tags::new()));
        let mut big = bytes.clone();
        make_big_endian(&mut big);
        assert_eq!(big[1..5], ((bytes.len() - 1) as u32).to_be_bytes());
        assert_eq!(read(&big, "vendor", kind), read(&bytes, "vendor", kind));
        // The early tag stands right behind the headers.
        assert_eq!(bytes[17..23], *b"\x432.09\0");
        assert_eq!(write("vendor", &Tags::new(), &[]), [0u8; 0]);
    }

    #[test]
    fn other_scopes_and_vendors_are_skipped() {
        let section = b"A\x0f\0\0\0gnu\0\x01\x07\0\0\0\x04\x02\
            \x15\0\0\0v\0\x02\x08\0\0\0\x05\0\x09\x01\x07\0\0\0\x06\x0a";
        let tags = read(section, "v", kind).unwrap();
        assert_eq!(
            tags.into_iter().collect::<Vec<_>>(),
            [(6, TagValue::Number(10))]
        );
    }

    #[test]
    fn malformed_sections_say_where() {
        for (section, at) in [
            (&b""[..], 0),
            (b"B", 0),
            (b"A\x05", 1),
            (b"A\xff\0\0\0v\0", 1),
            (b"A\x03\0\0\0v\0", 1),
            (b"A\x04\0\0\0", 5),
            (b"A\x05\0\0\0v", 5),
            (b"A\x0b\0\0\0v\0\x01\xff\0\0\0", 7),
            (b"A\x0b\0\0\0v\0\x01\x04\0\0\0", 7),
            (b"A\x0c\0\0\0v\0\x01\x06\0\0\0\x04", 13),
            (b"A\x0d\0\0\0v\0\x01\x07\0\0\0\x05a", 13),
            (b"A\x0d\0\0\0v\0\x01\x07\0\0\0\x04\x80", 13),
            (
                b"A\x16\0\0\0v\0\x01\x10\0\0\0\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                13,
            ),
        ] {
            assert_eq!(read(section, "v", kind), Err(Malformed(at)), "{section:x?}");
        }
    }
}
