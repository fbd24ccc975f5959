//! The relocation table of AVR as data.
//!
//! Values are 32 bits wide; what the compiler asks for by its byte (`lo8`, `hi8` …) is never out of
//! range. Limits are GNU ld's, which are the instructions' own: lld takes `ldd` and `adiw` for
//! signed and does not check branches.

use crate::elf::arch::Base::*;
use crate::elf::arch::Range::*;
use crate::elf::arch::Relative::*;
use crate::elf::arch::{RelocRule, row};

/// Relocation numbers that the code refers to.
#[rustfmt::skip]
pub(super) mod r {
    pub(crate) const NONE: u32 = 0;
    pub(crate) const ABS_32: u32 = 1;
    pub(crate) const PCREL_7: u32 = 2;
    pub(crate) const PCREL_13: u32 = 3;
    pub(crate) const ABS_16: u32 = 4;
    pub(crate) const PM_16: u32 = 5;
    pub(crate) const LO8_LDI: u32 = 6;
    pub(crate) const HI8_LDI: u32 = 7;
    pub(crate) const HH8_LDI: u32 = 8;
    pub(crate) const LO8_LDI_NEG: u32 = 9;
    pub(crate) const HI8_LDI_NEG: u32 = 10;
    pub(crate) const HH8_LDI_NEG: u32 = 11;
    pub(crate) const LO8_LDI_PM: u32 = 12;
    pub(crate) const HI8_LDI_PM: u32 = 13;
    pub(crate) const HH8_LDI_PM: u32 = 14;
    pub(crate) const LO8_LDI_PM_NEG: u32 = 15;
    pub(crate) const HI8_LDI_PM_NEG: u32 = 16;
    pub(crate) const HH8_LDI_PM_NEG: u32 = 17;
    pub(crate) const CALL: u32 = 18;
    pub(crate) const LDI: u32 = 19;
    pub(crate) const DISP_6: u32 = 20;
    pub(crate) const ADIW_6: u32 = 21;
    pub(crate) const MS8_LDI: u32 = 22;
    pub(crate) const MS8_LDI_NEG: u32 = 23;
    pub(crate) const LO8_LDI_GS: u32 = 24;
    pub(crate) const HI8_LDI_GS: u32 = 25;
    pub(crate) const ABS_8: u32 = 26;
    pub(crate) const LO8_8: u32 = 27;
    pub(crate) const HI8_8: u32 = 28;
    pub(crate) const HLO8_8: u32 = 29;
    pub(crate) const DIFF8: u32 = 30;
    pub(crate) const DIFF16: u32 = 31;
    pub(crate) const DIFF32: u32 = 32;
    pub(crate) const LDS_STS_16: u32 = 33;
    pub(crate) const PORT6: u32 = 34;
    pub(crate) const PORT5: u32 = 35;
    pub(crate) const PCREL_32: u32 = 36;
}

/// `rjmp` and `rcall` where the program counter wraps.
pub(super) static WRAPPING_JUMP: RelocRule =
    row(r::PCREL_13, "R_AVR_13_PCREL", Symbol, Place, 2, Any, 2);

