//! UF2: 512-byte blocks for boot loaders that look like a USB drive.
//!
//! Microsoft's "USB Flashing Format (UF2)" specification. Each block carries 256 bytes, their
//! address, its own number and the number of all blocks, and the family: which chip it is for, so
//! that a board ignores files meant for another.

mod family;
mod page;
mod pico;

pub use self::family::Family;
use self::page::{PAYLOAD, Page, pages};
use crate::load;
use crate::{Error, Format, Options};

const MAGIC_START: [u32; 2] = [0x0a32_4655, 0x9e5d_5157];
const MAGIC_END: u32 = 0x0ab1_6f30;
/// The field at offset 28 holds the family.
const FLAG_FAMILY: u32 = 0x2000;
/// Tags follow the payload.
const FLAG_TAGS: u32 = 0x8000;
/// The tag of a block that the RP2350 is to leave alone.
const IGNORE_BLOCK: u32 = 0x9957_e304;
const BLOCK: usize = 512;

/// Writes one block a page that holds anything, and those that a chip needs besides.
///
/// # Errors
/// If the boot loader cannot write the program.
pub fn write(elf: &[u8], options: &Options) -> Result<Vec<u8>, Error> {
    let family = options.family.ok_or(Error::NoFamily)?;
    let image = load::read(elf)?;
    image.check_limit(Format::Uf2, u64::from(u32::MAX))?;
    let chip = pico::chip(family);
    let for_flash = match &chip {
        Some(chip) => chip.check(&image)?,
        None => true,
    };
    let mut pages = pages(&image, options.fill);
    let mut out = Vec::with_capacity(pages.len() * BLOCK);
    if let (Some(chip), true) = (&chip, for_flash) {
        pages = chip.fill_sectors(pages, options.fill);
        if let Some(addr) = chip.absolute_block(&pages) {
            out.extend(ignored(addr));
        }
    }
    for (number, page) in pages.iter().enumerate() {
        let place = (number as u32, pages.len() as u32);
        block(&mut out, FLAG_FAMILY, place, family, page);
    }
    Ok(out)
}

/// A block of 512 bytes; `place` is its number and that of all.
fn block(out: &mut Vec<u8>, flags: u32, place: (u32, u32), family: Family, page: &Page) {
    let end = out.len() + BLOCK;
    for word in [
        MAGIC_START[0],
        MAGIC_START[1],
        flags,
        page.0,
        PAYLOAD as u32,
        place.0,
        place.1,
        family.0,
    ] {
        out.extend(word.to_le_bytes());
    }
    out.extend(page.1);
    if flags & FLAG_TAGS != 0 {
        out.extend(IGNORE_BLOCK.to_le_bytes());
    }
    out.resize(end - 4, 0);
    out.extend(MAGIC_END.to_le_bytes());
}

/// The block before all others of the RP2350, as Raspberry Pi's own tool makes it.
fn ignored(addr: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let absolute = Family(0xe48b_ff57);
    let page = (addr, [0xef; PAYLOAD]);
    block(&mut out, FLAG_FAMILY | FLAG_TAGS, (0, 2), absolute, &page);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_elf::Elf;

    fn word(block: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(block[at..at + 4].try_into().unwrap())
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
            family: Some(Family(0xada5_2840)),
            ..Options::default()
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
            assert_eq!(word(block, 28), 0xada5_2840);
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

    fn for_pico(family: &str, loads: &[(u64, &[u8])]) -> Result<Vec<u8>, Error> {
        let mut elf = Elf::new(0);
        for (addr, bytes) in loads {
            elf = elf
                .load(*addr, *addr, bytes)
                .section(*addr, bytes.len() as u64);
        }
        let options = Options {
            fill: 0xff,
            family: Some(family.parse().unwrap()),
            ..Options::default()
        };
        write(&elf.build(), &options)
    }

    #[test]
    fn picos_get_whole_sectors() {
        let loads: [(u64, &[u8]); 2] = [(0x1000_0000, b"boot"), (0x1000_1100, b"code")];
        let image = for_pico("rp2040", &loads).unwrap();
        let blocks: Vec<&[u8]> = image.chunks(512).collect();
        assert_eq!(blocks.len(), 16 + 2);
        for (number, block) in blocks.iter().enumerate() {
            assert_eq!(word(block, 12), 0x1000_0000 + number as u32 * 256);
            assert_eq!(word(block, 20), number as u32);
            assert_eq!(word(block, 24), 18);
        }
        assert_eq!(blocks[1][32..288], [0xff; 256]);
        assert_eq!(&blocks[17][32..36], b"code");

        // RP2350-E10: a block that is ignored, with numbers of its own, goes first.
        let image = for_pico("rp2350-arm-s", &loads).unwrap();
        let (first, rest) = image.split_at(512);
        assert_eq!(rest.len(), 18 * 512);
        for (at, expected) in [
            (8, 0xa000),
            (12, 0x10ff_ff00),
            (20, 0),
            (24, 2),
            (28, 0xe48b_ff57),
            (288, 0x9957_e304),
            (292, 0),
        ] {
            assert_eq!(word(first, at), expected, "{at}");
        }
        assert_eq!(first[32..288], [0xef; 256]);
        assert_eq!(
            (word(rest, 20), word(rest, 24), word(rest, 28)),
            (0, 18, 0xe48b_ff59)
        );
    }

    #[test]
    fn picos_take_flash_or_ram() {
        let ram = (0x2000_0100, &b"data"[..]);
        // For RAM nothing is erased, and nothing filled.
        assert_eq!(for_pico("rp2040", &[ram]).unwrap().len(), 512);
        assert_eq!(for_pico("rp2350-riscv", &[ram]).unwrap().len(), 512);
        for (family, loads, expected) in [
            (
                "rp2040",
                &[(0x1000_0000, &b"code"[..]), ram][..],
                "section `.s2` is loaded into RAM (0x20000100..0x20000104) beside a program in flash",
            ),
            (
                "rp2040",
                &[(0x0800_0000, b"code")],
                "section `.s1` at 0x8000000..0x8000004 is outside of what an RP2040 can be given",
            ),
            (
                "rp2040",
                &[(0x10ff_fffe, b"code")],
                "section `.s1` at 0x10fffffe..0x11000002 is outside of what an RP2040 can be given",
            ),
            (
                "data",
                &[ram],
                "section `.s1` at 0x20000100..0x20000104 is outside of what an RP2350 can be given",
            ),
        ] {
            assert_eq!(for_pico(family, loads).unwrap_err().to_string(), expected);
        }
        // Twice the flash of an RP2040.
        assert!(for_pico("rp2350-arm-s", &[(0x11ff_0000, b"code")]).is_ok());
        let error = for_pico("rp2040", &[(0x1000_0000, b"code"), ram]).unwrap_err();
        assert!(error.into_diagnostic().help[0].contains("AT>"));
    }

    #[test]
    fn a_family_is_needed() {
        let elf = Elf::new(0).load(0, 0, b"a").build();
        assert_eq!(write(&elf, &Options::default()), Err(Error::NoFamily));
    }
}
