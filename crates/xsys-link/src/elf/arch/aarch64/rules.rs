//! The static relocations of AAELF64 and the instruction fields that they fill.
//!
//! Each row names its field, and all fields are read and written here.

use super::insn::{put, with_imm12, with_imm16, with_imm21, word};
use crate::elf::arch::Base::{
    Branch, DtpOffset, Got, GotTlsDesc, GotTlsGd, GotTlsLd, GotTp, Nothing, Symbol, TpOffset,
};
use crate::elf::arch::Range::{Any, Either, Signed, Unsigned};
use crate::elf::arch::Relative::{GotBase, GotPage, Page, Place, Zero};
use crate::elf::arch::{Base, Range, Relative, RelocRule};

/// The place that a relocation fills.
#[derive(Clone, Copy)]
pub(super) enum Field {
    /// A marker.
    Empty,
    /// 16 bits of data.
    Data16,
    /// 32 bits of data.
    Data32,
    /// 64 bits of data.
    Data64,
    /// `movz`/`movk` imm16: bits [n + 15 : n].
    Move(u8),
    /// `movn`/`movz` by sign, imm16: bits [n + 15 : n].
    MoveSigned(u8),
    /// Load literal and `b.cond` imm19: bits `[20:2]`.
    Imm19,
    /// `adr` immhi:immlo: bits `[20:0]`.
    Adr,
    /// `adrp` immhi:immlo: bits `[32:12]`.
    Adrp,
    /// `add` and scaled loads and stores, imm12: bits `[11:n]`.
    Low12(u8),
    /// `add …, lsl #12`, imm12: bits `[23:12]`.
    High12,
    /// Doubleword load, imm12: bits `[14:3]`.
    Low15,
    /// `tbz` imm14: bits `[15:2]`.
    Imm14,
    /// `b` and `bl` imm26: bits `[27:2]`.
    Imm26,
}

impl Field {
    const fn size(self) -> u8 {
        match self {
            Field::Empty => 0,
            Field::Data16 => 2,
            Field::Data64 => 8,
            _ => 4,
        }
    }

    const fn align(self) -> u8 {
        match self {
            Field::Imm14 | Field::Imm19 | Field::Imm26 => 4,
            Field::Low12(scale) => 1 << scale,
            Field::Low15 => 8,
            _ => 1,
        }
    }
}

/// A relocation and its field.
pub(super) struct Row {
    pub(super) rule: RelocRule,
    field: Field,
}

pub(super) const fn row(
    r_type: u32,
    name: &'static str,
    base: Base,
    relative: Relative,
    field: Field,
    range: Range,
) -> Row {
    Row {
        rule: RelocRule {
            r_type,
            name,
            base,
            relative,
            size: field.size(),
            range,
            align: field.align(),
        },
        field,
    }
}

use Field::{
    Adr, Adrp, Data16, Data32, Data64, Empty, High12, Imm14, Imm19, Imm26, Low12, Low15, Move,
    MoveSigned,
};

