//! Words against AAELF64: every relocation at its lowest and highest value and one step beyond,
//! the rewritten TLS sequences, thunks and IPLT entries. Expected words are those that an assembler
//! gives for the instruction named beside them.

use super::*;
use crate::elf::arch::tests::{Expect, Table, check_encodings, check_table};

const ARCH: &dyn Arch = &Aarch64 {
    fix_843419: false,
    fix_835769: false,
    bti: false,
    relax: true,
};

/// `(number, name, word before, lowest value, its word, highest value, its word, align, checked)`
type Row = (u32, &'static str, u32, i64, u32, i64, u32, i64, bool);

// Words of LLVM's assembler for the instruction that the name implies, with registers x1, x2 …
const MOVZ0: u32 = 0xd280_0003;
const MOVK0: u32 = 0xf280_0003;
const MOVZ1: u32 = 0xd2a0_0003;
const MOVK1: u32 = 0xf2a0_0003;
const MOVZ2: u32 = 0xd2c0_0003;
const MOVK2: u32 = 0xf2c0_0003;
const MOVZ3: u32 = 0xd2e0_0003;
const LDR_LIT: u32 = 0x5800_0005;
const ADR: u32 = 0x1000_0007;
const ADRP: u32 = 0x9000_0009;
const ADD: u32 = 0x9100_0022;
const ADD_HI: u32 = 0x9140_0022;
const LDRB: u32 = 0x3940_0022;
const LDRH: u32 = 0x7940_0022;
const LDRW: u32 = 0xb940_0022;
const LDRX: u32 = 0xf940_0022;
const LDRQ: u32 = 0x3dc0_0022;

// Highest words.
const MOVZ0_H: u32 = 0xd29f_ffe3;
const MOVK0_H: u32 = 0xf29f_ffe3;
const MOVN0_H: u32 = 0x929f_ffe3;
const MOVZ1_H: u32 = 0xd2bf_ffe3;
const MOVK1_H: u32 = 0xf2bf_ffe3;
const MOVN1_H: u32 = 0x92bf_ffe3;
const MOVZ2_H: u32 = 0xd2df_ffe3;
const MOVK2_H: u32 = 0xf2df_ffe3;
const MOVN2_H: u32 = 0x92df_ffe3;
const MOVZ3_H: u32 = 0xd2ff_ffe3;
const MOVN3_S: u32 = 0x92ef_ffe3;
const MOVZ3_S: u32 = 0xd2ef_ffe3;
const LIT_L: u32 = 0x5880_0005;
const LIT_H: u32 = 0x587f_ffe5;
const ADR_L: u32 = 0x1080_0007;
const ADR_H: u32 = 0x707f_ffe7;
const ADRP_L: u32 = 0x9080_0009;
const ADRP_H: u32 = 0xf07f_ffe9;
const ADD_H: u32 = 0x913f_fc22;
const ADD_HI_H: u32 = 0x917f_fc22;
const LDRB_H: u32 = 0x397f_fc22;
const LDRH_H: u32 = 0x795f_fc22;
const LDRW_H: u32 = 0xb94f_fc22;
const LDRX_H: u32 = 0xf947_fc22;
const LDRX_15: u32 = 0xf97f_fc22;
const LDRQ_H: u32 = 0x3dc3_fc22;

const M1: i64 = 1 << 20;
const G4: i64 = 1 << 32;
const T48: i64 = 1 << 48;

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (263, "MOVW_UABS_G0", MOVZ0, 0, MOVZ0, 0xffff, MOVZ0_H, 1, true),
    (264, "MOVW_UABS_G0_NC", MOVK0, 0, MOVK0, -1, MOVK0_H, 1, false),
    (265, "MOVW_UABS_G1", MOVZ1, 0, MOVZ1, G4 - 1, MOVZ1_H, 1, true),
    (266, "MOVW_UABS_G1_NC", MOVK1, 0xffff, MOVK1, -1, MOVK1_H, 1, false),
    (267, "MOVW_UABS_G2", MOVZ2, 0, MOVZ2, T48 - 1, MOVZ2_H, 1, true),
    (268, "MOVW_UABS_G2_NC", MOVK2, G4 - 1, MOVK2, -1, MOVK2_H, 1, false),
    (269, "MOVW_UABS_G3", MOVZ3, T48 - 1, MOVZ3, -1, MOVZ3_H, 1, false),
    (270, "MOVW_SABS_G0", MOVZ0, -0x1_0000, MOVN0_H, 0xffff, MOVZ0_H, 1, true),
    (271, "MOVW_SABS_G1", MOVZ1, -G4, MOVN1_H, G4 - 1, MOVZ1_H, 1, true),
    (272, "MOVW_SABS_G2", MOVZ2, -T48, MOVN2_H, T48 - 1, MOVZ2_H, 1, true),
    (273, "LD_PREL_LO19", LDR_LIT, -M1, LIT_L, M1 - 4, LIT_H, 4, true),
    (274, "ADR_PREL_LO21", ADR, -M1, ADR_L, M1 - 1, ADR_H, 1, true),
    (275, "ADR_PREL_PG_HI21", ADRP, -G4, ADRP_L, G4 - 1, ADRP_H, 1, true),
    (276, "ADR_PREL_PG_HI21_NC", ADRP, -G4, ADRP_L, G4 - 0x1000, ADRP_H, 1, false),
    (277, "ADD_ABS_LO12_NC", ADD, 0x7000, ADD, -1, ADD_H, 1, false),
    (278, "LDST8_ABS_LO12_NC", LDRB, 0x7000, LDRB, -1, LDRB_H, 1, false),
    (279, "TSTBR14", 0xb608_0003, -0x8000, 0xb60c_0003, 0x7ffc, 0xb60b_ffe3, 4, true),
    (280, "CONDBR19", 0x5400_0001, -M1, 0x5480_0001, M1 - 4, 0x547f_ffe1, 4, true),
    (282, "JUMP26", 0x1400_0000, -0x800_0000, 0x1600_0000, 0x7ff_fffc, 0x15ff_ffff, 4, true),
    (283, "CALL26", 0x9400_0000, -0x800_0000, 0x9600_0000, 0x7ff_fffc, 0x95ff_ffff, 4, true),
    (284, "LDST16_ABS_LO12_NC", LDRH, 0x7000, LDRH, -2, LDRH_H, 2, false),
    (285, "LDST32_ABS_LO12_NC", LDRW, 0x7000, LDRW, -4, LDRW_H, 4, false),
    (286, "LDST64_ABS_LO12_NC", LDRX, 0x7000, LDRX, -8, LDRX_H, 8, false),
    (287, "MOVW_PREL_G0", MOVZ0, -0x1_0000, MOVN0_H, 0xffff, MOVZ0_H, 1, true),
    (288, "MOVW_PREL_G0_NC", MOVK0, 0, MOVK0, -1, MOVK0_H, 1, false),
    (289, "MOVW_PREL_G1", MOVZ1, -G4, MOVN1_H, G4 - 1, MOVZ1_H, 1, true),
    (290, "MOVW_PREL_G1_NC", MOVK1, 0, MOVK1, -1, MOVK1_H, 1, false),
    (291, "MOVW_PREL_G2", MOVZ2, -T48, MOVN2_H, T48 - 1, MOVZ2_H, 1, true),
    (292, "MOVW_PREL_G2_NC", MOVK2, 0, MOVK2, -1, MOVK2_H, 1, false),
    (293, "MOVW_PREL_G3", MOVZ3, i64::MIN, MOVN3_S, i64::MAX, MOVZ3_S, 1, false),
    (299, "LDST128_ABS_LO12_NC", LDRQ, 0x7000, LDRQ, -16, LDRQ_H, 16, false),
    (300, "MOVW_GOTOFF_G0", MOVZ0, -0x1_0000, MOVN0_H, 0xffff, MOVZ0_H, 1, true),
    (301, "MOVW_GOTOFF_G0_NC", MOVK0, 0, MOVK0, -1, MOVK0_H, 1, false),
    (302, "MOVW_GOTOFF_G1", MOVZ1, -G4, MOVN1_H, G4 - 1, MOVZ1_H, 1, true),
    (303, "MOVW_GOTOFF_G1_NC", MOVK1, 0, MOVK1, -1, MOVK1_H, 1, false),
    (304, "MOVW_GOTOFF_G2", MOVZ2, -T48, MOVN2_H, T48 - 1, MOVZ2_H, 1, true),
    (305, "MOVW_GOTOFF_G2_NC", MOVK2, 0, MOVK2, -1, MOVK2_H, 1, false),
    (306, "MOVW_GOTOFF_G3", MOVZ3, i64::MIN, MOVN3_S, i64::MAX, MOVZ3_S, 1, false),
    (309, "GOT_LD_PREL19", LDR_LIT, -M1, LIT_L, M1 - 4, LIT_H, 4, true),
    (310, "LD64_GOTOFF_LO15", LDRX, 0, LDRX, 0x7ff8, LDRX_15, 8, true),
    (311, "ADR_GOT_PAGE", ADRP, -G4, ADRP_L, G4 - 1, ADRP_H, 1, true),
    (312, "LD64_GOT_LO12_NC", LDRX, 0x7000, LDRX, -8, LDRX_H, 8, false),
    (313, "LD64_GOTPAGE_LO15", LDRX, 0, LDRX, 0x7ff8, LDRX_15, 8, true),
    (512, "TLSGD_ADR_PREL21", ADR, -M1, ADR_L, M1 - 1, ADR_H, 1, true),
    (513, "TLSGD_ADR_PAGE21", ADRP, -G4, ADRP_L, G4 - 1, ADRP_H, 1, true),
    (514, "TLSGD_ADD_LO12_NC", ADD, 0x7000, ADD, -1, ADD_H, 1, false),
    (515, "TLSGD_MOVW_G1", MOVZ1, -G4, MOVN1_H, G4 - 1, MOVZ1_H, 1, true),
    (516, "TLSGD_MOVW_G0_NC", MOVK0, 0, MOVK0, -1, MOVK0_H, 1, false),
    (517, "TLSLD_ADR_PREL21", ADR, -M1, ADR_L, M1 - 1, ADR_H, 1, true),
    (518, "TLSLD_ADR_PAGE21", ADRP, -G4, ADRP_L, G4 - 1, ADRP_H, 1, true),
    (519, "TLSLD_ADD_LO12_NC", ADD, 0x7000, ADD, -1, ADD_H, 1, false),
    (520, "TLSLD_MOVW_G1", MOVZ1, -G4, MOVN1_H, G4 - 1, MOVZ1_H, 1, true),
    (521, "TLSLD_MOVW_G0_NC", MOVK0, 0, MOVK0, -1, MOVK0_H, 1, false),
    (522, "TLSLD_LD_PREL19", LDR_LIT, -M1, LIT_L, M1 - 4, LIT_H, 4, true),
    (523, "TLSLD_MOVW_DTPREL_G2", MOVZ2, -T48, MOVN2_H, T48 - 1, MOVZ2_H, 1, true),
    (524, "TLSLD_MOVW_DTPREL_G1", MOVZ1, -G4, MOVN1_H, G4 - 1, MOVZ1_H, 1, true),
    (525, "TLSLD_MOVW_DTPREL_G1_NC", MOVK1, 0, MOVK1, -1, MOVK1_H, 1, false),
    (526, "TLSLD_MOVW_DTPREL_G0", MOVZ0, -0x1_0000, MOVN0_H, 0xffff, MOVZ0_H, 1, true),
    (527, "TLSLD_MOVW_DTPREL_G0_NC", MOVK0, 0, MOVK0, -1, MOVK0_H, 1, false),
    (528, "TLSLD_ADD_DTPREL_HI12", ADD_HI, 0xfff, ADD_HI, 0xff_ffff, ADD_HI_H, 1, true),
    (529, "TLSLD_ADD_DTPREL_LO12", ADD, 0, ADD, 0xfff, ADD_H, 1, true),
    (530, "TLSLD_ADD_DTPREL_LO12_NC", ADD, 0x7000, ADD, -1, ADD_H, 1, false),
    (531, "TLSLD_LDST8_DTPREL_LO12", LDRB, 0, LDRB, 0xfff, LDRB_H, 1, true),
    (532, "TLSLD_LDST8_DTPREL_LO12_NC", LDRB, 0x7000, LDRB, -1, LDRB_H, 1, false),
    (533, "TLSLD_LDST16_DTPREL_LO12", LDRH, 0, LDRH, 0xffe, LDRH_H, 2, true),
    (534, "TLSLD_LDST16_DTPREL_LO12_NC", LDRH, 0x7000, LDRH, -2, LDRH_H, 2, false),
    (535, "TLSLD_LDST32_DTPREL_LO12", LDRW, 0, LDRW, 0xffc, LDRW_H, 4, true),
    (536, "TLSLD_LDST32_DTPREL_LO12_NC", LDRW, 0x7000, LDRW, -4, LDRW_H, 4, false),
    (537, "TLSLD_LDST64_DTPREL_LO12", LDRX, 0, LDRX, 0xff8, LDRX_H, 8, true),
    (538, "TLSLD_LDST64_DTPREL_LO12_NC", LDRX, 0x7000, LDRX, -8, LDRX_H, 8, false),
    (539, "TLSIE_MOVW_GOTTPREL_G1", MOVZ1, -G4, MOVN1_H, G4 - 1, MOVZ1_H, 1, true),
    (540, "TLSIE_MOVW_GOTTPREL_G0_NC", MOVK0, 0, MOVK0, -1, MOVK0_H, 1, false),
    (541, "TLSIE_ADR_GOTTPREL_PAGE21", ADRP, -G4, ADRP_L, G4 - 1, ADRP_H, 1, true),
    (542, "TLSIE_LD64_GOTTPREL_LO12_NC", LDRX, 0x7000, LDRX, -8, LDRX_H, 8, false),
    (543, "TLSIE_LD_GOTTPREL_PREL19", LDR_LIT, -M1, LIT_L, M1 - 4, LIT_H, 4, true),
    (544, "TLSLE_MOVW_TPREL_G2", MOVZ2, -T48, MOVN2_H, T48 - 1, MOVZ2_H, 1, true),
    (545, "TLSLE_MOVW_TPREL_G1", MOVZ1, -G4, MOVN1_H, G4 - 1, MOVZ1_H, 1, true),
    (546, "TLSLE_MOVW_TPREL_G1_NC", MOVK1, 0, MOVK1, -1, MOVK1_H, 1, false),
    (547, "TLSLE_MOVW_TPREL_G0", MOVZ0, -0x1_0000, MOVN0_H, 0xffff, MOVZ0_H, 1, true),
    (548, "TLSLE_MOVW_TPREL_G0_NC", MOVK0, 0, MOVK0, -1, MOVK0_H, 1, false),
    (549, "TLSLE_ADD_TPREL_HI12", ADD_HI, 0xfff, ADD_HI, 0xff_ffff, ADD_HI_H, 1, true),
    (550, "TLSLE_ADD_TPREL_LO12", ADD, 0, ADD, 0xfff, ADD_H, 1, true),
    (551, "TLSLE_ADD_TPREL_LO12_NC", ADD, 0x7000, ADD, -1, ADD_H, 1, false),
    (552, "TLSLE_LDST8_TPREL_LO12", LDRB, 0, LDRB, 0xfff, LDRB_H, 1, true),
    (553, "TLSLE_LDST8_TPREL_LO12_NC", LDRB, 0x7000, LDRB, -1, LDRB_H, 1, false),
    (554, "TLSLE_LDST16_TPREL_LO12", LDRH, 0, LDRH, 0xffe, LDRH_H, 2, true),
    (555, "TLSLE_LDST16_TPREL_LO12_NC", LDRH, 0x7000, LDRH, -2, LDRH_H, 2, false),
    (556, "TLSLE_LDST32_TPREL_LO12", LDRW, 0, LDRW, 0xffc, LDRW_H, 4, true),
    (557, "TLSLE_LDST32_TPREL_LO12_NC", LDRW, 0x7000, LDRW, -4, LDRW_H, 4, false),
    (558, "TLSLE_LDST64_TPREL_LO12", LDRX, 0, LDRX, 0xff8, LDRX_H, 8, true),
    (559, "TLSLE_LDST64_TPREL_LO12_NC", LDRX, 0x7000, LDRX, -8, LDRX_H, 8, false),
    (560, "TLSDESC_LD_PREL19", LDR_LIT, -M1, LIT_L, M1 - 4, LIT_H, 4, true),
    (561, "TLSDESC_ADR_PREL21", ADR, -M1, ADR_L, M1 - 1, ADR_H, 1, true),
    (562, "TLSDESC_ADR_PAGE21", ADRP, -G4, ADRP_L, G4 - 1, ADRP_H, 1, true),
    (563, "TLSDESC_LD64_LO12", LDRX, 0x7000, LDRX, -8, LDRX_H, 8, false),
    (564, "TLSDESC_ADD_LO12", ADD, 0x7000, ADD, -1, ADD_H, 1, false),
    (565, "TLSDESC_OFF_G1", MOVZ1, -G4, MOVN1_H, G4 - 1, MOVZ1_H, 1, true),
    (566, "TLSDESC_OFF_G0_NC", MOVK0, 0, MOVK0, -1, MOVK0_H, 1, false),
    (570, "TLSLE_LDST128_TPREL_LO12", LDRQ, 0, LDRQ, 0xff0, LDRQ_H, 16, true),
    (571, "TLSLE_LDST128_TPREL_LO12_NC", LDRQ, 0x7000, LDRQ, -16, LDRQ_H, 16, false),
    (572, "TLSLD_LDST128_DTPREL_LO12", LDRQ, 0, LDRQ, 0xff0, LDRQ_H, 16, true),
    (573, "TLSLD_LDST128_DTPREL_LO12_NC", LDRQ, 0x7000, LDRQ, -16, LDRQ_H, 16, false),
];

