//! Atmel and Microchip AVR, 8 bits: avr2 to avr6, avrxmega and avrtiny.
//!
//! Spec: there is no psABI document; numbers and names are those of GNU binutils
//! (`include/elf/avr.h`), fields those of the "AVR Instruction Set Manual" (DS40002198).
//!
//! **Address spaces.** An AVR has several memories whose addresses all begin at 0. In ELF they are
//! told apart by offsets that no instruction has room for: flash at 0, RAM at 0x800000, EEPROM at
//! 0x810000, fuses, lock bits and signature at 0x820000, 0x830000 and 0x840000. Fields for data
//! addresses therefore take the lower 16 bits of an address.
//!
//! **Words.** Flash is addressed by bytes in ELF and by words in branches and function pointers:
//! `_PM` (program memory) relocations and `R_AVR_CALL` halve the address.
//!
//! **`gs()`.** Function pointers have 16 bits and reach 128 KiB. On larger devices `_GS` ("generate
//! stubs") and `R_AVR_16_PM` refer to a `jmp` in the lower 128 KiB instead; here such a stub is a
//! thunk, which code and data use alike.
//!
//! **Wrap-around.** The program counter of devices up to 8 KiB of flash wraps, so that `rjmp`
//! reaches everything there although its distance says otherwise (avr2, avr25, avr4).
//!
//! **DIFF.** The differences that `R_AVR_DIFF8/16/32` mark are already in place; they only matter to
//! linkers that delete instructions.

mod assemble;
mod devices;
mod helpers;
mod layout;
mod machine;
mod rules;
mod startup;
#[cfg(test)]
mod tests;

use super::{
    Arch, BranchTarget, Errata, Relaxation, RelocRule, RelocRules, Rewrites, Runtime, Site,
    ThunkForm, Thunks,
};
use rules::r;

/// The properties of a device family that linking depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avr {
    /// The program counter has 12 bits or fewer.
    pub wraps: bool,
}

/// Function pointers reach this far, in bytes.
const POINTER_REACH: u64 = 0x2_0000;

/// The architecture's number in `e_flags` (EF_AVR_ARCH_MASK).
const ARCH_MASK: u32 = 0x7f;
/// EF_AVR_LINKRELAX_PREPARED: all branches have relocations, so that instructions may be deleted.
const RELAX_PREPARED: u32 = 0x80;

impl Avr {
    /// From the inputs' `e_flags`.
    pub(super) fn new(e_flags: u32) -> Self {
        Self {
            wraps: matches!(e_flags & ARCH_MASK, 2 | 25 | 4),
        }
    }
}

/// An architecture's name as avr-gcc's `-mmcu` and GNU ld's `-m` spell it.
fn arch_name(e_flags: u32) -> String {
    match e_flags & ARCH_MASK {
        100 => "avrtiny".to_owned(),
        n @ 101..=107 => format!("avrxmega{}", n - 100),
        n => format!("avr{n}"),
    }
}

/// What an architecture has, for messages about objects that differ.
fn describe(e_flags: u32) -> &'static str {
    match e_flags & ARCH_MASK {
        2 => "8 KiB of flash, no `jmp`",
        25 => "8 KiB of flash, `movw` but no `jmp`",
        3 => "64 KiB of flash, no `movw`",
        31 => "128 KiB of flash, no `movw`",
        35 => "64 KiB of flash, no `mul`",
        4 => "8 KiB of flash, `mul` but no `jmp`",
        5 => "64 KiB of flash",
        51 => "128 KiB of flash",
        6 => "256 KiB of flash, return addresses of 3 bytes",
        100 => "16 registers",
        101..=107 => "an XMEGA-like core",
        _ => "another core",
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

/// `ldi`, `subi`, `cpi` and others: 1111_KKKK_dddd_KKKK.
fn immediate(section: &mut [u8], offset: usize, value: i64) {
    let k = value as u16 & 0xff;
    change(section, offset, 0xf0f0, (k & 0xf0) << 4 | k & 0x0f);
}

/// `call` and `jmp`: 1001_010k_kkkk_11xk and 16 more bits, of a word address.
fn long_branch(section: &mut [u8], offset: usize, value: i64) {
    let k = (value >> 1) as u32;
    let high = (k >> 16) as u16;
    if offset
        .checked_add(4)
        .is_some_and(|end| end <= section.len())
    {
        change(section, offset, 0xfe0e, (high >> 1 & 0x1f) << 4 | high & 1);
        put(section, offset + 2, &(k as u16).to_le_bytes());
    }
}

/// The machine.
pub(super) static MACHINE: machine::AvrMachine = machine::AvrMachine;

impl Arch for Avr {
    fn machine(&self) -> u16 {
        object::elf::EM_AVR.0
    }

    fn is_64(&self) -> bool {
        false
    }

    fn name(&self) -> &'static str {
        "avr"
    }

    fn image_base(&self) -> u64 {
        0
    }

    /// `nop`
    fn fill(&self) -> &'static [u8] {
        &[0]
    }

    fn call_pushes(&self) -> u64 {
        // Two where the program counter has 16 bits.
        3
    }

    /// Objects must be for one architecture. Instructions may only be deleted where all are
    /// prepared for it.
    fn merge_e_flags(&self, so_far: Option<u32>, next: u32) -> Result<u32, String> {
        let Some(so_far) = so_far else {
            return Ok(next);
        };
        if (so_far ^ next) & ARCH_MASK != 0 {
            return Err(format!(
                "it is for {} ({}), the others are for {} ({}); the two must not be mixed",
                arch_name(next),
                describe(next),
                arch_name(so_far),
                describe(so_far)
            ));
        }
        Ok(so_far & !RELAX_PREPARED | so_far & next & RELAX_PREPARED)
    }
}