/// The static relocations of ELF64, in the order of their numbers.
#[rustfmt::skip]
static ROWS: [Row; 116] = [
    row(0, "R_AARCH64_NONE", Nothing, Zero, Empty, Any),
    row(257, "R_AARCH64_ABS64", Symbol, Zero, Data64, Any),
    row(258, "R_AARCH64_ABS32", Symbol, Zero, Data32, Either(32)),
    row(259, "R_AARCH64_ABS16", Symbol, Zero, Data16, Either(16)),
    row(260, "R_AARCH64_PREL64", Symbol, Place, Data64, Any),
    row(261, "R_AARCH64_PREL32", Symbol, Place, Data32, Either(32)),
    row(262, "R_AARCH64_PREL16", Symbol, Place, Data16, Either(16)),
    row(263, "R_AARCH64_MOVW_UABS_G0", Symbol, Zero, Move(0), Unsigned(16)),
    row(264, "R_AARCH64_MOVW_UABS_G0_NC", Symbol, Zero, Move(0), Any),
    row(265, "R_AARCH64_MOVW_UABS_G1", Symbol, Zero, Move(16), Unsigned(32)),
    row(266, "R_AARCH64_MOVW_UABS_G1_NC", Symbol, Zero, Move(16), Any),
    row(267, "R_AARCH64_MOVW_UABS_G2", Symbol, Zero, Move(32), Unsigned(48)),
    row(268, "R_AARCH64_MOVW_UABS_G2_NC", Symbol, Zero, Move(32), Any),
    row(269, "R_AARCH64_MOVW_UABS_G3", Symbol, Zero, Move(48), Any),
    row(270, "R_AARCH64_MOVW_SABS_G0", Symbol, Zero, MoveSigned(0), Signed(17)),
    row(271, "R_AARCH64_MOVW_SABS_G1", Symbol, Zero, MoveSigned(16), Signed(33)),
    row(272, "R_AARCH64_MOVW_SABS_G2", Symbol, Zero, MoveSigned(32), Signed(49)),
    row(273, "R_AARCH64_LD_PREL_LO19", Symbol, Place, Imm19, Signed(21)),
    row(274, "R_AARCH64_ADR_PREL_LO21", Symbol, Place, Adr, Signed(21)),
    row(275, "R_AARCH64_ADR_PREL_PG_HI21", Symbol, Page, Adrp, Signed(33)),
    row(276, "R_AARCH64_ADR_PREL_PG_HI21_NC", Symbol, Page, Adrp, Any),
    row(277, "R_AARCH64_ADD_ABS_LO12_NC", Symbol, Zero, Low12(0), Any),
    row(278, "R_AARCH64_LDST8_ABS_LO12_NC", Symbol, Zero, Low12(0), Any),
    row(279, "R_AARCH64_TSTBR14", Branch, Place, Imm14, Signed(16)),
    row(280, "R_AARCH64_CONDBR19", Branch, Place, Imm19, Signed(21)),
    row(282, "R_AARCH64_JUMP26", Branch, Place, Imm26, Signed(28)),
    row(283, "R_AARCH64_CALL26", Branch, Place, Imm26, Signed(28)),
    row(284, "R_AARCH64_LDST16_ABS_LO12_NC", Symbol, Zero, Low12(1), Any),
    row(285, "R_AARCH64_LDST32_ABS_LO12_NC", Symbol, Zero, Low12(2), Any),
    row(286, "R_AARCH64_LDST64_ABS_LO12_NC", Symbol, Zero, Low12(3), Any),
    row(287, "R_AARCH64_MOVW_PREL_G0", Symbol, Place, MoveSigned(0), Signed(17)),
    row(288, "R_AARCH64_MOVW_PREL_G0_NC", Symbol, Place, Move(0), Any),
    row(289, "R_AARCH64_MOVW_PREL_G1", Symbol, Place, MoveSigned(16), Signed(33)),
    row(290, "R_AARCH64_MOVW_PREL_G1_NC", Symbol, Place, Move(16), Any),
    row(291, "R_AARCH64_MOVW_PREL_G2", Symbol, Place, MoveSigned(32), Signed(49)),
    row(292, "R_AARCH64_MOVW_PREL_G2_NC", Symbol, Place, Move(32), Any),
    row(293, "R_AARCH64_MOVW_PREL_G3", Symbol, Place, MoveSigned(48), Any),
    row(299, "R_AARCH64_LDST128_ABS_LO12_NC", Symbol, Zero, Low12(4), Any),
    row(300, "R_AARCH64_MOVW_GOTOFF_G0", Got, GotBase, MoveSigned(0), Signed(17)),
    row(301, "R_AARCH64_MOVW_GOTOFF_G0_NC", Got, GotBase, Move(0), Any),
    row(302, "R_AARCH64_MOVW_GOTOFF_G1", Got, GotBase, MoveSigned(16), Signed(33)),
    row(303, "R_AARCH64_MOVW_GOTOFF_G1_NC", Got, GotBase, Move(16), Any),
    row(304, "R_AARCH64_MOVW_GOTOFF_G2", Got, GotBase, MoveSigned(32), Signed(49)),
    row(305, "R_AARCH64_MOVW_GOTOFF_G2_NC", Got, GotBase, Move(32), Any),
    row(306, "R_AARCH64_MOVW_GOTOFF_G3", Got, GotBase, MoveSigned(48), Any),
    row(307, "R_AARCH64_GOTREL64", Symbol, GotBase, Data64, Any),
    row(308, "R_AARCH64_GOTREL32", Symbol, GotBase, Data32, Signed(32)),
    row(309, "R_AARCH64_GOT_LD_PREL19", Got, Place, Imm19, Signed(21)),
    row(310, "R_AARCH64_LD64_GOTOFF_LO15", Got, GotBase, Low15, Unsigned(15)),
    row(311, "R_AARCH64_ADR_GOT_PAGE", Got, Page, Adrp, Signed(33)),
    row(312, "R_AARCH64_LD64_GOT_LO12_NC", Got, Zero, Low12(3), Any),
    row(313, "R_AARCH64_LD64_GOTPAGE_LO15", Got, GotPage, Low15, Unsigned(15)),
    row(314, "R_AARCH64_PLT32", Branch, Place, Data32, Signed(32)),
    row(315, "R_AARCH64_GOTPCREL32", Got, Place, Data32, Signed(32)),
    row(512, "R_AARCH64_TLSGD_ADR_PREL21", GotTlsGd, Place, Adr, Signed(21)),
    row(513, "R_AARCH64_TLSGD_ADR_PAGE21", GotTlsGd, Page, Adrp, Signed(33)),
    row(514, "R_AARCH64_TLSGD_ADD_LO12_NC", GotTlsGd, Zero, Low12(0), Any),
    row(515, "R_AARCH64_TLSGD_MOVW_G1", GotTlsGd, GotBase, MoveSigned(16), Signed(33)),
    row(516, "R_AARCH64_TLSGD_MOVW_G0_NC", GotTlsGd, GotBase, Move(0), Any),
    row(517, "R_AARCH64_TLSLD_ADR_PREL21", GotTlsLd, Place, Adr, Signed(21)),
    row(518, "R_AARCH64_TLSLD_ADR_PAGE21", GotTlsLd, Page, Adrp, Signed(33)),
    row(519, "R_AARCH64_TLSLD_ADD_LO12_NC", GotTlsLd, Zero, Low12(0), Any),
    row(520, "R_AARCH64_TLSLD_MOVW_G1", GotTlsLd, GotBase, MoveSigned(16), Signed(33)),
    row(521, "R_AARCH64_TLSLD_MOVW_G0_NC", GotTlsLd, GotBase, Move(0), Any),
    row(522, "R_AARCH64_TLSLD_LD_PREL19", GotTlsLd, Place, Imm19, Signed(21)),
    row(523, "R_AARCH64_TLSLD_MOVW_DTPREL_G2", DtpOffset, Zero, MoveSigned(32), Signed(49)),
    row(524, "R_AARCH64_TLSLD_MOVW_DTPREL_G1", DtpOffset, Zero, MoveSigned(16), Signed(33)),
    row(525, "R_AARCH64_TLSLD_MOVW_DTPREL_G1_NC", DtpOffset, Zero, Move(16), Any),
    row(526, "R_AARCH64_TLSLD_MOVW_DTPREL_G0", DtpOffset, Zero, MoveSigned(0), Signed(17)),
    row(527, "R_AARCH64_TLSLD_MOVW_DTPREL_G0_NC", DtpOffset, Zero, Move(0), Any),
    row(528, "R_AARCH64_TLSLD_ADD_DTPREL_HI12", DtpOffset, Zero, High12, Unsigned(24)),
    row(529, "R_AARCH64_TLSLD_ADD_DTPREL_LO12", DtpOffset, Zero, Low12(0), Unsigned(12)),
    row(530, "R_AARCH64_TLSLD_ADD_DTPREL_LO12_NC", DtpOffset, Zero, Low12(0), Any),
    row(531, "R_AARCH64_TLSLD_LDST8_DTPREL_LO12", DtpOffset, Zero, Low12(0), Unsigned(12)),
    row(532, "R_AARCH64_TLSLD_LDST8_DTPREL_LO12_NC", DtpOffset, Zero, Low12(0), Any),
    row(533, "R_AARCH64_TLSLD_LDST16_DTPREL_LO12", DtpOffset, Zero, Low12(1), Unsigned(12)),
    row(534, "R_AARCH64_TLSLD_LDST16_DTPREL_LO12_NC", DtpOffset, Zero, Low12(1), Any),
    row(535, "R_AARCH64_TLSLD_LDST32_DTPREL_LO12", DtpOffset, Zero, Low12(2), Unsigned(12)),
    row(536, "R_AARCH64_TLSLD_LDST32_DTPREL_LO12_NC", DtpOffset, Zero, Low12(2), Any),
    row(537, "R_AARCH64_TLSLD_LDST64_DTPREL_LO12", DtpOffset, Zero, Low12(3), Unsigned(12)),
    row(538, "R_AARCH64_TLSLD_LDST64_DTPREL_LO12_NC", DtpOffset, Zero, Low12(3), Any),
    row(539, "R_AARCH64_TLSIE_MOVW_GOTTPREL_G1", GotTp, GotBase, MoveSigned(16), Signed(33)),
    row(540, "R_AARCH64_TLSIE_MOVW_GOTTPREL_G0_NC", GotTp, GotBase, Move(0), Any),
    row(541, "R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21", GotTp, Page, Adrp, Signed(33)),
    row(542, "R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC", GotTp, Zero, Low12(3), Any),
    row(543, "R_AARCH64_TLSIE_LD_GOTTPREL_PREL19", GotTp, Place, Imm19, Signed(21)),
    row(544, "R_AARCH64_TLSLE_MOVW_TPREL_G2", TpOffset, Zero, MoveSigned(32), Signed(49)),
    row(545, "R_AARCH64_TLSLE_MOVW_TPREL_G1", TpOffset, Zero, MoveSigned(16), Signed(33)),
    row(546, "R_AARCH64_TLSLE_MOVW_TPREL_G1_NC", TpOffset, Zero, Move(16), Any),
    row(547, "R_AARCH64_TLSLE_MOVW_TPREL_G0", TpOffset, Zero, MoveSigned(0), Signed(17)),
    row(548, "R_AARCH64_TLSLE_MOVW_TPREL_G0_NC", TpOffset, Zero, Move(0), Any),
    row(549, "R_AARCH64_TLSLE_ADD_TPREL_HI12", TpOffset, Zero, High12, Unsigned(24)),
    row(550, "R_AARCH64_TLSLE_ADD_TPREL_LO12", TpOffset, Zero, Low12(0), Unsigned(12)),
    row(551, "R_AARCH64_TLSLE_ADD_TPREL_LO12_NC", TpOffset, Zero, Low12(0), Any),
    row(552, "R_AARCH64_TLSLE_LDST8_TPREL_LO12", TpOffset, Zero, Low12(0), Unsigned(12)),
    row(553, "R_AARCH64_TLSLE_LDST8_TPREL_LO12_NC", TpOffset, Zero, Low12(0), Any),
    row(554, "R_AARCH64_TLSLE_LDST16_TPREL_LO12", TpOffset, Zero, Low12(1), Unsigned(12)),
    row(555, "R_AARCH64_TLSLE_LDST16_TPREL_LO12_NC", TpOffset, Zero, Low12(1), Any),
    row(556, "R_AARCH64_TLSLE_LDST32_TPREL_LO12", TpOffset, Zero, Low12(2), Unsigned(12)),
    row(557, "R_AARCH64_TLSLE_LDST32_TPREL_LO12_NC", TpOffset, Zero, Low12(2), Any),
    row(558, "R_AARCH64_TLSLE_LDST64_TPREL_LO12", TpOffset, Zero, Low12(3), Unsigned(12)),
    row(559, "R_AARCH64_TLSLE_LDST64_TPREL_LO12_NC", TpOffset, Zero, Low12(3), Any),
    row(560, "R_AARCH64_TLSDESC_LD_PREL19", GotTlsDesc, Place, Imm19, Signed(21)),
    row(561, "R_AARCH64_TLSDESC_ADR_PREL21", GotTlsDesc, Place, Adr, Signed(21)),
    row(562, "R_AARCH64_TLSDESC_ADR_PAGE21", GotTlsDesc, Page, Adrp, Signed(33)),
    row(563, "R_AARCH64_TLSDESC_LD64_LO12", GotTlsDesc, Zero, Low12(3), Any),
    row(564, "R_AARCH64_TLSDESC_ADD_LO12", GotTlsDesc, Zero, Low12(0), Any),
    row(565, "R_AARCH64_TLSDESC_OFF_G1", GotTlsDesc, GotBase, MoveSigned(16), Signed(33)),
    row(566, "R_AARCH64_TLSDESC_OFF_G0_NC", GotTlsDesc, GotBase, Move(0), Any),
    row(567, "R_AARCH64_TLSDESC_LDR", Nothing, Zero, Empty, Any),
    row(568, "R_AARCH64_TLSDESC_ADD", Nothing, Zero, Empty, Any),
    row(569, "R_AARCH64_TLSDESC_CALL", Nothing, Zero, Empty, Any),
    row(570, "R_AARCH64_TLSLE_LDST128_TPREL_LO12", TpOffset, Zero, Low12(4), Unsigned(12)),
    row(571, "R_AARCH64_TLSLE_LDST128_TPREL_LO12_NC", TpOffset, Zero, Low12(4), Any),
    row(572, "R_AARCH64_TLSLD_LDST128_DTPREL_LO12", DtpOffset, Zero, Low12(4), Unsigned(12)),
    row(573, "R_AARCH64_TLSLD_LDST128_DTPREL_LO12_NC", DtpOffset, Zero, Low12(4), Any),
];

