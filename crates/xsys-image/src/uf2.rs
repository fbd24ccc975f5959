//! UF2: 512-byte blocks for boot loaders that look like a USB drive.
//!
//! Microsoft's "USB Flashing Format (UF2)" specification. Each block carries 256 bytes, their
//! address, its own number and the number of all blocks, and the family: which chip it is for, so
//! that a board ignores files meant for another.

use std::str::FromStr;

use crate::load;
use crate::{Error, Format, Options};

const MAGIC_START: [u32; 2] = [0x0a32_4655, 0x9e5d_5157];
const MAGIC_END: u32 = 0x0ab1_6f30;
/// The field at offset 28 holds the family.
const FLAG_FAMILY: u32 = 0x2000;
/// What every boot loader accepts, and a flash page on those that write in pages.
const PAYLOAD: usize = 256;
const BLOCK: usize = 512;

/// A chip family's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Family(pub u32);

/// From the registry beside the specification (`uf2families.json`) and, for Raspberry Pi's
/// chips, the RP2350 data sheet, section 5.5.3.
const FAMILIES: [(&str, u32); 15] = [
    ("rp2040", 0xe48b_ff56),
    ("absolute", 0xe48b_ff57),
    ("data", 0xe48b_ff58),
    ("rp2350-arm-s", 0xe48b_ff59),
    ("rp2350-riscv", 0xe48b_ff5a),
    ("rp2350-arm-ns", 0xe48b_ff5b),
    ("samd21", 0x68ed_2b88),
    ("samd51", 0x5511_4460),
    ("nrf52", 0x1b57_745f),
    ("nrf52840", 0xada5_2840),
    ("stm32f4", 0x5775_5a57),
    ("esp32", 0x1c5f_21b0),
    ("esp32s2", 0xbfdd_4eee),
    ("esp32s3", 0xc47e_5767),
    ("esp32c3", 0xd42b_a06c),
];

impl Family {
    /// The names that [`FromStr`] understands.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FAMILIES.iter().map(|&(name, _)| name)
    }
}

impl FromStr for Family {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let lower = text.to_ascii_lowercase();
        if let Some(&(_, id)) = FAMILIES.iter().find(|(name, _)| *name == lower) {
            return Ok(Self(id));
        }
        lower
            .strip_prefix("0x")
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .map(Self)
            .ok_or_else(|| Error::UnknownFamily(text.to_owned()))
    }
}

/// Writes one block a page that holds anything.
pub fn write(elf: &[u8], options: &Options) -> Result<Vec<u8>, Error> {
    let family = options.family.ok_or(Error::NoFamily)?;
    let image = load::read(elf)?;
    image.check_limit(Format::Uf2, u64::from(u32::MAX))?;

    // Pages by ascending address; two pieces may share one.
    let mut pages: Vec<(u32, [u8; PAYLOAD])> = Vec::new();
    for piece in &image.pieces {
        let mut addr = piece.addr;
        let mut rest = piece.data;
        while !rest.is_empty() {
            let inside = (addr % PAYLOAD as u64) as usize;
            // Checked above: every address fits 32 bits.
            let page = (addr - inside as u64) as u32;
            if pages.last().is_none_or(|&(last, _)| last != page) {
                pages.push((page, [options.fill; PAYLOAD]));
            }
            let (now, later) = rest.split_at(rest.len().min(PAYLOAD - inside));
            if let Some((_, bytes)) = pages.last_mut() {
                bytes[inside..inside + now.len()].copy_from_slice(now);
            }
            addr += now.len() as u64;
            rest = later;
        }
    }

    let mut out = Vec::with_capacity(pages.len() * BLOCK);
    for (number, (addr, bytes)) in pages.iter().enumerate() {
        for word in [
            MAGIC_START[0],
            MAGIC_START[1],
            FLAG_FAMILY,
            *addr,
            PAYLOAD as u32,
            number as u32,
            pages.len() as u32,
            family.0,
        ] {
            out.extend(word.to_le_bytes());
        }
        out.extend(bytes);
        out.resize((number + 1) * BLOCK - 4, 0);
        out.extend(MAGIC_END.to_le_bytes());
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_elf::Elf;

    fn word(block: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(block[at..at + 4].try_into().unwrap())
    }

    #[test]
    fn families_have_names_and_numbers() {
        assert_eq!("RP2040".parse(), Ok(Family(0xe48b_ff56)));
        assert_eq!("0xE48BFF59".parse(), Ok(Family(0xe48b_ff59)));
        let error = "rp2400".parse::<Family>().unwrap_err();
        assert_eq!(error, Error::UnknownFamily("rp2400".to_owned()));
        assert_eq!(
            error.into_diagnostic().help.last().unwrap(),
            "did you mean `rp2040`?"
        );
    }

    #[test]
    fn pages_become_blocks() {
        let code = [7; 300];
        let elf = Elf::new(0)
            .load(0, 0x1000_0080, &code)
            // Shares the second page with the end of the code.
            .load(0, 0x1000_01f0, b"data")
            .load(0, 0x1000_1000, b"far")
            .build();
        let options = Options {
            fill: 0,
            family: Some(Family(0xe48b_ff56)),
        };
        let image = write(&elf, &options).unwrap();
        let blocks: Vec<&[u8]> = image.chunks(512).collect();
        assert_eq!(image.len(), 3 * 512);
        for (number, block) in blocks.iter().enumerate() {
            assert_eq!(&block[..4], b"UF2\n");
            assert_eq!(word(block, 4), 0x9e5d_5157);
            assert_eq!(word(block, 8), 0x2000);
            assert_eq!(word(block, 16), 256);
            assert_eq!(word(block, 20), number as u32);
            assert_eq!(word(block, 24), 3);
            assert_eq!(word(block, 28), 0xe48b_ff56);
            assert_eq!(word(block, 508), 0x0ab1_6f30);
        }
        let addresses: Vec<u32> = blocks.iter().map(|block| word(block, 12)).collect();
        assert_eq!(addresses, [0x1000_0000, 0x1000_0100, 0x1000_1000]);
        assert_eq!(blocks[0][32..32 + 0x80], [0; 0x80]);
        assert_eq!(blocks[0][32 + 0x80..32 + 256], [7; 128]);
        assert_eq!(blocks[1][32..32 + 172], [7; 172]);
        assert_eq!(&blocks[1][32 + 0xf0..32 + 0xf4], b"data");
        assert_eq!(&blocks[2][32..35], b"far");
    }

    #[test]
    fn a_family_is_needed() {
        let elf = Elf::new(0).load(0, 0, b"a").build();
        assert_eq!(write(&elf, &Options::default()), Err(Error::NoFamily));
    }
}
