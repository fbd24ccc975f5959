//! The relocation tables of MSP430 and MSP430X as data.
//!
//! On MSP430 addresses have 16 bits and wrap, so that a distance of up to ±65535 is right. Words in
//! data take positive and negative values.

use crate::elf::arch::Base::*;
use crate::elf::arch::Range::*;
use crate::elf::arch::Relative::*;
use crate::elf::arch::{RelocRule, row};

/// Numbers of MSP430 objects.
#[rustfmt::skip]
pub(super) mod r {
    pub(crate) const NONE: u32 = 0;
    pub(crate) const ABS_32: u32 = 1;
    pub(crate) const PCREL_10: u32 = 2;
    pub(crate) const ABS_16: u32 = 3;
    pub(crate) const PCREL_16: u32 = 4;
    pub(crate) const BYTE_16: u32 = 5;
    pub(crate) const PCREL_BYTE_16: u32 = 6;
    pub(crate) const PCREL_2X: u32 = 7;
    pub(crate) const RL_PCREL: u32 = 8;
    pub(crate) const ABS_8: u32 = 9;
    pub(crate) const SYM_DIFF: u32 = 10;
    pub(crate) const SET_ULEB128: u32 = 11;
    pub(crate) const SUB_ULEB128: u32 = 12;
}

/// Numbers of MSP430X objects.
#[rustfmt::skip]
pub(super) mod x {
    pub(crate) const NONE: u32 = 0;
    pub(crate) const ABS32: u32 = 1;
    pub(crate) const ABS16: u32 = 2;
    pub(crate) const ABS8: u32 = 3;
    pub(crate) const PCR16: u32 = 4;
    pub(crate) const PCR20_EXT_SRC: u32 = 5;
    pub(crate) const PCR20_EXT_DST: u32 = 6;
    pub(crate) const PCR20_EXT_ODST: u32 = 7;
    pub(crate) const ABS20_EXT_SRC: u32 = 8;
    pub(crate) const ABS20_EXT_DST: u32 = 9;
    pub(crate) const ABS20_EXT_ODST: u32 = 10;
    pub(crate) const ABS20_ADR_SRC: u32 = 11;
    pub(crate) const ABS20_ADR_DST: u32 = 12;
    pub(crate) const X_PCR16: u32 = 13;
    pub(crate) const PCR20_CALL: u32 = 14;
    pub(crate) const X_ABS16: u32 = 15;
    pub(crate) const ABS_HI16: u32 = 16;
    pub(crate) const PREL31: u32 = 17;
    pub(crate) const PCREL_10: u32 = 19;
    pub(crate) const PCREL_2X: u32 = 20;
    pub(crate) const SYM_DIFF: u32 = 21;
    pub(crate) const SET_ULEB128: u32 = 22;
    pub(crate) const SUB_ULEB128: u32 = 23;
}

/// MSP430; the index is the number.
#[rustfmt::skip]
pub(super) static MSP430: [RelocRule; 13] = [
    row(r::NONE, "R_MSP430_NONE", Nothing, Zero, 0, Any, 1),
    row(r::ABS_32, "R_MSP430_32", Symbol, Zero, 4, Any, 1),
    row(r::PCREL_10, "R_MSP430_10_PCREL", Symbol, Place, 2, SignedFromNext(11), 2),
    row(r::ABS_16, "R_MSP430_16", Symbol, Zero, 2, Either(16), 2),
    row(r::PCREL_16, "R_MSP430_16_PCREL", Symbol, Place, 2, Magnitude(16), 1),
    row(r::BYTE_16, "R_MSP430_16_BYTE", Symbol, Zero, 2, Either(16), 1),
    row(r::PCREL_BYTE_16, "R_MSP430_16_PCREL_BYTE", Symbol, Place, 2, Magnitude(16), 1),
    row(r::PCREL_2X, "R_MSP430_2X_PCREL", Symbol, Place, 2, SignedFromNext(11), 2),
    row(r::RL_PCREL, "R_MSP430_RL_PCREL", Symbol, Place, 2, Magnitude(16), 2),
    row(r::ABS_8, "R_MSP430_8", Symbol, Zero, 1, Either(8), 1),
    row(r::SYM_DIFF, "R_MSP430_SYM_DIFF", Subtrahend, Zero, 0, Any, 1),
    row(r::SET_ULEB128, "R_MSP430_GNU_SET_ULEB128", Symbol, Zero, 1, Any, 1),
    row(r::SUB_ULEB128, "R_MSP430_GNU_SUB_ULEB128", Symbol, Zero, 1, Any, 1),
];