impl RelocRules for Avr {
    fn rule(&self, r_type: u32) -> Option<&'static RelocRule> {
        if self.wraps && r_type == r::PCREL_13 {
            return Some(&rules::WRAPPING_JUMP);
        }
        rules::RULES.get(usize::try_from(r_type).ok()?)
    }

    fn encodable(&self, rule: &RelocRule, value: i64) -> bool {
        // The short `lds` and `sts` of avrtiny address 0x40 … 0xbf.
        rule.r_type != r::LDS_STS_16 || (0x40..=0xbf).contains(&(value as u16))
    }

    fn encode(&self, rule: &RelocRule, section: &mut [u8], offset: usize, value: i64) {
        let v = value as u16;
        // Branches count from the next instruction.
        let ahead = (value.wrapping_sub(2) >> 1) as u16;
        match rule.r_type {
            r::ABS_32 | r::PCREL_32 => put(section, offset, &(value as u32).to_le_bytes()),
            r::ABS_16 => put(section, offset, &v.to_le_bytes()),
            r::PM_16 => put(section, offset, &((value >> 1) as u16).to_le_bytes()),
            r::ABS_8 | r::LO8_8 => put(section, offset, &[value as u8]),
            r::HI8_8 => put(section, offset, &[(value >> 8) as u8]),
            r::HLO8_8 => put(section, offset, &[(value >> 16) as u8]),
            r::PCREL_7 => change(section, offset, 0xfc07, (ahead & 0x7f) << 3),
            r::PCREL_13 => change(section, offset, 0xf000, ahead & 0xfff),
            r::CALL => long_branch(section, offset, value),
            r::LDI | r::LO8_LDI => immediate(section, offset, value),
            r::HI8_LDI => immediate(section, offset, value >> 8),
            r::HH8_LDI => immediate(section, offset, value >> 16),
            r::MS8_LDI => immediate(section, offset, value >> 24),
            r::LO8_LDI_NEG => immediate(section, offset, value.wrapping_neg()),
            r::HI8_LDI_NEG => immediate(section, offset, value.wrapping_neg() >> 8),
            r::HH8_LDI_NEG => immediate(section, offset, value.wrapping_neg() >> 16),
            r::MS8_LDI_NEG => immediate(section, offset, value.wrapping_neg() >> 24),
            r::LO8_LDI_PM | r::LO8_LDI_GS => immediate(section, offset, value >> 1),
            r::HI8_LDI_PM | r::HI8_LDI_GS => immediate(section, offset, value >> 9),
            r::HH8_LDI_PM => immediate(section, offset, value >> 17),
            r::LO8_LDI_PM_NEG => immediate(section, offset, value.wrapping_neg() >> 1),
            r::HI8_LDI_PM_NEG => immediate(section, offset, value.wrapping_neg() >> 9),
            r::HH8_LDI_PM_NEG => immediate(section, offset, value.wrapping_neg() >> 17),
            // `ldd`, `std`: 10q0_qq0d_dddd_yqqq
            r::DISP_6 => {
                let q = (v & 0x20) << 8 | (v & 0x18) << 7 | v & 7;
                change(section, offset, 0xd3f8, q);
            }
            // `adiw`, `sbiw`: 1001_0110_KKdd_KKKK
            r::ADIW_6 => change(section, offset, 0xff30, (v & 0x30) << 2 | v & 0x0f),
            // `in`, `out`: 1011_0AAd_dddd_AAAA
            r::PORT6 => change(section, offset, 0xf9f0, (v & 0x30) << 5 | v & 0x0f),
            // `sbi`, `sbic` …: 1001_1000_AAAA_Abbb
            r::PORT5 => change(section, offset, 0xff07, (v & 0x1f) << 3),
            // 1010_0kkk_dddd_kkkk: bits 5 and 4 of the address, then bit 6; bit 7 is its complement.
            r::LDS_STS_16 => {
                let k = (v & 0x30) << 5 | (v & 0x40) << 2 | v & 0x0f;
                change(section, offset, 0xf8f0, k);
            }
            _ => {}
        }
    }
}

impl Rewrites for Avr {}

impl Runtime for Avr {}

impl Thunks for Avr {
    /// Leaves room for thunks below 128 KiB.
    fn thunk_spacing(&self, _shortest: Option<u8>) -> Option<u64> {
        Some(POINTER_REACH - 0x1000)
    }

    fn thunk(&self, site: Site, _p: u64, target: BranchTarget) -> Option<ThunkForm> {
        let is_pointer = matches!(site.r_type, r::PM_16 | r::LO8_LDI_GS | r::HI8_LDI_GS);
        (is_pointer && target.addr >= POINTER_REACH).then_some(ThunkForm(0))
    }

    fn thunks_for_data(&self) -> bool {
        true
    }

    fn thunk_size(&self, _form: ThunkForm) -> usize {
        4
    }

    fn thunk_align(&self, _form: ThunkForm) -> u64 {
        2
    }

    fn thunk_reaches(&self, _site: Site, _p: u64, _form: ThunkForm, thunk: u64) -> bool {
        thunk < POINTER_REACH
    }

    /// `jmp target`
    fn write_thunk(&self, _form: ThunkForm, out: &mut [u8], _addr: u64, target: BranchTarget) {
        put(out, 0, &0x940c_u16.to_le_bytes());
        long_branch(out, 0, target.addr as i64);
    }
}

impl Relaxation for Avr {}

impl Errata for Avr {}