/// Every relocation; the index is its number.
#[rustfmt::skip]
pub(super) static RULES: [RelocRule; 37] = [
    row(r::NONE, "R_AVR_NONE", Nothing, Zero, 0, Any, 1),
    row(r::ABS_32, "R_AVR_32", Symbol, Zero, 4, Any, 1),
    row(r::PCREL_7, "R_AVR_7_PCREL", Symbol, Place, 2, SignedFromNext(8), 2),
    row(r::PCREL_13, "R_AVR_13_PCREL", Symbol, Place, 2, SignedFromNext(13), 2),
    row(r::ABS_16, "R_AVR_16", Symbol, Zero, 2, Any, 1),
    row(r::PM_16, "R_AVR_16_PM", Branch, Zero, 2, Unsigned(17), 2),
    row(r::LO8_LDI, "R_AVR_LO8_LDI", Symbol, Zero, 2, Any, 1),
    row(r::HI8_LDI, "R_AVR_HI8_LDI", Symbol, Zero, 2, Any, 1),
    row(r::HH8_LDI, "R_AVR_HH8_LDI", Symbol, Zero, 2, Any, 1),
    row(r::LO8_LDI_NEG, "R_AVR_LO8_LDI_NEG", Symbol, Zero, 2, Any, 1),
    row(r::HI8_LDI_NEG, "R_AVR_HI8_LDI_NEG", Symbol, Zero, 2, Any, 1),
    row(r::HH8_LDI_NEG, "R_AVR_HH8_LDI_NEG", Symbol, Zero, 2, Any, 1),
    row(r::LO8_LDI_PM, "R_AVR_LO8_LDI_PM", Symbol, Zero, 2, Any, 2),
    row(r::HI8_LDI_PM, "R_AVR_HI8_LDI_PM", Symbol, Zero, 2, Any, 2),
    row(r::HH8_LDI_PM, "R_AVR_HH8_LDI_PM", Symbol, Zero, 2, Any, 2),
    row(r::LO8_LDI_PM_NEG, "R_AVR_LO8_LDI_PM_NEG", Symbol, Zero, 2, Any, 2),
    row(r::HI8_LDI_PM_NEG, "R_AVR_HI8_LDI_PM_NEG", Symbol, Zero, 2, Any, 2),
    row(r::HH8_LDI_PM_NEG, "R_AVR_HH8_LDI_PM_NEG", Symbol, Zero, 2, Any, 2),
    row(r::CALL, "R_AVR_CALL", Symbol, Zero, 4, Unsigned(23), 2),
    row(r::LDI, "R_AVR_LDI", Symbol, Zero, 2, Either(8), 1),
    row(r::DISP_6, "R_AVR_6", Symbol, Zero, 2, Unsigned(6), 1),
    row(r::ADIW_6, "R_AVR_6_ADIW", Symbol, Zero, 2, Unsigned(6), 1),
    row(r::MS8_LDI, "R_AVR_MS8_LDI", Symbol, Zero, 2, Any, 1),
    row(r::MS8_LDI_NEG, "R_AVR_MS8_LDI_NEG", Symbol, Zero, 2, Any, 1),
    row(r::LO8_LDI_GS, "R_AVR_LO8_LDI_GS", Branch, Zero, 2, Unsigned(17), 2),
    row(r::HI8_LDI_GS, "R_AVR_HI8_LDI_GS", Branch, Zero, 2, Unsigned(17), 2),
    row(r::ABS_8, "R_AVR_8", Symbol, Zero, 1, Either(8), 1),
    row(r::LO8_8, "R_AVR_8_LO8", Symbol, Zero, 1, Any, 1),
    row(r::HI8_8, "R_AVR_8_HI8", Symbol, Zero, 1, Any, 1),
    row(r::HLO8_8, "R_AVR_8_HLO8", Symbol, Zero, 1, Any, 1),
    row(r::DIFF8, "R_AVR_DIFF8", Nothing, Zero, 1, Any, 1),
    row(r::DIFF16, "R_AVR_DIFF16", Nothing, Zero, 2, Any, 1),
    row(r::DIFF32, "R_AVR_DIFF32", Nothing, Zero, 4, Any, 1),
    row(r::LDS_STS_16, "R_AVR_LDS_STS_16", Symbol, Zero, 2, Any, 1),
    row(r::PORT6, "R_AVR_PORT6", Symbol, Zero, 2, Unsigned(6), 1),
    row(r::PORT5, "R_AVR_PORT5", Symbol, Zero, 2, Unsigned(5), 1),
    row(r::PCREL_32, "R_AVR_32_PCREL", Symbol, Place, 4, Any, 1),
];