/// MSP430X, ascending; one number is not used.
#[rustfmt::skip]
pub(super) static MSP430X: [RelocRule; 23] = [
    row(x::NONE, "R_MSP430_NONE", Nothing, Zero, 0, Any, 1),
    row(x::ABS32, "R_MSP430_ABS32", Symbol, Zero, 4, Any, 1),
    row(x::ABS16, "R_MSP430_ABS16", Symbol, Zero, 2, Any, 1),
    row(x::ABS8, "R_MSP430_ABS8", Symbol, Zero, 1, Either(8), 1),
    row(x::PCR16, "R_MSP430_PCR16", Symbol, Place, 2, Any, 1),
    row(x::PCR20_EXT_SRC, "R_MSP430X_PCR20_EXT_SRC", Symbol, Place, 6, Magnitude(20), 1),
    row(x::PCR20_EXT_DST, "R_MSP430X_PCR20_EXT_DST", Symbol, Place, 6, Magnitude(20), 1),
    row(x::PCR20_EXT_ODST, "R_MSP430X_PCR20_EXT_ODST", Symbol, Place, 8, Magnitude(20), 1),
    row(x::ABS20_EXT_SRC, "R_MSP430X_ABS20_EXT_SRC", Symbol, Zero, 6, Either(20), 1),
    row(x::ABS20_EXT_DST, "R_MSP430X_ABS20_EXT_DST", Symbol, Zero, 6, Either(20), 1),
    row(x::ABS20_EXT_ODST, "R_MSP430X_ABS20_EXT_ODST", Symbol, Zero, 8, Either(20), 1),
    row(x::ABS20_ADR_SRC, "R_MSP430X_ABS20_ADR_SRC", Symbol, Zero, 4, Either(20), 1),
    row(x::ABS20_ADR_DST, "R_MSP430X_ABS20_ADR_DST", Symbol, Zero, 4, Either(20), 1),
    row(x::X_PCR16, "R_MSP430X_PCR16", Symbol, Place, 2, Magnitude(16), 1),
    row(x::PCR20_CALL, "R_MSP430X_PCR20_CALL", Symbol, Place, 4, Magnitude(20), 1),
    row(x::X_ABS16, "R_MSP430X_ABS16", Symbol, Zero, 2, Either(16), 1),
    row(x::ABS_HI16, "R_MSP430_ABS_HI16", Symbol, Zero, 2, Any, 1),
    row(x::PREL31, "R_MSP430_PREL31", Symbol, Place, 4, Any, 2),
    row(x::PCREL_10, "R_MSP430X_10_PCREL", Symbol, Place, 2, SignedFromNext(11), 2),
    row(x::PCREL_2X, "R_MSP430X_2X_PCREL", Symbol, Place, 2, SignedFromNext(11), 2),
    row(x::SYM_DIFF, "R_MSP430X_SYM_DIFF", Subtrahend, Zero, 0, Any, 1),
    row(x::SET_ULEB128, "R_MSP430X_GNU_SET_ULEB128", Symbol, Zero, 1, Any, 1),
    row(x::SUB_ULEB128, "R_MSP430X_GNU_SUB_ULEB128", Symbol, Zero, 1, Any, 1),
];
