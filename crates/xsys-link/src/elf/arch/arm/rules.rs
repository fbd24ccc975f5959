//! The relocation table of AAELF32 as data.
//!
//! Order and names follow the list of codes in "ELF for the Arm Architecture", Relocation types.
//! Where AAELF32 writes `(S + A) | T`, the table says S: a function's `st_value` already carries
//! T in bit 0, and every addend is even where T can be 1.
//!
//! A word of a 32-bit machine wraps, so the data rows of four bytes accept every value.

use super::super::{
    Base::{self, *},
    Range::*,
    Relative::{self, *},
    RelocRule, row,
};

/// Relocation numbers that the code refers to.
#[rustfmt::skip]
pub(super) mod r {
    pub(crate) const NONE: u32 = 0;
    pub(crate) const PC24: u32 = 1;
    pub(crate) const ABS32: u32 = 2;
    pub(crate) const REL32: u32 = 3;
    pub(crate) const LDR_PC_G0: u32 = 4;
    pub(crate) const ABS16: u32 = 5;
    pub(crate) const ABS12: u32 = 6;
    pub(crate) const THM_ABS5: u32 = 7;
    pub(crate) const ABS8: u32 = 8;
    pub(crate) const SBREL32: u32 = 9;
    pub(crate) const THM_CALL: u32 = 10;
    pub(crate) const THM_PC8: u32 = 11;
    pub(crate) const XPC25: u32 = 15;
    pub(crate) const THM_XPC22: u32 = 16;
    pub(crate) const TLS_DTPMOD32: u32 = 17;
    pub(crate) const TLS_DTPOFF32: u32 = 18;
    pub(crate) const TLS_TPOFF32: u32 = 19;
    pub(crate) const RELATIVE: u32 = 23;
    pub(crate) const GOTOFF32: u32 = 24;
    pub(crate) const BASE_PREL: u32 = 25;
    pub(crate) const GOT_BREL: u32 = 26;
    pub(crate) const PLT32: u32 = 27;
    pub(crate) const CALL: u32 = 28;
    pub(crate) const JUMP24: u32 = 29;
    pub(crate) const THM_JUMP24: u32 = 30;
    pub(crate) const BASE_ABS: u32 = 31;
    pub(crate) const TARGET1: u32 = 38;
    pub(crate) const V4BX: u32 = 40;
    pub(crate) const TARGET2: u32 = 41;
    pub(crate) const PREL31: u32 = 42;
    pub(crate) const MOVW_ABS_NC: u32 = 43;
    pub(crate) const MOVT_ABS: u32 = 44;
    pub(crate) const MOVW_PREL_NC: u32 = 45;
    pub(crate) const MOVT_PREL: u32 = 46;
    pub(crate) const THM_MOVW_ABS_NC: u32 = 47;
    pub(crate) const THM_MOVT_ABS: u32 = 48;
    pub(crate) const THM_MOVW_PREL_NC: u32 = 49;
    pub(crate) const THM_MOVT_PREL: u32 = 50;
    pub(crate) const THM_JUMP19: u32 = 51;
    pub(crate) const THM_JUMP6: u32 = 52;
    pub(crate) const THM_ALU_PREL_11_0: u32 = 53;
    pub(crate) const THM_PC12: u32 = 54;
    pub(crate) const ABS32_NOI: u32 = 55;
    pub(crate) const REL32_NOI: u32 = 56;
    pub(crate) const ALU_PC_G0_NC: u32 = 57;
    pub(crate) const ALU_PC_G0: u32 = 58;
    pub(crate) const ALU_PC_G1_NC: u32 = 59;
    pub(crate) const ALU_PC_G1: u32 = 60;
    pub(crate) const ALU_PC_G2: u32 = 61;
    pub(crate) const LDR_PC_G1: u32 = 62;
    pub(crate) const LDR_PC_G2: u32 = 63;
    pub(crate) const LDRS_PC_G0: u32 = 64;
    pub(crate) const LDRS_PC_G1: u32 = 65;
    pub(crate) const LDRS_PC_G2: u32 = 66;
    pub(crate) const LDC_PC_G0: u32 = 67;
    pub(crate) const LDC_PC_G1: u32 = 68;
    pub(crate) const LDC_PC_G2: u32 = 69;
    pub(crate) const ALU_SB_G0_NC: u32 = 70;
    pub(crate) const ALU_SB_G0: u32 = 71;
    pub(crate) const ALU_SB_G1_NC: u32 = 72;
    pub(crate) const ALU_SB_G1: u32 = 73;
    pub(crate) const ALU_SB_G2: u32 = 74;
    pub(crate) const LDR_SB_G0: u32 = 75;
    pub(crate) const LDR_SB_G1: u32 = 76;
    pub(crate) const LDR_SB_G2: u32 = 77;
    pub(crate) const LDRS_SB_G0: u32 = 78;
    pub(crate) const LDRS_SB_G1: u32 = 79;
    pub(crate) const LDRS_SB_G2: u32 = 80;
    pub(crate) const LDC_SB_G0: u32 = 81;
    pub(crate) const LDC_SB_G1: u32 = 82;
    pub(crate) const LDC_SB_G2: u32 = 83;
    pub(crate) const MOVW_BREL_NC: u32 = 84;
    pub(crate) const MOVT_BREL: u32 = 85;
    pub(crate) const MOVW_BREL: u32 = 86;
    pub(crate) const THM_MOVW_BREL_NC: u32 = 87;
    pub(crate) const THM_MOVT_BREL: u32 = 88;
    pub(crate) const THM_MOVW_BREL: u32 = 89;
    pub(crate) const PLT32_ABS: u32 = 94;
    pub(crate) const GOT_ABS: u32 = 95;
    pub(crate) const GOT_PREL: u32 = 96;
    pub(crate) const GOT_BREL12: u32 = 97;
    pub(crate) const GOTOFF12: u32 = 98;
    pub(crate) const GNU_VTENTRY: u32 = 100;
    pub(crate) const GNU_VTINHERIT: u32 = 101;
    pub(crate) const THM_JUMP11: u32 = 102;
    pub(crate) const THM_JUMP8: u32 = 103;
    pub(crate) const TLS_GD32: u32 = 104;
    pub(crate) const TLS_LDM32: u32 = 105;
    pub(crate) const TLS_LDO32: u32 = 106;
    pub(crate) const TLS_IE32: u32 = 107;
    pub(crate) const TLS_LE32: u32 = 108;
    pub(crate) const TLS_LDO12: u32 = 109;
    pub(crate) const TLS_LE12: u32 = 110;
    pub(crate) const TLS_IE12GP: u32 = 111;
    pub(crate) const THM_GOT_BREL12: u32 = 131;
    pub(crate) const THM_ALU_ABS_G0_NC: u32 = 132;
    pub(crate) const THM_ALU_ABS_G1_NC: u32 = 133;
    pub(crate) const THM_ALU_ABS_G2_NC: u32 = 134;
    pub(crate) const THM_ALU_ABS_G3: u32 = 135;
    pub(crate) const IRELATIVE: u32 = 160;
}