/// `ADD_*_HI12` rows start at 0xfff to show that low bits are dropped; their bound is 0.
fn lowest(row: &Row) -> i64 {
    if row.1.ends_with("HI12") { 0 } else { row.3 }
}

#[test]
fn table_is_consistent() {
    check_table(
        ARCH,
        &Table {
            rows: 117,
            combining: &[],
            aliases: &[256],
        },
    );
}

#[test]
fn every_instruction_row_encodes_its_extremes_and_rejects_what_is_beyond() {
    for row in ROWS {
        let &(r_type, name, before, low, low_word, high, high_word, align, checked) = row;
        assert_eq!(
            ARCH.rule(r_type).map(|rule| rule.name),
            Some(format!("R_AARCH64_{name}").as_str())
        );
        let before = before.to_le_bytes();
        let (low_word, high_word) = (low_word.to_le_bytes(), high_word.to_le_bytes());
        let mut cases = vec![
            (r_type, &before[..], low, Expect::Bytes(&low_word)),
            (r_type, &before[..], high, Expect::Bytes(&high_word)),
            // What stood in the field before does not shine through.
            (r_type, &high_word[..], low, Expect::Bytes(&low_word)),
            (r_type, &low_word[..], high, Expect::Bytes(&high_word)),
        ];
        if checked {
            let low = lowest(row);
            cases.push((r_type, &before[..], low - align, Expect::OutOfRange));
            cases.push((r_type, &before[..], high + align, Expect::OutOfRange));
        } else {
            assert_eq!(ARCH.rule(r_type).map(|rule| rule.range), Some(Range::Any));
        }
        if align > 1 {
            cases.push((r_type, &before[..], high - align / 2, Expect::Misaligned));
        }
        check_encodings(ARCH, &cases);
    }
    // Six data rows, GOTREL64/32, PLT32, GOTPCREL32, NONE and three markers are not instructions.
    let all = (0..1024).filter(|&r_type| ARCH.rule(r_type).is_some());
    assert_eq!(all.count(), ROWS.len() + 15);
}