/// Static relocation numbers are 256 … 573; 256 is a withdrawn code that AAELF64 wants treated as
/// NONE, row 0.
const FIRST: u32 = 256;
const NO_ROW: u8 = u8::MAX;

static INDEX: [u8; 318] = {
    let mut index = [NO_ROW; 318];
    index[0] = 0;
    let mut i = 1;
    while i < ROWS.len() {
        index[(ROWS[i].rule.r_type - FIRST) as usize] = i as u8;
        i += 1;
    }
    index
};

/// The row of a relocation number.
pub(super) fn find(r_type: u32) -> Option<&'static Row> {
    if r_type == 0 {
        return ROWS.first();
    }
    let slot = usize::try_from(r_type.checked_sub(FIRST)?).ok()?;
    ROWS.get(usize::from(*INDEX.get(slot)?))
}

/// PAuth ABI Extension to ELF, "Static relocations": 580 … 598.
#[rustfmt::skip]
static SIGNED_POINTERS: [&str; 19] = [
    "R_AARCH64_AUTH_ABS64",
    "R_AARCH64_AUTH_MOVW_GOTOFF_G0",
    "R_AARCH64_AUTH_MOVW_GOTOFF_G0_NC",
    "R_AARCH64_AUTH_MOVW_GOTOFF_G1",
    "R_AARCH64_AUTH_MOVW_GOTOFF_G1_NC",
    "R_AARCH64_AUTH_MOVW_GOTOFF_G2",
    "R_AARCH64_AUTH_MOVW_GOTOFF_G2_NC",
    "R_AARCH64_AUTH_MOVW_GOTOFF_G3",
    "R_AARCH64_AUTH_GOT_LD_PREL19",
    "R_AARCH64_AUTH_LD64_GOTOFF_LO15",
    "R_AARCH64_AUTH_ADR_GOT_PAGE",
    "R_AARCH64_AUTH_LD64_GOT_LO12_NC",
    "R_AARCH64_AUTH_LD64_GOTPAGE_LO15",
    "R_AARCH64_AUTH_GOT_ADD_LO12_NC",
    "R_AARCH64_AUTH_GOT_ADR_PREL_LO21",
    "R_AARCH64_AUTH_TLSDESC_ADR_PAGE21",
    "R_AARCH64_AUTH_TLSDESC_LD64_LO12",
    "R_AARCH64_AUTH_TLSDESC_ADD_LO12",
    "R_AARCH64_AUTH_TLSDESC_CALL",
];

