//! Texas Instruments MSP430 and MSP430X, 16 and 20 bits.
//!
//! Spec: "MSP430 Embedded Application Binary Interface" (SLAA534), chapter 11, for MSP430X; the
//! numbers of plain MSP430 objects are GNU binutils' (`include/elf/msp430.h`), which LLVM shares.
//!
//! **Two tables.** The two instruction sets number their relocations independently. Which one
//! objects are for stands in `.MSP430.attributes`, and in `e_flags` of GNU's objects.
//!
//! **Differences.** GNU's assembler leaves every difference of two symbols to the linker, as
//! `SYM_DIFF` with the symbol to subtract, followed by a plain relocation at the same place.
//!
//! **Jumps** have 10 bits and count words from the next instruction. A `2X_PCREL` is a pair of
//! conditional jumps to one target, of which the relocation names the second.

mod attributes;
mod helpers;
mod machine;
mod rules;
#[cfg(test)]
mod tests;

use super::riscv::change_uleb;
use super::{Arch, Errata, Relaxation, RelocRule, RelocRules, Rewrites, Runtime, Thunks};
use rules::{r, x};

/// One of the two instruction sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Msp430 {
    /// MSP430X.
    pub extended: bool,
}

/// The device family in `e_flags` (EF_MSP430_MACH), as GNU's tools write it.
const MACH_MASK: u32 = 0xff;
const MACH_X: u32 = 45;

impl Msp430 {
    /// From the inputs' attributes and `e_flags`.
    pub(super) fn new(attributes: Option<&[u8]>, e_flags: u32) -> Self {
        Self {
            extended: attributes.is_some_and(self::attributes::msp430_extended)
                || e_flags & MACH_MASK == MACH_X,
        }
    }
}

fn word(section: &[u8], offset: usize) -> Option<u16> {
    let bytes = section.get(offset..offset.checked_add(2)?)?;
    Some(u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn put(section: &mut [u8], offset: usize, bytes: &[u8]) {
    if let Some(place) = section.get_mut(offset..offset.saturating_add(bytes.len())) {
        place.copy_from_slice(bytes);
    }
}

fn change(section: &mut [u8], offset: usize, keep: u16, field: u16) {
    if let Some(insn) = word(section, offset) {
        put(section, offset, &(insn & keep | field).to_le_bytes());
    }
}

/// A conditional jump: 001c_ccoo_oooo_oooo, words from the next instruction.
fn jump(section: &mut [u8], offset: usize, value: i64) {
    let words = (value.wrapping_sub(2) >> 1) as u16;
    change(section, offset, 0xfc00, words & 0x3ff);
}

/// 20 bits: four at bit `at` of the first word, 16 in the word `low` bytes further on.
fn wide(section: &mut [u8], offset: usize, low: usize, at: u32, value: i64) {
    let end = offset.checked_add(low + 2);
    if end.is_some_and(|end| end <= section.len()) {
        let high = (value >> 16) as u16 & 0xf;
        change(section, offset, !(0xf << at), high << at);
        put(section, offset + low, &(value as u16).to_le_bytes());
    }
}

fn encode(rule: &RelocRule, section: &mut [u8], offset: usize, value: i64) {
    match rule.r_type {
        r::ABS_32 => put(section, offset, &(value as u32).to_le_bytes()),
        r::ABS_16 | r::PCREL_16 | r::BYTE_16 | r::PCREL_BYTE_16 | r::RL_PCREL => {
            put(section, offset, &(value as u16).to_le_bytes());
        }
        r::ABS_8 => put(section, offset, &[value as u8]),
        r::PCREL_10 => jump(section, offset, value),
        r::PCREL_2X => {
            jump(section, offset, value);
            if let Some(first) = offset.checked_sub(2) {
                jump(section, first, value.wrapping_add(2));
            }
        }
        r::SET_ULEB128 => change_uleb(section, offset, |_| value as u64),
        r::SUB_ULEB128 => change_uleb(section, offset, |x| x.wrapping_sub(value as u64)),
        _ => {}
    }
}

fn encode_extended(rule: &RelocRule, section: &mut [u8], offset: usize, value: i64) {
    match rule.r_type {
        x::ABS32 => put(section, offset, &(value as u32).to_le_bytes()),
        x::ABS16 | x::PCR16 | x::X_PCR16 | x::X_ABS16 => {
            put(section, offset, &(value as u16).to_le_bytes());
        }
        x::ABS8 => put(section, offset, &[value as u8]),
        x::ABS_HI16 => put(section, offset, &((value >> 16) as u16).to_le_bytes()),
        x::PCR20_EXT_SRC | x::ABS20_EXT_SRC => wide(section, offset, 4, 7, value),
        x::PCR20_EXT_DST | x::ABS20_EXT_DST => wide(section, offset, 4, 0, value),
        x::PCR20_EXT_ODST | x::ABS20_EXT_ODST => wide(section, offset, 6, 0, value),
        x::ABS20_ADR_SRC => wide(section, offset, 2, 8, value),
        x::ABS20_ADR_DST | x::PCR20_CALL => wide(section, offset, 2, 0, value),
        // The upper bit belongs to the table.
        x::PREL31 => {
            let scaled = (value >> 1) as u32;
            if let Some(old) = word(section, offset.saturating_add(2)) {
                let high = old & 0x8000 | (scaled >> 16) as u16 & 0x7fff;
                put(
                    section,
                    offset,
                    &(u32::from(high) << 16 | scaled & 0xffff).to_le_bytes(),
                );
            }
        }
        x::PCREL_10 => jump(section, offset, value),
        x::PCREL_2X => {
            jump(section, offset, value);
            if let Some(first) = offset.checked_sub(2) {
                jump(section, first, value.wrapping_add(2));
            }
        }
        x::SET_ULEB128 => change_uleb(section, offset, |_| value as u64),
        x::SUB_ULEB128 => change_uleb(section, offset, |x| x.wrapping_sub(value as u64)),
        _ => {}
    }
}

/// The machine.
pub(super) static MACHINE: machine::Msp430Machine = machine::Msp430Machine;

impl Arch for Msp430 {
    fn machine(&self) -> u16 {
        object::elf::EM_MSP430.0
    }

    fn is_64(&self) -> bool {
        false
    }

    fn name(&self) -> &'static str {
        "msp430"
    }

    /// Where flash begins on most devices with 16 KiB.
    fn image_base(&self) -> u64 {
        0xc000
    }

    /// `mov.b #0, r3`, a no-operation
    fn fill(&self) -> &'static [u8] {
        &[0x43]
    }

    fn call_pushes(&self) -> u64 {
        2
    }

    /// LLVM writes 0; GNU's assembler the device family. The two instruction sets pass arguments
    /// and return differently.
    fn merge_e_flags(&self, so_far: Option<u32>, next: u32) -> Result<u32, String> {
        let so_far = so_far.unwrap_or(next);
        let name = |flags: u32| match flags & MACH_MASK {
            MACH_X => "MSP430X",
            _ => "MSP430",
        };
        let both = so_far & MACH_MASK != 0 && next & MACH_MASK != 0;
        if both && name(so_far) != name(next) {
            return Err(format!(
                "it is for {}, the others are for {}",
                name(next),
                name(so_far)
            ));
        }
        Ok(if so_far == 0 { next } else { so_far })
    }
}