#[test]
fn data_rows() {
    use Expect::{Bytes, OutOfRange};
    let zero8: &[u8] = &[0; 8];
    let zero4: &[u8] = &[0; 4];
    let zero2: &[u8] = &[0; 2];
    let all8: &[u8] = &[0xff; 8];
    for r_type in [257, 260, 307] {
        check_encodings(
            ARCH,
            &[
                (r_type, zero8, -1, Bytes(all8)),
                (r_type, all8, i64::MIN, Bytes(&[0, 0, 0, 0, 0, 0, 0, 0x80])),
            ],
        );
    }
    for r_type in [258, 261] {
        check_encodings(
            ARCH,
            &[
                (r_type, zero4, -(1 << 31), Bytes(&[0, 0, 0, 0x80])),
                (r_type, zero4, G4 - 1, Bytes(&[0xff; 4])),
                (r_type, zero4, -(1 << 31) - 1, OutOfRange),
                (r_type, zero4, G4, OutOfRange),
            ],
        );
    }
    for r_type in [308, 314, 315] {
        check_encodings(
            ARCH,
            &[
                (r_type, zero4, -(1 << 31), Bytes(&[0, 0, 0, 0x80])),
                (
                    r_type,
                    zero4,
                    (1 << 31) - 1,
                    Bytes(&[0xff, 0xff, 0xff, 0x7f]),
                ),
                (r_type, zero4, -(1 << 31) - 1, OutOfRange),
                (r_type, zero4, 1 << 31, OutOfRange),
            ],
        );
    }
    for r_type in [259, 262] {
        check_encodings(
            ARCH,
            &[
                (r_type, zero2, -0x8000, Bytes(&[0, 0x80])),
                (r_type, zero2, 0xffff, Bytes(&[0xff, 0xff])),
                (r_type, zero2, -0x8001, OutOfRange),
                (r_type, zero2, 0x1_0000, OutOfRange),
            ],
        );
    }
}

