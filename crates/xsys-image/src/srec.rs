//! Motorola S-records: text records with 16-, 24- or 32-bit addresses.
//!
//! As the M68000 Family Programmer's Reference Manual, appendix C, describes them: S0 (header),
//! S1/S2/S3 (data), S9/S8/S7 (end, with the entry point). The narrowest form that holds every
//! address is chosen, because old programmers read nothing else.

use std::fmt::Write as _;

use crate::load;
use crate::{Error, Format, Options};

/// The data bytes of one record.
const RECORD: usize = 16;

/// Writes a header, the data by ascending address, and the end with the entry point.
///
/// # Errors
/// If an address does not fit into 32 bits.
pub fn write(elf: &[u8], _options: &Options) -> Result<Vec<u8>, Error> {
    let image = load::read(elf)?;
    image.check_limit(Format::Srec, u64::from(u32::MAX))?;
    let highest = image.end() - 1;
    // The digit of data records, of the end record, and the bytes of an address.
    let (data_kind, end_kind, width) = match highest {
        0..=0xffff => (1, 9, 2),
        0x1_0000..=0xff_ffff => (2, 8, 3),
        _ => (3, 7, 4),
    };
    let mut out = String::new();
    // An empty header: a name or a date would make equal programs give different files.
    record(&mut out, 0, 2, 0, &[]);
    for piece in &image.pieces {
        let mut addr = piece.addr;
        let mut rest = piece.data;
        while !rest.is_empty() {
            let room = RECORD - (addr % RECORD as u64) as usize;
            let (now, later) = rest.split_at(room.min(rest.len()));
            record(&mut out, data_kind, width, addr as u32, now);
            addr += now.len() as u64;
            rest = later;
        }
    }
    // An entry point that the address field cannot hold is left at 0, which means none.
    let entry = Some(image.entry)
        .filter(|entry| entry >> (8 * width) == 0)
        .unwrap_or(0);
    record(&mut out, end_kind, width, entry as u32, &[]);
    Ok(out.into_bytes())
}

fn record(out: &mut String, kind: u8, width: usize, addr: u32, data: &[u8]) {
    let mut bytes = vec![(width + data.len() + 1) as u8];
    bytes.extend(&addr.to_be_bytes()[4 - width..]);
    bytes.extend(data);
    let sum = bytes.iter().fold(0u8, |sum, &byte| sum.wrapping_add(byte));
    bytes.push(!sum);
    // Writing to a string cannot fail.
    let _ = write!(out, "S{kind}");
    for byte in bytes {
        let _ = write!(out, "{byte:02X}");
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_elf::Elf;

    fn text(elf: &[u8]) -> String {
        String::from_utf8(write(elf, &Options::default()).unwrap()).unwrap()
    }

    #[test]
    fn the_width_follows_the_highest_address() {
        // Checksums worked out by hand from the manual's rule.
        for (addr, expected) in [
            (0x38, "S0030000FC S107003848656C6C3B S9030038C4"),
            (0x1_0000, "S0030000FC S20801000048656C6C71 S804010000FA"),
            (
                0x0100_0000,
                "S0030000FC S3090100000048656C6C70 S70501000000F9",
            ),
        ] {
            let elf = Elf::new(addr).load(0, addr, b"Hell").build();
            let lines: Vec<String> = text(&elf).lines().map(str::to_owned).collect();
            assert_eq!(lines.join(" "), expected);
        }
    }

    #[test]
    fn memory_survives_the_round_trip() {
        let data: Vec<u8> = (0..=255).collect();
        let elf = Elf::new(0).load(0, 0xfff9, &data).build();
        let mut memory: Vec<u8> = Vec::new();
        let mut next = 0xfff9;
        for line in text(&elf).lines() {
            let bytes: Vec<u8> = (2..line.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&line[at..at + 2], 16).unwrap())
                .collect();
            let sum = bytes.iter().fold(0u8, |sum, &byte| sum.wrapping_add(byte));
            assert_eq!(sum, 0xff, "checksum of {line}");
            assert_eq!(bytes[0] as usize + 1, bytes.len());
            if line.starts_with("S2") {
                let addr = bytes[1..4]
                    .iter()
                    .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
                assert_eq!(addr, next);
                memory.extend(&bytes[4..bytes.len() - 1]);
                next = 0xfff9 + memory.len();
            }
        }
        assert_eq!(memory, data);
    }

    #[test]
    fn high_addresses_are_refused() {
        let elf = Elf::new(0)
            .class(true, false)
            .load(0, 0x1_0000_0000, b"a")
            .build();
        assert!(matches!(
            write(&elf, &Options::default()),
            Err(Error::AddressTooHigh { .. })
        ));
    }
}