/// Every relocation that may occur in an object file, by ascending number.
#[rustfmt::skip]
pub(super) static RULES: &[RelocRule] = &[
    row(r::NONE, "R_ARM_NONE", Nothing, Zero, 0, Any, 1),
    row(r::PC24, "R_ARM_PC24", Branch, Place, 4, Signed(26), 1),
    row(r::ABS32, "R_ARM_ABS32", Symbol, Zero, 4, Any, 1),
    row(r::REL32, "R_ARM_REL32", Symbol, Place, 4, Any, 1),
    row(r::LDR_PC_G0, "R_ARM_LDR_PC_G0", Symbol, Place, 4, Magnitude(12), 1),
    row(r::ABS16, "R_ARM_ABS16", Symbol, Zero, 2, Either(16), 1),
    row(r::ABS12, "R_ARM_ABS12", Symbol, Zero, 4, Magnitude(12), 1),
    row(r::THM_ABS5, "R_ARM_THM_ABS5", Symbol, Zero, 2, Unsigned(7), 4),
    row(r::ABS8, "R_ARM_ABS8", Symbol, Zero, 1, Either(8), 1),
    row(r::SBREL32, "R_ARM_SBREL32", Symbol, Zero, 4, Any, 1),
    row(r::THM_CALL, "R_ARM_THM_CALL", Branch, Place, 4, Signed(25), 1),
    row(r::THM_PC8, "R_ARM_THM_PC8", Symbol, PlaceAlign4, 2, Unsigned(10), 4),
    row(r::XPC25, "R_ARM_XPC25", Branch, Place, 4, Signed(26), 1),
    row(r::THM_XPC22, "R_ARM_THM_XPC22", Branch, Place, 4, Signed(25), 1),
    row(r::TLS_DTPOFF32, "R_ARM_TLS_DTPOFF32", DtpOffset, Zero, 4, Any, 1),
    row(r::TLS_TPOFF32, "R_ARM_TLS_TPOFF32", TpOffset, Zero, 4, Any, 1),
    row(r::GOTOFF32, "R_ARM_GOTOFF32", Symbol, Relative::GotBase, 4, Any, 1),
    row(r::BASE_PREL, "R_ARM_BASE_PREL", Base::GotBase, Place, 4, Any, 1),
    row(r::GOT_BREL, "R_ARM_GOT_BREL", Got, Relative::GotBase, 4, Any, 1),
    row(r::PLT32, "R_ARM_PLT32", Branch, Place, 4, Signed(26), 1),
    row(r::CALL, "R_ARM_CALL", Branch, Place, 4, Signed(26), 1),
    row(r::JUMP24, "R_ARM_JUMP24", Branch, Place, 4, Signed(26), 1),
    row(r::THM_JUMP24, "R_ARM_THM_JUMP24", Branch, Place, 4, Signed(25), 1),
    row(r::BASE_ABS, "R_ARM_BASE_ABS", Base::GotBase, Zero, 4, Any, 1),
    row(r::TARGET1, "R_ARM_TARGET1", Symbol, Zero, 4, Any, 1),
    row(r::V4BX, "R_ARM_V4BX", Nothing, Zero, 0, Any, 1),
    row(r::TARGET2, "R_ARM_TARGET2", Got, Place, 4, Any, 1),
    row(r::PREL31, "R_ARM_PREL31", Symbol, Place, 4, Signed(31), 1),
    row(r::MOVW_ABS_NC, "R_ARM_MOVW_ABS_NC", Symbol, Zero, 4, Any, 1),
    row(r::MOVT_ABS, "R_ARM_MOVT_ABS", Symbol, Zero, 4, Any, 1),
    row(r::MOVW_PREL_NC, "R_ARM_MOVW_PREL_NC", Symbol, Place, 4, Any, 1),
    row(r::MOVT_PREL, "R_ARM_MOVT_PREL", Symbol, Place, 4, Any, 1),
    row(r::THM_MOVW_ABS_NC, "R_ARM_THM_MOVW_ABS_NC", Symbol, Zero, 4, Any, 1),
    row(r::THM_MOVT_ABS, "R_ARM_THM_MOVT_ABS", Symbol, Zero, 4, Any, 1),
    row(r::THM_MOVW_PREL_NC, "R_ARM_THM_MOVW_PREL_NC", Symbol, Place, 4, Any, 1),
    row(r::THM_MOVT_PREL, "R_ARM_THM_MOVT_PREL", Symbol, Place, 4, Any, 1),
    row(r::THM_JUMP19, "R_ARM_THM_JUMP19", Branch, Place, 4, Signed(21), 1),
    row(r::THM_JUMP6, "R_ARM_THM_JUMP6", Branch, Place, 2, Unsigned(7), 1),
    row(r::THM_ALU_PREL_11_0, "R_ARM_THM_ALU_PREL_11_0", Symbol, PlaceAlign4, 4, Magnitude(12), 1),
    row(r::THM_PC12, "R_ARM_THM_PC12", Symbol, PlaceAlign4, 4, Magnitude(12), 1),
    row(r::ABS32_NOI, "R_ARM_ABS32_NOI", Symbol, Zero, 4, Any, 1),
    row(r::REL32_NOI, "R_ARM_REL32_NOI", Symbol, Place, 4, Any, 1),
    row(r::ALU_PC_G0_NC, "R_ARM_ALU_PC_G0_NC", Symbol, Place, 4, Magnitude(32), 1),
    row(r::ALU_PC_G0, "R_ARM_ALU_PC_G0", Symbol, Place, 4, Magnitude(32), 1),
    row(r::ALU_PC_G1_NC, "R_ARM_ALU_PC_G1_NC", Symbol, Place, 4, Magnitude(32), 1),
    row(r::ALU_PC_G1, "R_ARM_ALU_PC_G1", Symbol, Place, 4, Magnitude(32), 1),
    row(r::ALU_PC_G2, "R_ARM_ALU_PC_G2", Symbol, Place, 4, Magnitude(32), 1),
    row(r::LDR_PC_G1, "R_ARM_LDR_PC_G1", Symbol, Place, 4, Magnitude(32), 1),
    row(r::LDR_PC_G2, "R_ARM_LDR_PC_G2", Symbol, Place, 4, Magnitude(32), 1),
    row(r::LDRS_PC_G0, "R_ARM_LDRS_PC_G0", Symbol, Place, 4, Magnitude(8), 1),
    row(r::LDRS_PC_G1, "R_ARM_LDRS_PC_G1", Symbol, Place, 4, Magnitude(32), 1),
    row(r::LDRS_PC_G2, "R_ARM_LDRS_PC_G2", Symbol, Place, 4, Magnitude(32), 1),
    row(r::LDC_PC_G0, "R_ARM_LDC_PC_G0", Symbol, Place, 4, Magnitude(10), 4),
    row(r::LDC_PC_G1, "R_ARM_LDC_PC_G1", Symbol, Place, 4, Magnitude(32), 4),
    row(r::LDC_PC_G2, "R_ARM_LDC_PC_G2", Symbol, Place, 4, Magnitude(32), 4),
    row(r::ALU_SB_G0_NC, "R_ARM_ALU_SB_G0_NC", Symbol, Zero, 4, Magnitude(32), 1),
    row(r::ALU_SB_G0, "R_ARM_ALU_SB_G0", Symbol, Zero, 4, Magnitude(32), 1),
    row(r::ALU_SB_G1_NC, "R_ARM_ALU_SB_G1_NC", Symbol, Zero, 4, Magnitude(32), 1),
    row(r::ALU_SB_G1, "R_ARM_ALU_SB_G1", Symbol, Zero, 4, Magnitude(32), 1),
    row(r::ALU_SB_G2, "R_ARM_ALU_SB_G2", Symbol, Zero, 4, Magnitude(32), 1),
    row(r::LDR_SB_G0, "R_ARM_LDR_SB_G0", Symbol, Zero, 4, Magnitude(12), 1),
    row(r::LDR_SB_G1, "R_ARM_LDR_SB_G1", Symbol, Zero, 4, Magnitude(32), 1),
    row(r::LDR_SB_G2, "R_ARM_LDR_SB_G2", Symbol, Zero, 4, Magnitude(32), 1),
    row(r::LDRS_SB_G0, "R_ARM_LDRS_SB_G0", Symbol, Zero, 4, Magnitude(8), 1),
    row(r::LDRS_SB_G1, "R_ARM_LDRS_SB_G1", Symbol, Zero, 4, Magnitude(32), 1),
    row(r::LDRS_SB_G2, "R_ARM_LDRS_SB_G2", Symbol, Zero, 4, Magnitude(32), 1),
    row(r::LDC_SB_G0, "R_ARM_LDC_SB_G0", Symbol, Zero, 4, Magnitude(10), 4),
    row(r::LDC_SB_G1, "R_ARM_LDC_SB_G1", Symbol, Zero, 4, Magnitude(32), 4),
    row(r::LDC_SB_G2, "R_ARM_LDC_SB_G2", Symbol, Zero, 4, Magnitude(32), 4),
    row(r::MOVW_BREL_NC, "R_ARM_MOVW_BREL_NC", Symbol, Zero, 4, Any, 1),
    row(r::MOVT_BREL, "R_ARM_MOVT_BREL", Symbol, Zero, 4, Any, 1),
    row(r::MOVW_BREL, "R_ARM_MOVW_BREL", Symbol, Zero, 4, Unsigned(16), 1),
    row(r::THM_MOVW_BREL_NC, "R_ARM_THM_MOVW_BREL_NC", Symbol, Zero, 4, Any, 1),
    row(r::THM_MOVT_BREL, "R_ARM_THM_MOVT_BREL", Symbol, Zero, 4, Any, 1),
    row(r::THM_MOVW_BREL, "R_ARM_THM_MOVW_BREL", Symbol, Zero, 4, Unsigned(16), 1),
    row(r::PLT32_ABS, "R_ARM_PLT32_ABS", Symbol, Zero, 4, Any, 1),
    row(r::GOT_ABS, "R_ARM_GOT_ABS", Got, Zero, 4, Any, 1),
    row(r::GOT_PREL, "R_ARM_GOT_PREL", Got, Place, 4, Any, 1),
    row(r::GOT_BREL12, "R_ARM_GOT_BREL12", Got, Relative::GotBase, 4, Magnitude(12), 1),
    row(r::GOTOFF12, "R_ARM_GOTOFF12", Symbol, Relative::GotBase, 4, Magnitude(12), 1),
    row(r::GNU_VTENTRY, "R_ARM_GNU_VTENTRY", Nothing, Zero, 0, Any, 1),
    row(r::GNU_VTINHERIT, "R_ARM_GNU_VTINHERIT", Nothing, Zero, 0, Any, 1),
    row(r::THM_JUMP11, "R_ARM_THM_JUMP11", Branch, Place, 2, Signed(12), 1),
    row(r::THM_JUMP8, "R_ARM_THM_JUMP8", Branch, Place, 2, Signed(9), 1),
    row(r::TLS_GD32, "R_ARM_TLS_GD32", GotTlsGd, Place, 4, Any, 1),
    row(r::TLS_LDM32, "R_ARM_TLS_LDM32", GotTlsLd, Place, 4, Any, 1),
    row(r::TLS_LDO32, "R_ARM_TLS_LDO32", DtpOffset, Zero, 4, Any, 1),
    row(r::TLS_IE32, "R_ARM_TLS_IE32", GotTp, Place, 4, Any, 1),
    row(r::TLS_LE32, "R_ARM_TLS_LE32", TpOffset, Zero, 4, Any, 1),
    row(r::TLS_LDO12, "R_ARM_TLS_LDO12", DtpOffset, Zero, 4, Magnitude(12), 1),
    row(r::TLS_LE12, "R_ARM_TLS_LE12", TpOffset, Zero, 4, Magnitude(12), 1),
    row(r::TLS_IE12GP, "R_ARM_TLS_IE12GP", GotTp, Relative::GotBase, 4, Magnitude(12), 1),
    row(r::THM_GOT_BREL12, "R_ARM_THM_GOT_BREL12", Got, Relative::GotBase, 4, Unsigned(12), 1),
    row(r::THM_ALU_ABS_G0_NC, "R_ARM_THM_ALU_ABS_G0_NC", Symbol, Zero, 2, Any, 1),
    row(r::THM_ALU_ABS_G1_NC, "R_ARM_THM_ALU_ABS_G1_NC", Symbol, Zero, 2, Any, 1),
    row(r::THM_ALU_ABS_G2_NC, "R_ARM_THM_ALU_ABS_G2_NC", Symbol, Zero, 2, Any, 1),
    row(r::THM_ALU_ABS_G3, "R_ARM_THM_ALU_ABS_G3", Symbol, Zero, 2, Any, 1),
];