#[test]
fn both_null_codes_are_none() {
    for r_type in [0, 256] {
        assert_eq!(ARCH.rule(r_type).map(|r| r.name), Some("R_AARCH64_NONE"));
    }
    for r_type in [1, 255, 281, 294, 298, 316, 511, 574, 1027] {
        assert!(ARCH.rule(r_type).is_none(), "{r_type}");
    }
}

#[test]
fn implicit_addends() {
    let cases: &[(u32, u32, i64)] = &[
        (258, 0xffff_fffe, -2),
        (274, ADR_L, -M1),
        (274, ADR_H, M1 - 1),
        (275, ADRP_H, G4 - 0x1000),
        (277, 0x9104_0022, 0x100),
        (286, 0xf940_0422, 8),
        (271, 0xd2a0_0023, 0x1_0000),
        (283, 0x97ff_ffff, -4),
        (279, 0xb60b_ffe3, 0x7ffc),
        (273, LIT_L, -M1),
        (549, 0x9140_0422, 0x1000),
        (313, 0xf940_0422, 8),
        (569, 0xd63f_0020, 0),
    ];
    for &(r_type, insn, addend) in cases {
        let rule = ARCH.rule(r_type).expect("a row");
        let bytes = insn.to_le_bytes();
        assert_eq!(ARCH.implicit_addend(rule, &bytes, 0), addend, "{r_type}");
    }
    let rule = ARCH.rule(257).expect("ABS64");
    assert_eq!(
        ARCH.implicit_addend(rule, &[0xfe; 8], 0),
        0xfefe_fefe_fefe_fefe_u64 as i64
    );
}

