//! Intel HEX: text records with 16-bit addresses, extended by upper-half records.
//!
//! "Intel Hexadecimal Object File Format Specification", revision A (1988), in its 32-bit form:
//! record types 00 (data), 01 (end), 04 (extended linear address), 05 (start linear address).

use std::fmt::Write as _;

use crate::load;
use crate::{Error, Format, Options};

/// The data bytes of one record; what every tool writes and reads.
const RECORD: usize = 16;

/// Writes records by ascending address; the entry point becomes the start address.
///
/// # Errors
/// If an address does not fit into 32 bits.
pub fn write(elf: &[u8], _options: &Options) -> Result<Vec<u8>, Error> {
    let image = load::read(elf)?;
    image.check_limit(Format::Hex, u64::from(u32::MAX))?;
    let mut out = String::new();
    let mut upper = 0;
    for piece in &image.pieces {
        let mut addr = piece.addr as u32;
        let mut rest = piece.data;
        while !rest.is_empty() {
            if addr >> 16 != upper {
                upper = addr >> 16;
                record(&mut out, 0, 4, &(upper as u16).to_be_bytes());
            }
            // A record's address must not wrap within 16 bits; records end at multiples of their
            // own size, so that equal memory gives equal lines wherever the pieces begin.
            let room = RECORD - addr as usize % RECORD;
            let (now, later) = rest.split_at(room.min(rest.len()));
            record(&mut out, addr as u16, 0, now);
            // The last piece may end at the very top of the address space.
            addr = addr.wrapping_add(now.len() as u32);
            rest = later;
        }
    }
    if let Ok(entry) = u32::try_from(image.entry) {
        record(&mut out, 0, 5, &entry.to_be_bytes());
    }
    record(&mut out, 0, 1, &[]);
    Ok(out.into_bytes())
}

fn record(out: &mut String, addr: u16, kind: u8, data: &[u8]) {
    let mut bytes = vec![data.len() as u8];
    bytes.extend(addr.to_be_bytes());
    bytes.push(kind);
    bytes.extend(data);
    let sum = bytes.iter().fold(0u8, |sum, &byte| sum.wrapping_add(byte));
    bytes.push(sum.wrapping_neg());
    out.push(':');
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02X}");
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_elf::Elf;
    use std::collections::BTreeMap;

    /// A reader written from the specification, for the round trip.
    fn parse(text: &str) -> (BTreeMap<u32, u8>, Option<u32>) {
        let (mut memory, mut start, mut upper, mut ended) = (BTreeMap::new(), None, 0u32, false);
        for line in text.lines() {
            assert!(!ended, "a record after the end");
            let digits = line.strip_prefix(':').unwrap();
            let bytes: Vec<u8> = (0..digits.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
                .collect();
            let sum = bytes.iter().fold(0u8, |sum, &byte| sum.wrapping_add(byte));
            assert_eq!(sum, 0, "checksum of {line}");
            assert_eq!(bytes[0] as usize + 5, bytes.len());
            let data = &bytes[4..bytes.len() - 1];
            let number = data.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte));
            match bytes[3] {
                0 => {
                    let addr = u32::from(bytes[1]) << 8 | u32::from(bytes[2]);
                    assert!(addr as usize + data.len() <= 0x1_0000);
                    for (at, &byte) in data.iter().enumerate() {
                        assert_eq!(memory.insert((upper << 16 | addr) + at as u32, byte), None);
                    }
                }
                1 => ended = true,
                4 => upper = number,
                5 => start = Some(number),
                other => panic!("record type {other}"),
            }
        }
        assert!(ended);
        (memory, start)
    }

    #[test]
    fn records_look_as_in_the_specification() {
        let elf = Elf::new(0x100)
            .load(0x100, 0x100, &[0x21, 0x46, 0x01, 0x36])
            .build();
        let text = write(&elf, &Options::default()).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            ":0401000021460136 5D\r\n:0400000500000100F6\r\n:00000001FF\r\n".replace(' ', "")
        );
    }

    #[test]
    fn memory_survives_the_round_trip() {
        let long: Vec<u8> = (0..100).collect();
        let elf = Elf::new(0xdead_beef)
            .load(0, 0x0800_ffe5, &long)
            .load(0, 0xffff_fff0, &long[..16])
            .load(0, 0x7, b"low")
            .build();
        let text = String::from_utf8(write(&elf, &Options::default()).unwrap()).unwrap();
        let (memory, start) = parse(&text);
        assert_eq!(start, Some(0xdead_beef));
        let mut expected = BTreeMap::new();
        for (addr, data) in [
            (0x0800_ffe5, &long[..]),
            (0xffff_fff0, &long[..16]),
            (7, b"low"),
        ] {
            for (at, &byte) in data.iter().enumerate() {
                expected.insert(addr + at as u32, byte);
            }
        }
        assert_eq!(memory, expected);
    }

    #[test]
    fn high_addresses_are_refused() {
        let elf = Elf::new(0)
            .class(true, false)
            .load(0, 0xffff_ffff, b"ab")
            .build();
        assert_eq!(
            write(&elf, &Options::default()).unwrap_err().to_string(),
            "load address 0x100000000 does not fit format `hex`, whose highest is 0xffffffff"
        );
    }
}