/// `BL` before Thumb-2 gained the J1 and J2 bits: ±4 MiB.
pub(super) static THM_CALL_SHORT: RelocRule = row(
    r::THM_CALL,
    "R_ARM_THM_CALL",
    Branch,
    Place,
    4,
    Signed(23),
    1,
);

/// TARGET1 under `--target1-rel`.
pub(super) static TARGET1_REL: RelocRule =
    row(r::TARGET1, "R_ARM_TARGET1", Symbol, Place, 4, Any, 1);

/// What `--fix-v4bx` does to a marked `BX`.
pub(super) static V4BX_FIX: RelocRule = row(r::V4BX, "R_ARM_V4BX", Nothing, Zero, 4, Any, 1);

/// Relocations of run-time linkers, obsolete ones, and those for code models that this linker does
/// not support (descriptors, branch futures), for messages.
#[rustfmt::skip]
static REFUSED: &[(u32, &str)] = &[
    (12, "R_ARM_BREL_ADJ"), (13, "R_ARM_TLS_DESC"), (14, "R_ARM_THM_SWI8"),
    (17, "R_ARM_TLS_DTPMOD32"), (20, "R_ARM_COPY"), (21, "R_ARM_GLOB_DAT"),
    (22, "R_ARM_JUMP_SLOT"), (23, "R_ARM_RELATIVE"), (32, "R_ARM_ALU_PCREL_7_0"),
    (33, "R_ARM_ALU_PCREL_15_8"), (34, "R_ARM_ALU_PCREL_23_15"),
    (35, "R_ARM_LDR_SBREL_11_0_NC"), (36, "R_ARM_ALU_SBREL_19_12_NC"),
    (37, "R_ARM_ALU_SBREL_27_20_CK"), (39, "R_ARM_SBREL31"), (90, "R_ARM_TLS_GOTDESC"),
    (91, "R_ARM_TLS_CALL"), (92, "R_ARM_TLS_DESCSEQ"), (93, "R_ARM_THM_TLS_CALL"),
    (99, "R_ARM_GOTRELAX"), (128, "R_ARM_ME_TOO"), (129, "R_ARM_THM_TLS_DESCSEQ16"),
    (130, "R_ARM_THM_TLS_DESCSEQ32"), (136, "R_ARM_THM_BF16"), (137, "R_ARM_THM_BF12"),
    (138, "R_ARM_THM_BF18"), (160, "R_ARM_IRELATIVE"), (161, "R_ARM_GOTFUNCDESC"),
    (162, "R_ARM_GOTOFFFUNCDESC"), (163, "R_ARM_FUNCDESC"), (164, "R_ARM_FUNCDESC_VALUE"),
    (165, "R_ARM_TLS_GD32_FDPIC"), (166, "R_ARM_TLS_LDM32_FDPIC"),
    (167, "R_ARM_TLS_IE32_FDPIC"),
];