const PLAIN: SymbolFacts = SymbolFacts {
    undefined_weak: false,
    ifunc: false,
    absolute: false,
    pic: false,
    preemptible: false,
    shared: false,
    dynamic: false,
};

const WEAK: SymbolFacts = SymbolFacts {
    undefined_weak: true,
    ..PLAIN
};

/// Rewrites every site of `words` whose relocation is given and returns the result.
fn rewritten(
    words: &[u32],
    relocations: &[(usize, u32)],
    facts: SymbolFacts,
    value: i64,
) -> Result<Vec<u32>, Range> {
    let input: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let mut output = input.clone();
    let mut relocations = relocations.iter();
    while let Some(&(index, r_type)) = relocations.next() {
        let site = Site {
            r_type,
            offset: 4 * index,
            addend: 0,
        };
        if let Some(rewrite) = ARCH.rewrite(site, facts, &input) {
            if rewrite.skip_next {
                relocations.next();
            }
            ARCH.apply_rewrite(&rewrite, site, &mut output, value)?;
        }
    }
    Ok(output
        .chunks_exact(4)
        .map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]]))
        .collect())
}

// adrp x0; ldr x1, [x0]; add x0, x0, #0; blr x1
const TLSDESC: &[u32] = &[0x9000_0000, 0xf940_0001, 0x9100_0000, 0xd63f_0020];
// movz x0, #0x1234, lsl #16; movk x0, #0x5678
const X0_OFFSET: [u32; 2] = [0xd2a2_4680, 0xf28a_cf00];
const OFFSET: i64 = 0x1234_5678;