impl RelocRules for Msp430 {
    fn rule(&self, r_type: u32) -> Option<&'static RelocRule> {
        if self.extended {
            return rules::MSP430X.iter().find(|rule| rule.r_type == r_type);
        }
        rules::MSP430.get(usize::try_from(r_type).ok()?)
    }

    /// TI's tools write REL for MSP430X; fields are sign-extended ("Relocation Operations").
    fn implicit_addend(&self, rule: &RelocRule, section: &[u8], offset: usize) -> i64 {
        let at = |ahead: usize| word(section, offset.saturating_add(ahead)).unwrap_or(0);
        let wide = |low: usize, shift: u32| {
            let high = u32::from(at(0) >> shift & 0xf);
            i64::from(((high << 16 | u32::from(at(low))) << 12) as i32 >> 12)
        };
        let long = || u32::from(at(2)) << 16 | u32::from(at(0));
        if !self.extended {
            return 0;
        }
        match rule.r_type {
            x::ABS32 => i64::from(long() as i32),
            x::PREL31 => i64::from((long() << 1) as i32),
            x::ABS16 | x::PCR16 | x::X_PCR16 | x::X_ABS16 => i64::from(at(0) as i16),
            x::ABS8 => section.get(offset).map_or(0, |&b| i64::from(b as i8)),
            x::PCR20_EXT_SRC | x::ABS20_EXT_SRC => wide(4, 7),
            x::PCR20_EXT_DST | x::ABS20_EXT_DST => wide(4, 0),
            x::PCR20_EXT_ODST | x::ABS20_EXT_ODST => wide(6, 0),
            x::ABS20_ADR_SRC => wide(2, 8),
            x::ABS20_ADR_DST | x::PCR20_CALL => wide(2, 0),
            _ => 0,
        }
    }

    fn encode(&self, rule: &RelocRule, section: &mut [u8], offset: usize, value: i64) {
        if self.extended {
            encode_extended(rule, section, offset, value);
        } else {
            encode(rule, section, offset, value);
        }
    }
}

impl Rewrites for Msp430 {}

impl Runtime for Msp430 {}

impl Thunks for Msp430 {}

impl Relaxation for Msp430 {}

impl Errata for Msp430 {}