/// The name of a relocation for signed pointers.
pub(super) fn signed_pointer(r_type: u32) -> Option<&'static str> {
    let index = usize::try_from(r_type.checked_sub(580)?).ok()?;
    SIGNED_POINTERS.get(index).copied()
}

impl Row {
    /// The addend that a REL input keeps at the place (AAELF64, Addends and PC-bias): the field,
    /// scaled as the instruction does, sign-extended.
    pub(super) fn read(&self, section: &[u8], offset: usize) -> i64 {
        let size = usize::from(self.rule.size);
        let Some(place) = section.get(offset..offset.saturating_add(size)) else {
            return 0;
        };
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(place);
        let raw = u64::from_le_bytes(bytes);
        let imm21 = raw >> 29 & 3 | (raw >> 5 & 0x7_ffff) << 2;
        match self.field {
            Empty => 0,
            Data16 => sign_extend(raw, 16),
            Data32 => sign_extend(raw, 32),
            Data64 => raw as i64,
            Move(shift) | MoveSigned(shift) => sign_extend(raw >> 5 & 0xffff, 16) << shift,
            Imm19 => sign_extend(raw >> 5, 19) << 2,
            Adr => sign_extend(imm21, 21),
            Adrp => sign_extend(imm21, 21) << 12,
            Low12(scale) => sign_extend(raw >> 10, 12) << scale,
            High12 => sign_extend(raw >> 10, 12) << 12,
            Low15 => sign_extend(raw >> 10, 12) << 3,
            Imm14 => sign_extend(raw >> 5, 14) << 2,
            Imm26 => sign_extend(raw, 26) << 2,
        }
    }