#[test]
fn tls_descriptors_become_local_exec() {
    let [high, low] = X0_OFFSET;
    let small = [(0, 562), (1, 563), (2, 564), (3, 569)];
    assert_eq!(
        rewritten(TLSDESC, &small, PLAIN, OFFSET),
        Ok(vec![high, low, NOP, NOP])
    );
    // ldr x1, :tlsdesc:; adr x0, :tlsdesc:; blr x1
    let tiny = [(0, 560), (1, 561), (2, 569)];
    assert_eq!(
        rewritten(
            &[0x5800_0001, 0x1000_0000, 0xd63f_0020],
            &tiny,
            PLAIN,
            OFFSET
        ),
        Ok(vec![high, low, NOP])
    );
    // movz x0, #:tlsdesc_off_g1:; movk; ldr x1, [x28, x0]; add x0, x28, x0; blr x1
    let large = [(0, 565), (1, 566), (2, 567), (3, 568), (4, 569)];
    let words = [
        0xd2a0_0000,
        0xf280_0000,
        0xf860_6b81,
        0x8b00_0380,
        0xd63f_0020,
    ];
    assert_eq!(
        rewritten(&words, &large, PLAIN, OFFSET),
        Ok(vec![high, low, NOP, NOP, NOP])
    );
    let too_big = rewritten(TLSDESC, &small, PLAIN, 1 << 32);
    assert_eq!(too_big, Err(Range::Unsigned(32)));
}

