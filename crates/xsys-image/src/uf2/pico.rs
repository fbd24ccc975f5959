//! What Raspberry Pi's boot loaders require of UF2 files beyond the format.
//!
//! Problem: the boot loader of the RP2040 erases a sector of flash when a block's *number* says that a sector begins,
//! so a file that leaves out pages of a touched sector is written wrongly without any error (erratum RP2040-E14). The
//! boot loader of the RP2350 takes the address of a dragged file for one in a partition, unless a block of the
//! `absolute` family comes first, which is then ignored (RP2350-E10). Both accept either a program for flash or one for
//! RAM: bytes for RAM in a program for flash mean that an `AT>` was forgotten.
//!
//! Spec: RP2040 data sheet, 2.8.4 "USB Mass Storage Interface" and erratum RP2040-E14; RP2350 data sheet, 5.5 "USB Mass
//! Storage Interface", 2.2 "Address map" and erratum RP2350-E10.

use std::ops::Range;

use super::family::Family;
use super::page::{PAYLOAD, Page};
use crate::Error;
use crate::load::Image;

/// The unit that flash is erased in.
const SECTOR: u32 = 4096;

/// A chip's memories that a boot loader writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chip {
    name: &'static str,
    flash: (u32, u32),
    /// The main RAM, and the cache of flash used as RAM.
    ram: [(u32, u32); 2],
    /// Programs for RAM are loaded, too.
    from_ram: bool,
    /// A block of the `absolute` family goes first.
    absolute_first: bool,
}

const RP2040: Chip = Chip {
    name: "RP2040",
    flash: (0x1000_0000, 0x1100_0000),
    ram: [(0x2000_0000, 0x2004_2000), (0x1500_0000, 0x1500_4000)],
    from_ram: true,
    absolute_first: false,
};

const RP2350: Chip = Chip {
    name: "RP2350",
    flash: (0x1000_0000, 0x1200_0000),
    ram: [(0x2000_0000, 0x2008_2000), (0x13ff_c000, 0x1400_0000)],
    from_ram: true,
    absolute_first: true,
};

/// Families that address flash and nothing else.
const RP2350_FLASH: Chip = Chip {
    from_ram: false,
    absolute_first: false,
    ..RP2350
};

/// The chip that a family is for, if it is one of Raspberry Pi's.
pub(super) fn chip(family: Family) -> Option<Chip> {
    match family.0 {
        0xe48b_ff56 => Some(RP2040),
        0xe48b_ff57 | 0xe48b_ff58 => Some(RP2350_FLASH),
        0xe48b_ff59..=0xe48b_ff5b => Some(RP2350),
        _ => None,
    }
}

impl Chip {
    fn in_flash(&self, range: &Range<u64>) -> bool {
        within(self.flash, range)
    }

    fn in_ram(&self, range: &Range<u64>) -> bool {
        self.ram.iter().any(|memory| within(*memory, range))
    }

    /// Refuses what the boot loader cannot write; returns whether the program is for flash.
    pub(super) fn check(&self, image: &Image<'_>) -> Result<bool, Error> {
        let ranges = image.pieces.iter().map(|piece| piece.addr..piece.end());
        let mut flash = None;
        let mut ram = None;
        for (range, piece) in ranges.zip(&image.pieces) {
            if self.in_flash(&range) {
                flash.get_or_insert(piece);
            } else if self.from_ram && self.in_ram(&range) {
                ram.get_or_insert(piece);
            } else {
                return Err(Error::OutsideChip {
                    chip: self.name,
                    section: piece.first_name(),
                    start: range.start,
                    end: range.end,
                    ram: self.in_ram(&range),
                });
            }
        }
        match (flash, ram) {
            (Some(_), Some(piece)) => Err(Error::RamBesideFlash {
                section: piece.first_name(),
                start: piece.addr,
                end: piece.end(),
            }),
            (flash, _) => Ok(flash.is_some()),
        }
    }

    /// Adds the missing pages of touched sectors. After the last page nothing is missing.
    pub(super) fn fill_sectors(&self, pages: Vec<Page>, fill: u8) -> Vec<Page> {
        let Some(&(last, _)) = pages.last() else {
            return pages;
        };
        let mut out: Vec<Page> = Vec::new();
        for (addr, bytes) in pages {
            let sector = addr - addr % SECTOR;
            let mut next = match out.last() {
                // The rest of the sector before, if this page is in another one.
                Some(&(before, _)) => before + PAYLOAD as u32,
                None => sector,
            };
            while next < addr {
                if next % SECTOR == 0 && next < sector {
                    next = sector;
                    continue;
                }
                out.push((next, [fill; PAYLOAD]));
                next += PAYLOAD as u32;
            }
            out.push((addr, bytes));
        }
        debug_assert_eq!(out.last().map(|page| page.0), Some(last));
        out
    }

    /// The address of the block that goes first, unless the program has something there.
    pub(super) fn absolute_block(&self, pages: &[Page]) -> Option<u32> {
        // The last page of the 16 MiB that every such chip can have.
        const PLACE: u32 = 0x10ff_ff00;
        (self.absolute_first && pages.iter().all(|page| page.0 != PLACE)).then_some(PLACE)
    }
}

fn within((start, end): (u32, u32), range: &Range<u64>) -> bool {
    u64::from(start) <= range.start && range.end <= u64::from(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(addresses: &[u32]) -> Vec<u32> {
        let pages = addresses.iter().map(|&addr| (addr, [1; PAYLOAD])).collect();
        let out = RP2040.fill_sectors(pages, 0);
        for (addr, bytes) in &out {
            assert_eq!(bytes[0] == 1, addresses.contains(addr), "{addr:#x}");
        }
        out.iter().map(|page| page.0).collect()
    }

    fn pages(range: Range<u32>) -> Vec<u32> {
        range.step_by(PAYLOAD).collect()
    }

    #[test]
    fn touched_sectors_are_whole() {
        const A: u32 = 0x1000_0000;
        for (given, expected) in [
            (vec![A], vec![A]),
            (vec![A + 0x300], pages(A..A + 0x400)),
            (vec![A, A + 0x200], pages(A..A + 0x300)),
            // An untouched sector stays out; the one before it is complete.
            (
                vec![A, A + 0x2100],
                [pages(A..A + 0x1000), pages(A + 0x2000..A + 0x2200)].concat(),
            ),
            (vec![A + 0xf00, A + 0x1000], pages(A..A + 0x1100)),
            (vec![], vec![]),
        ] {
            assert_eq!(filled(&given), expected, "{given:x?}");
        }
    }
}
