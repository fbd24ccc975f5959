//! Flat binary: memory as it is, from the lowest load address to the highest.
//!
//! For boot ROMs and loaders that copy a file to a fixed address (`kernel8.img`, most flashers with a base address).
//! The file has no addresses, so gaps are filled. A gap that is larger than all loaded bytes together is nearly always
//! a section whose load address was forgotten: it is refused, unless [`Options::gaps`] allows it.

use crate::load::{self, MAX_GAP};
use crate::{Error, Options};

/// The gap that alignment to pages leaves between sections of the smallest programs.
const SMALL_GAP: u64 = 4096;

/// Writes memory contents with gaps filled.
///
/// # Errors
/// If a gap is too large to be filled.
pub fn write(elf: &[u8], options: &Options) -> Result<Vec<u8>, Error> {
    let image = load::read(elf)?;
    let mut out: Vec<u8> = Vec::new();
    let content: u64 = image
        .pieces
        .iter()
        .map(|piece| piece.data.len() as u64)
        .sum();
    let mut at = image.start();
    let mut before = None;
    for piece in &image.pieces {
        let gap = piece.addr - at;
        let odd = gap > content && gap > SMALL_GAP && !options.gaps;
        if odd || gap > MAX_GAP {
            return Err(Error::Gap {
                from: at,
                to: piece.addr,
                before: before.map_or_else(String::new, load::Piece::last_name),
                after: piece.first_name(),
                content,
            });
        }
        before = Some(piece);
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
            .section(0, 4)
            .section(0x2000_0000, 4)
            .build();
        let error = write(&elf, &Options::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a gap of 512.0 MiB between `.s1` (ends at 0x4) and `.s2` (loaded at 0x20000000), for 8 B of content"
        );
        let help = error.into_diagnostic().help;
        assert!(help[0].contains("AT>"), "{help:?}");
        assert!(
            !help.iter().any(|text| text.contains("bin-gaps")),
            "{help:?}"
        );
    }

    #[test]
    fn a_gap_larger_than_the_content_is_meant_or_a_mistake() {
        let elf = |addr| {
            Elf::new(0)
                .load(0, 0, &[1; 0x1800])
                .load(addr, addr, b"b")
                .section(0, 0x1800)
                .section(addr, 1)
                .build()
        };
        let gaps = Options {
            gaps: true,
            ..Options::default()
        };
        // A gap as large as the content is still filled.
        assert!(write(&elf(0x1800 + 0x1801), &Options::default()).is_ok());
        let far = elf(0x1800 + 0x1802);
        let error = write(&far, &Options::default()).unwrap_err();
        assert!(matches!(
            error,
            Error::Gap {
                content: 0x1801,
                ..
            }
        ));
        let help = error.into_diagnostic().help;
        assert!(
            help.iter().any(|text| text.contains("bin-gaps")),
            "{help:?}"
        );
        assert_eq!(write(&far, &gaps).unwrap().len(), 0x3003);
        // Pages of tiny programs.
        let tiny = Elf::new(0).load(0, 0, b"a").load(0, 0x1000, b"b").build();
        assert_eq!(write(&tiny, &Options::default()).unwrap().len(), 0x1001);
        // Even an intended gap has a limit.
        for (end, fits) in [(MAX_GAP + 1, true), (MAX_GAP + 2, false)] {
            let elf = Elf::new(0).load(0, 0, b"a").load(0, end, b"b").build();
            assert_eq!(write(&elf, &gaps).is_ok(), fits);
        }
    }
}