#[test]
fn general_dynamic_becomes_local_exec_only_as_a_whole() {
    let [high, low] = X0_OFFSET;
    let relocations = [(0, 513), (1, 514), (2, 283)];
    let words = [0x9000_0000, 0x9100_0000, 0x9400_0000, NOP];
    assert_eq!(
        rewritten(&words, &relocations, PLAIN, OFFSET),
        Ok(vec![high, low, 0xd53b_d041, 0x8b00_0020])
    );
    // adrp x0; add x0, x0; bl; then no NOP: both sites must stay.
    let words = [0x9000_0000, 0x9100_0000, 0x9400_0000, 0xd65f_03c0];
    assert_eq!(
        rewritten(&words, &relocations, PLAIN, OFFSET),
        Ok(words.to_vec())
    );
    // adr x0; bl; nop
    let tiny = [(0, 512), (1, 283)];
    let words = [0x1000_0000, 0x9400_0000, NOP];
    assert_eq!(
        rewritten(&words, &tiny, PLAIN, 0x12_3456),
        Ok(vec![0xd53b_d040, 0x9144_8c00, 0x9111_5800])
    );
    assert_eq!(
        rewritten(&words, &tiny, PLAIN, 1 << 24),
        Err(Range::Unsigned(24))
    );
}

#[test]
fn initial_exec_becomes_local_exec() {
    let relocations = [(0, 541), (1, 542)];
    // adrp x8; ldr x8, [x8]
    let same = [0x9000_0008, 0xf940_0108];
    // movz x8, #0x1234, lsl #16; movk x8, #0x5678
    assert_eq!(
        rewritten(&same, &relocations, PLAIN, OFFSET),
        Ok(vec![0xd2a2_4688, 0xf28a_cf08])
    );
    // movz x8, #0x5000; add x8, x8, #0x678
    assert_eq!(
        rewritten(&same, &relocations, PLAIN, 0x5678),
        Ok(vec![0xd28a_0008, 0x9119_e108])
    );
    // adrp x8; ldr x9, [x8]
    let other = [0x9000_0008, 0xf940_0109];
    assert_eq!(
        rewritten(&other, &relocations, PLAIN, 0xffff),
        Ok(vec![0xd29e_0008, 0x913f_fd09])
    );
    assert_eq!(
        rewritten(&other, &relocations, PLAIN, 0x1_0000),
        Err(Range::Unsigned(16))
    );
}

#[test]
fn undefined_weak_symbols() {
    let branches = [(0, 283), (1, 282), (2, 280), (3, 279)];
    let words = [0x9400_0000, 0x1400_0000, 0x5400_0001, 0xb608_0003];
    assert_eq!(rewritten(&words, &branches, WEAK, 0), Ok(vec![NOP; 4]));
    assert_eq!(rewritten(&words, &branches, PLAIN, 0), Ok(words.to_vec()));
    // adrp x9 and adr x7 become movz; a low half is left to its ordinary relocation.
    let addresses = [(0, 275), (1, 277), (2, 274)];
    let words = [ADRP, ADD, ADR];
    assert_eq!(
        rewritten(&words, &addresses, WEAK, 0),
        Ok(vec![0xd280_0009, ADD, 0xd280_0007])
    );
    assert_eq!(rewritten(&words, &addresses, PLAIN, 0), Ok(words.to_vec()));
}