/// The name of a relocation without a row.
pub(super) fn refused(r_type: u32) -> Option<&'static str> {
    if (112..=127).contains(&r_type) {
        return Some("R_ARM_PRIVATE");
    }
    let known = REFUSED.iter().find(|(number, _)| *number == r_type);
    known.map(|(_, name)| *name)
}

/// TARGET2 on systems whose exception tables refer to type information by relative words
/// (`--target2=rel`).
pub(super) static TARGET2_REL: RelocRule =
    row(r::TARGET2, "R_ARM_TARGET2", Symbol, Place, 4, Any, 1);

/// TARGET2 under `--target2=abs`.
pub(super) static TARGET2_ABS: RelocRule =
    row(r::TARGET2, "R_ARM_TARGET2", Symbol, Zero, 4, Any, 1);

/// What a branch to an undefined weak symbol computes: nothing, it becomes a no-operation.
pub(super) static NO_BRANCH: RelocRule = row(
    r::NONE,
    "R_ARM_NONE (undefined weak)",
    Nothing,
    Zero,
    4,
    Any,
    1,
);

/// Row of each number, plus one; 0 is unknown.
static INDEX: [u8; 161] = {
    let mut index = [0; 161];
    let mut i = 0;
    while i < RULES.len() {
        index[RULES[i].r_type as usize] = i as u8 + 1;
        i += 1;
    }
    index
};

/// The table's row of a relocation.
pub(super) fn find(r_type: u32) -> Option<&'static RelocRule> {
    let at = *INDEX.get(usize::try_from(r_type).ok()?)?;
    RULES.get(usize::from(at.checked_sub(1)?))
}

/// AAELF32 B(S): S − the static base that RWPI code keeps in r9.
pub(super) fn segment_relative(r_type: u32) -> bool {
    r_type == r::SBREL32 || (r::ALU_SB_G0_NC..=r::THM_MOVW_BREL).contains(&r_type)
}
