//! The relocation table of the x86-64 psABI as data.
//!
//! Places are whole bytes, so a row has no field and no alignment. Withdrawn rows are there as long as old objects
//! use them.

use crate::elf::arch::Base::{
    self, Branch, DtpOffset, Got, GotTlsDesc, GotTlsGd, GotTlsLd, GotTp, Nothing, Size, Symbol,
    TpOffset,
};
use crate::elf::arch::Range::{self, Any, Either, Signed, Unsigned};
use crate::elf::arch::Relative::{self, GotBase, Place, Zero};
use crate::elf::arch::RelocRule;

const fn row(
    r_type: u32,
    name: &'static str,
    base: Base,
    relative: Relative,
    size: u8,
    range: Range,
) -> RelocRule {
    RelocRule {
        r_type,
        name,
        base,
        relative,
        size,
        range,
        align: 1,
    }
}

/// The static relocations, in the order of their numbers.
#[rustfmt::skip]
static RULES: [RelocRule; 42] = [
    row(0, "R_X86_64_NONE", Nothing, Zero, 0, Any),
    row(1, "R_X86_64_64", Symbol, Zero, 8, Any),
    row(2, "R_X86_64_PC32", Symbol, Place, 4, Signed(32)),
    row(3, "R_X86_64_GOT32", Got, GotBase, 4, Signed(32)),
    row(4, "R_X86_64_PLT32", Branch, Place, 4, Signed(32)),
    row(9, "R_X86_64_GOTPCREL", Got, Place, 4, Signed(32)),
    row(10, "R_X86_64_32", Symbol, Zero, 4, Unsigned(32)),
    row(11, "R_X86_64_32S", Symbol, Zero, 4, Signed(32)),
    row(12, "R_X86_64_16", Symbol, Zero, 2, Either(16)),
    row(13, "R_X86_64_PC16", Symbol, Place, 2, Signed(16)),
    row(14, "R_X86_64_8", Symbol, Zero, 1, Either(8)),
    row(15, "R_X86_64_PC8", Symbol, Place, 1, Signed(8)),
    row(17, "R_X86_64_DTPOFF64", DtpOffset, Zero, 8, Any),
    row(18, "R_X86_64_TPOFF64", TpOffset, Zero, 8, Any),
    row(19, "R_X86_64_TLSGD", GotTlsGd, Place, 4, Signed(32)),
    row(20, "R_X86_64_TLSLD", GotTlsLd, Place, 4, Signed(32)),
    row(21, "R_X86_64_DTPOFF32", DtpOffset, Zero, 4, Signed(32)),
    row(22, "R_X86_64_GOTTPOFF", GotTp, Place, 4, Signed(32)),
    row(23, "R_X86_64_TPOFF32", TpOffset, Zero, 4, Signed(32)),
    row(24, "R_X86_64_PC64", Symbol, Place, 8, Any),
    row(25, "R_X86_64_GOTOFF64", Symbol, GotBase, 8, Any),
    row(26, "R_X86_64_GOTPC32", Base::GotBase, Place, 4, Signed(32)),
    row(27, "R_X86_64_GOT64", Got, GotBase, 8, Any),
    row(28, "R_X86_64_GOTPCREL64", Got, Place, 8, Any),
    row(29, "R_X86_64_GOTPC64", Base::GotBase, Place, 8, Any),
    // Withdrawn in 1.0; "the same as GOT64, and a PLT entry is wanted".
    row(30, "R_X86_64_GOTPLT64", Got, GotBase, 8, Any),
    row(31, "R_X86_64_PLTOFF64", Branch, GotBase, 8, Any),
    row(32, "R_X86_64_SIZE32", Size, Zero, 4, Either(32)),
    row(33, "R_X86_64_SIZE64", Size, Zero, 8, Any),
    row(34, "R_X86_64_GOTPC32_TLSDESC", GotTlsDesc, Place, 4, Signed(32)),
    row(35, "R_X86_64_TLSDESC_CALL", Nothing, Zero, 0, Any),
    row(41, "R_X86_64_GOTPCRELX", Got, Place, 4, Signed(32)),
    row(42, "R_X86_64_REX_GOTPCRELX", Got, Place, 4, Signed(32)),
    row(43, "R_X86_64_CODE_4_GOTPCRELX", Got, Place, 4, Signed(32)),
    row(44, "R_X86_64_CODE_4_GOTTPOFF", GotTp, Place, 4, Signed(32)),
    row(45, "R_X86_64_CODE_4_GOTPC32_TLSDESC", GotTlsDesc, Place, 4, Signed(32)),
    row(46, "R_X86_64_CODE_5_GOTPCRELX", Got, Place, 4, Signed(32)),
    row(47, "R_X86_64_CODE_5_GOTTPOFF", GotTp, Place, 4, Signed(32)),
    row(48, "R_X86_64_CODE_5_GOTPC32_TLSDESC", GotTlsDesc, Place, 4, Signed(32)),
    row(49, "R_X86_64_CODE_6_GOTPCRELX", Got, Place, 4, Signed(32)),
    row(50, "R_X86_64_CODE_6_GOTTPOFF", GotTp, Place, 4, Signed(32)),
    row(51, "R_X86_64_CODE_6_GOTPC32_TLSDESC", GotTlsDesc, Place, 4, Signed(32)),
];

const NO_ROW: u8 = u8::MAX;

static INDEX: [u8; 52] = {
    let mut index = [NO_ROW; 52];
    let mut i = 0;
    while i < RULES.len() {
        index[RULES[i].r_type as usize] = i as u8;
        i += 1;
    }
    index
};

/// The row of a relocation.
pub(super) fn find(r_type: u32) -> Option<&'static RelocRule> {
    let index = INDEX.get(usize::try_from(r_type).ok()?)?;
    RULES.get(usize::from(*index))
}

// What rewritten sequences compute.
pub(super) static DROPPED: RelocRule = row(0, "R_X86_64_NONE", Nothing, Zero, 0, Any);
pub(super) static DIRECT: RelocRule = row(2, "R_X86_64_PC32", Symbol, Place, 4, Signed(32));
pub(super) static DIRECT_BRANCH: RelocRule = row(4, "R_X86_64_PLT32", Branch, Place, 4, Signed(32));
pub(super) static GOT_TP: RelocRule = row(22, "R_X86_64_GOTTPOFF", GotTp, Place, 4, Signed(32));
pub(super) static TP_OFFSET: RelocRule = row(23, "R_X86_64_TPOFF32", TpOffset, Zero, 4, Signed(32));
pub(super) static TP_OFFSET_64: RelocRule = row(18, "R_X86_64_TPOFF64", TpOffset, Zero, 8, Any);