#[test]
fn rewrites_never_look_outside_of_the_section() {
    for r_type in 0..600 {
        for offset in [0, 1, 4, 5, usize::MAX - 2] {
            let site = Site {
                r_type,
                offset,
                addend: 0,
            };
            for bytes in [&TLSDESC[0].to_le_bytes()[..], &[]] {
                let mut out = bytes.to_vec();
                if let Some(rewrite) = ARCH.rewrite(site, WEAK, bytes) {
                    let _ = ARCH.apply_rewrite(&rewrite, site, &mut out, 0);
                }
            }
        }
    }
}

fn call(p: u64, target: u64) -> Option<ThunkForm> {
    let site = Site {
        r_type: 283,
        offset: 0,
        addend: 0,
    };
    let target = BranchTarget {
        addr: target,
        is_function: true,
    };
    ARCH.thunk(site, p, target)
}

#[test]
fn thunks_are_made_beyond_128_mib() {
    let p = 0x40_0000_0000;
    let reach = 128 << 20;
    assert_eq!(call(p, p + reach - 4), None);
    assert_eq!(call(p, p + reach), Some(THUNK_PAGE));
    assert_eq!(call(p, p - reach), None);
    assert_eq!(call(p, p - reach - 4), Some(THUNK_PAGE));
    assert_eq!(call(p, p + (4 << 30)), Some(THUNK_FAR));
    assert_eq!(call(p, p - (4 << 30)), Some(THUNK_FAR));
    assert_eq!(call(0x8_0000, 0xffff_ffff_8000_0000), Some(THUNK_PAGE));
    assert_eq!(call(0x8_0000, 0xffff_0000_0000_0000), Some(THUNK_FAR));
}

fn words_of(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]]))
        .collect()
}

fn target(addr: u64) -> BranchTarget {
    BranchTarget {
        addr,
        is_function: true,
    }
}

#[test]
fn thunk_bytes() {
    let mut page = vec![0; ARCH.thunk_size(THUNK_PAGE)];
    ARCH.write_thunk(THUNK_PAGE, &mut page, 0x20_0ff8, target(0x1020_1abc));
    // adrp x16, #0x10001000; add x16, x16, #0xabc; br x16
    assert_eq!(words_of(&page), [0xb008_0010, 0x912a_f210, 0xd61f_0200]);

    let mut far = vec![0; ARCH.thunk_size(THUNK_FAR)];
    ARCH.write_thunk(THUNK_FAR, &mut far, 0x1000, target(0xffff_0000_0000_2004));
    assert_eq!(
        words_of(&far),
        [
            0x5800_0090,
            0x1000_0011,
            0x8b11_0210,
            0xd61f_0200,
            0x0000_1000,
            0xffff_0000
        ]
    );
    let names = ARCH
        .thunk_mapping(THUNK_FAR)
        .iter()
        .map(|m| (m.offset, m.name));
    assert_eq!(names.collect::<Vec<_>>(), [(0, "$x"), (16, "$d")]);
}

#[test]
fn iplt_entry_bytes() {
    let mut entry = vec![0; ARCH.plt_entry_size()];
    ARCH.write_plt_entry(&mut entry, 0x21_0010, 0x22_0ff8);
    // adrp x16, #0x10000; ldr x17, [x16, #0xff8]; add x16, x16, #0xff8; br x17
    assert_eq!(
        words_of(&entry),
        [0x9000_0090, 0xf947_fe11, 0x913f_e210, 0xd61f_0220]
    );
    let checked = Aarch64 {
        fix_843419: false,
        fix_835769: false,
        bti: true,
        relax: true,
    };
    let mut entry = vec![0; checked.plt_entry_size()];
    checked.write_plt_entry(&mut entry, 0x21_0010, 0x22_0ff8);
    // bti c; the same; nop
    assert_eq!(
        words_of(&entry),
        [
            0xd503_245f,
            0x9000_0090,
            0xf947_fe11,
            0x913f_e210,
            0xd61f_0220,
            0xd503_201f
        ]
    );
}