    /// Fills the field.
    pub(super) fn write(&self, section: &mut [u8], offset: usize, value: i64) {
        match self.field {
            Empty => {}
            Data16 | Data32 | Data64 => {
                let size = usize::from(self.rule.size);
                if let Some(place) = section.get_mut(offset..offset.saturating_add(size)) {
                    place.copy_from_slice(&value.to_le_bytes()[..size]);
                }
            }
            field => {
                if let Some(insn) = word(section, offset) {
                    put(section, offset, fill_field(field, insn, value));
                }
            }
        }
    }
}

/// `word` with the field filled; the opcode changes only for `movn`/`movz`.
fn fill_field(field: Field, insn: u32, value: i64) -> u32 {
    match field {
        Move(shift) => with_imm16(insn, value >> shift),
        MoveSigned(shift) if value < 0 => with_imm16(insn & !(3 << 29), !value >> shift),
        MoveSigned(shift) => with_imm16(insn & !(3 << 29) | 2 << 29, value >> shift),
        Imm19 => insn & !(0x7_ffff << 5) | ((value >> 2) as u32 & 0x7_ffff) << 5,
        Adr => with_imm21(insn, value),
        Adrp => with_imm21(insn, value >> 12),
        Low12(scale) => with_imm12(insn, (value & 0xfff) >> scale),
        High12 => with_imm12(insn, value >> 12),
        Low15 => with_imm12(insn, value >> 3),
        Imm14 => insn & !(0x3fff << 5) | ((value >> 2) as u32 & 0x3fff) << 5,
        Imm26 => insn & !0x3ff_ffff | (value >> 2) as u32 & 0x3ff_ffff,
        Empty | Data16 | Data32 | Data64 => insn,
    }
}

/// The low `bits` bits of `value`, sign-extended.
fn sign_extend(value: u64, bits: u32) -> i64 {
    (value << (64 - bits)) as i64 >> (64 - bits)
}
