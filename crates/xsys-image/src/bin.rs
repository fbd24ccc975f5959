//! Flat binary: memory as it is, from the lowest load address to the highest.
//!
//! For boot ROMs and loaders that copy a file to a fixed address (`kernel8.img`, most flashers
//! with a base address). The file has no addresses, so gaps are filled, and a gap that can only
//! be a mistake is refused instead of written.

use crate::load::{self, MAX_GAP};
use crate::{Error, Format, Options};

/// Writes memory contents with gaps filled.
pub fn write(elf: &[u8], options: &Options) -> Result<Vec<u8>, Error> {
    let image = load::read(elf)?;
    let mut out: Vec<u8> = Vec::new();
    let mut at = image.start();
    for piece in &image.pieces {
        let gap = piece.addr - at;
        if gap > MAX_GAP {
            return Err(Error::Gap {
                format: Format::Bin,
                from: at,
                to: piece.addr,
            });
        }
        out.resize(out.len() + gap as usize, options.fill);
        out.extend_from_slice(piece.data);
        at = piece.end();
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_elf::Elf;

    #[test]
    fn gaps_are_filled() {
        let elf = Elf::new(0)
            .load(0x8000_0000, 0x106, b"data")
            .load(0x100, 0x100, b"text")
            .build();
        for (fill, expected) in [(0, b"text\0\0data"), (0xff, b"text\xff\xffdata")] {
            let options = Options {
                fill,
                ..Options::default()
            };
            assert_eq!(write(&elf, &options).unwrap(), expected);
        }
    }

    #[test]
    fn a_gap_from_flash_to_ram_is_refused() {
        let elf = Elf::new(0)
            .load(0x0, 0x0, b"text")
            .load(0x2000_0000, 0x2000_0000, b"data")
            .build();
        let error = write(&elf, &Options::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a gap of 511 MiB between load addresses 0x4 and 0x20000000, at most 256 MiB fit a `bin` image"
        );
        assert!(error.into_diagnostic().help[0].contains("AT>FLASH"));
        // One gap of exactly the limit is still allowed.
        let elf = Elf::new(0)
            .load(0, 0, b"a")
            .load(0, MAX_GAP + 1, b"b")
            .build();
        assert_eq!(
            write(&elf, &Options::default()).unwrap().len() as u64,
            MAX_GAP + 2
        );
    }
}
