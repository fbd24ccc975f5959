//! The table against known instructions: each row of [`LINKED`] is a place before and after a
//! link by another linker (lld).

use super::relax::form;
use super::rules::{self, r};
use super::{NOP, Riscv};
use crate::elf::arch::tests::{Expect, Table, check_encodings, check_table};
use crate::elf::arch::{
    Arch, Base, Range, Relative, Relaxation, RelocRules, Rewrite, Rewrites, Runtime, Site,
    SymbolFacts,
};

static RISCV32: Riscv = Riscv { is_64: false };
static RISCV64: Riscv = Riscv { is_64: true };

/// (type, P, S, A, bytes before, bytes after) as little-endian numbers. For PCREL_LO12, P is
/// that of the `auipc`.
#[rustfmt::skip]
const LINKED: &[(u32, u64, u64, i64, u64, u64)] = &[
    (1, 0x8104, 0x20012abc, 0x0, 0x00000000, 0x20012abc),
    (16, 0x809a, 0x8154, 0x0, 0x00b54063, 0x0ab54d63),
    (16, 0x809e, 0x8702, 0x0, 0x00b51063, 0x66b51263),
    (17, 0x8096, 0x8154, 0x0, 0x0000006f, 0x0be0006f),
    (17, 0x80aa, 0x1aa5e, 0x0, 0x000000ef, 0x1b5120ef),
    (17, 0x80ae, 0x8154, 0x0, 0x000000ef, 0x0a6000ef),
    (18, 0x80c2, 0xe25678, 0x0, 0x000080e700000097, 0x5b6080e700e1d097),
    (19, 0x80b2, 0xe25678, 0x0, 0x000080e700000097, 0x5c6080e700e1d097),
    (19, 0x80ba, 0xe25678, 0x0, 0x0003006700000317, 0x5be3006700e1d317),
    (23, 0x80f0, 0x20012abc, 0x0, 0x00000517, 0x2000b517),
    (24, 0x80f0, 0x20012abc, 0x0, 0x00050513, 0x9cc50513),
    (25, 0x80f0, 0x20012abc, 0x0, 0x00a52023, 0x9ca52623),
    (26, 0x80ca, 0x20012abc, 0x0, 0x00000537, 0x20013537),
    (27, 0x80ce, 0x20012abc, 0x0, 0x00050513, 0xabc50513),
    (28, 0x80d2, 0x20012abc, 0x4, 0x00a52023, 0xaca52023),
    (29, 0x80d6, 0x1838, 0x0, 0x00000537, 0x00002537),
    (30, 0x80de, 0x1838, 0x0, 0x00052503, 0x83852503),
    (31, 0x80e2, 0x1838, 0x0, 0x00a52023, 0x82a52c23),
    (33, 0x8118, 0x20012abc, 0x0, 0x00010005, 0x000100c1),
    (34, 0x8110, 0x20012abc, 0x0, 0x00010005, 0x00012ac1),
    (35, 0x8108, 0x20012abc, 0x0, 0x00000005, 0x20012ac1),
    (37, 0x811c, 0x8154, 0x0, 0x00010005, 0x000100b1),
    (38, 0x8114, 0x8154, 0x0, 0x00010005, 0x00017eb1),
    (39, 0x810c, 0x8154, 0x0, 0x00000005, 0xffff7eb1),
    (44, 0x80a2, 0x8154, 0x0, 0x0000e381, 0x0000ebcd),
    (44, 0x80a4, 0x8000, 0x0, 0x0000c101, 0x0000dd31),
    (45, 0x80a6, 0x8702, 0x0, 0x0000a001, 0x0000adb1),
    (45, 0x80a8, 0x8154, 0x0, 0x0000a001, 0x0000a075),
    (52, 0x8130, 0x8154, 0x3, 0x000100c1, 0x000100ea),
    (53, 0x812c, 0x20012abc, 0x3e, 0x000100ff, 0x000100fa),
    (54, 0x8120, 0x8154, 0x0, 0x00010005, 0x00010054),
    (55, 0x8124, 0x8154, 0x0, 0x00010005, 0x00018154),
    (56, 0x8128, 0x8154, 0x0, 0x00010005, 0x00008154),
    (57, 0x80fc, 0x20012abc, 0x0, 0x00000000, 0x2000a9c0),
    (59, 0x8100, 0xe25678, 0x0, 0x00000000, 0x00e1d578),
];

#[test]
fn linked_instructions() {
    for &(r_type, p, s, a, before, after) in LINKED {
        let rule = RISCV64.rule(r_type).unwrap();
        let x = s as i64 + a;
        let value = if rule.relative == Relative::Place || rule.base == Base::PairedHigh {
            x - p as i64
        } else {
            x
        };
        assert!(rule.range.contains(value), "{} at {p:#x}", rule.name);
        assert_eq!(value % i64::from(rule.align), 0, "{} at {p:#x}", rule.name);
        for arch in [&RISCV64, &RISCV32] {
            let mut bytes = before.to_le_bytes();
            arch.encode(rule, &mut bytes, 0, value);
            let result = u64::from_le_bytes(bytes);
            assert_eq!(
                result, after,
                "{} at {p:#x}: {result:#x} instead of {after:#x}",
                rule.name
            );
        }
    }
}

/// Numbers whose encoder combines with the place.
const COMBINING: &[u32] = &[
    r::ADD8,
    r::ADD16,
    r::ADD32,
    r::ADD64,
    r::SUB8,
    r::SUB16,
    r::SUB32,
    r::SUB64,
    r::SUB6,
    r::SET_ULEB128,
    r::SUB_ULEB128,
];

#[test]
fn tables() {
    let rows = rules::RV64.rules().len();
    assert!(rules::RV64.rules().is_sorted_by(|a, b| a.r_type < b.r_type));
    check_table(
        &RISCV64,
        &Table {
            rows,
            combining: COMBINING,
            ..Table::default()
        },
    );
    // On RV32 the two ends of an upper part are the same number, modulo 2^32.
    let wrapping = rules::RV64
        .rules()
        .iter()
        .filter(|r| r.range == Range::High20);
    let combining: Vec<u32> = wrapping
        .map(|r| r.r_type)
        .chain(COMBINING.iter().copied())
        .collect();
    check_table(
        &RISCV32,
        &Table {
            rows,
            combining: &combining,
            ..Table::default()
        },
    );
    for unknown in [r::RELATIVE, 4, 5, 6, 7, 12, 42, 46, r::IRELATIVE, 66, 191] {
        assert!(RISCV64.rule(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn ends_of_fields() {
    use Expect::{Bytes, Misaligned, OutOfRange};
    check_encodings(
        &RISCV64,
        &[
            // beq a0, a1
            (
                r::BRANCH,
                &[0x63, 0, 0xb5, 0],
                0xffe,
                Bytes(&[0xe3, 0x0f, 0xb5, 0x7e]),
            ),
            (
                r::BRANCH,
                &[0x63, 0, 0xb5, 0],
                -0x1000,
                Bytes(&[0x63, 0, 0xb5, 0x80]),
            ),
            (r::BRANCH, &[], 0x1000, OutOfRange),
            (r::BRANCH, &[], -0x1002, OutOfRange),
            (r::BRANCH, &[], 3, Misaligned),
            // jal ra
            (
                r::JAL,
                &[0xef, 0, 0, 0],
                0xf_fffe,
                Bytes(&[0xef, 0xf0, 0xff, 0x7f]),
            ),
            (
                r::JAL,
                &[0xef, 0, 0, 0],
                -0x10_0000,
                Bytes(&[0xef, 0, 0, 0x80]),
            ),
            (r::JAL, &[], 0x10_0000, OutOfRange),
            (r::JAL, &[], -0x10_0002, OutOfRange),
            (r::JAL, &[], 1, Misaligned),
            // c.beqz a5
            (r::RVC_BRANCH, &[0x81, 0xc3], 0xfe, Bytes(&[0xfd, 0xcf])),
            (r::RVC_BRANCH, &[0x81, 0xc3], -0x100, Bytes(&[0x81, 0xd3])),
            (r::RVC_BRANCH, &[], 0x100, OutOfRange),
            (r::RVC_BRANCH, &[], -0x102, OutOfRange),
            (r::RVC_BRANCH, &[], 1, Misaligned),
            // c.j
            (r::RVC_JUMP, &[0x01, 0xa0], 0x7fe, Bytes(&[0xfd, 0xaf])),
            (r::RVC_JUMP, &[0x01, 0xa0], -0x800, Bytes(&[0x01, 0xb0])),
            (r::RVC_JUMP, &[], 0x800, OutOfRange),
            (r::RVC_JUMP, &[], -0x802, OutOfRange),
            (r::RVC_JUMP, &[], 1, Misaligned),
            // lui a0: rounding
            (r::HI20, &[0x37, 5, 0, 0], 0x7ff, Bytes(&[0x37, 5, 0, 0])),
            (r::HI20, &[0x37, 5, 0, 0], 0x800, Bytes(&[0x37, 0x15, 0, 0])),
            (
                r::HI20,
                &[0x37, 5, 0, 0],
                0x7fff_f7ff,
                Bytes(&[0x37, 0xf5, 0xff, 0x7f]),
            ),
            (
                r::HI20,
                &[0x37, 5, 0, 0],
                -0x8000_0800,
                Bytes(&[0x37, 5, 0, 0x80]),
            ),
            (r::HI20, &[], 0x7fff_f800, OutOfRange),
            (r::HI20, &[], -0x8000_0801, OutOfRange),
            (r::PCREL_HI20, &[], 0x7fff_f800, OutOfRange),
            (r::CALL_PLT, &[], 0x7fff_f800, OutOfRange),
            (r::CALL_PLT, &[], -0x8000_0801, OutOfRange),
            (
                r::CALL_PLT,
                &[0x97, 0, 0, 0, 0xe7, 0x80, 0, 0],
                -2,
                Bytes(&[0x97, 0, 0, 0, 0xe7, 0x80, 0xe0, 0xff]),
            ),
            (r::ABS32, &[0; 4], 0xffff_ffff, Bytes(&[0xff; 4])),
            (r::ABS32, &[0; 4], -0x8000_0000, Bytes(&[0, 0, 0, 0x80])),
            (r::ABS32, &[], 0x1_0000_0000, OutOfRange),
            (r::ABS32, &[], -0x8000_0001, OutOfRange),
            (r::PCREL32, &[], 0x8000_0000, OutOfRange),
            (r::PCREL32, &[], -0x8000_0001, OutOfRange),
        ],
    );
    // RV32: addresses wrap.
    for r_type in [r::HI20, r::PCREL_HI20, r::CALL_PLT, r::ABS32, r::PCREL32] {
        let range = RISCV32.rule(r_type).unwrap().range;
        assert!(range.contains(0xffff_ffff) && range.contains(-0xffff_ffff));
    }
}

#[test]
fn uleb128_keeps_its_length() {
    let set = RISCV64.rule(r::SET_ULEB128).unwrap();
    let sub = RISCV64.rule(r::SUB_ULEB128).unwrap();
    for (before, s1, s2, after) in [
        (
            &[0x00u8, 0x55][..],
            0x8000_1020,
            0x8000_1000,
            &[0x20u8, 0x55][..],
        ),
        (
            &[0x80, 0x00, 0x55],
            0x8000_1020,
            0x8000_1000,
            &[0xa0, 0x00, 0x55],
        ),
        (
            &[0x80, 0x80, 0x00],
            0x8000_1080,
            0x8000_0f00,
            &[0x80, 0x83, 0x00],
        ),
        (&[0xff, 0x7f], 0x3fff, 0, &[0xff, 0x7f]),
        (&[0xff, 0x7f], 0x1_0000_0001, 0xffff_ffff, &[0x82, 0x00]),
        // Longer than 64 bits.
        (&[0x80; 11], 5, 1, &[0x80; 11]),
        (
            &[
                0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00,
            ],
            0x85,
            1,
            &[
                0x84, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00,
            ],
        ),
    ] {
        let mut bytes = before.to_vec();
        RISCV64.encode(set, &mut bytes, 0, s1);
        RISCV64.encode(sub, &mut bytes, 0, s2);
        assert_eq!(bytes, after, "{before:x?}");
    }
    let mut empty = [];
    RISCV64.encode(set, &mut empty, 0, 1);
    RISCV64.encode(set, &mut empty, 7, 1);
}

#[test]
fn sums_and_differences() {
    // (type, before, value, after) in the first eight bytes.
    for (r_type, before, value, after) in [
        (r::ADD8, 0xff_ffu64, 2, 0xff_01u64),
        (r::ADD16, 0xff_ffff, 2, 0xff_0001),
        (r::ADD32, 0xff_ffff_ffff, 2, 0xff_0000_0001),
        (r::ADD64, u64::MAX, 2, 1),
        (r::SUB8, 0x0100, 1, 0x01ff),
        (r::SUB16, 0x01_0000, 1, 0x01_ffff),
        (r::SUB32, 0x1_0000_0000, 1, 0x1_ffff_ffff),
        (r::SUB64, 0, 1, u64::MAX),
        (r::SET6, 0xc0, 0x7f, 0xff),
        (r::SUB6, 0x40, 1, 0x7f),
        (r::SUB6, 0xff, 0x3f, 0xc0),
    ] {
        let rule = RISCV64.rule(r_type).unwrap();
        let mut bytes = before.to_le_bytes();
        RISCV64.encode(rule, &mut bytes, 0, value);
        assert_eq!(u64::from_le_bytes(bytes), after, "{}", rule.name);
    }
}

fn site(r_type: u32, addend: i64) -> Site {
    Site {
        r_type,
        offset: 0,
        addend,
    }
}

#[test]
fn padding() {
    for (addend, p, expected) in [
        (2, 0x1000, Some((0, 2))),
        (2, 0x1002, Some((2, 0))),
        (6, 0x1002, Some((6, 0))),
        (6, 0x1004, Some((4, 2))),
        (6, 0x1008, Some((0, 6))),
        (4, 0x1004, Some((4, 0))),
        (12, 0x1004, Some((12, 0))),
        (14, 0x100e, Some((2, 12))),
        (30, 0xffff_ffff_ffff_ffe2, Some((30, 0))),
        (0, 0x1002, Some((0, 0))),
        // Nothing a psABI producer writes; must not grow.
        (2, 0x1001, Some((2, 0))),
        (-2, 0x1000, None),
        (i64::MAX, 0x1000, Some((0x7fff_ffff_ffff_f000, 0xfff))),
    ] {
        let got = RISCV64.align_padding(site(r::ALIGN, addend), p);
        assert_eq!(got, expected, "{addend} at {p:#x}");
    }
    assert_eq!(RISCV64.align_padding(site(r::RELAX, 2), 0x1000), None);
    for (length, expected) in [
        (0, &[][..]),
        (2, &[0x01, 0][..]),
        (4, &[0x13, 0, 0, 0]),
        (6, &[0x13, 0, 0, 0, 0x01, 0]),
    ] {
        let mut out = vec![0xaa; length];
        RISCV64.write_padding(&mut out);
        assert_eq!(out, expected);
    }
}

const FACTS: SymbolFacts = SymbolFacts {
    undefined_weak: false,
    ifunc: false,
    absolute: false,
    pic: false,
    preemptible: false,
    shared: false,
    dynamic: false,
};

#[test]
fn undefined_weak_symbols_are_at_zero() {
    let weak = SymbolFacts {
        undefined_weak: true,
        ..FACTS
    };
    for (r_type, before, value, after) in [
        // auipc ra; jalr ra → lui ra; jalr ra
        (
            r::CALL_PLT,
            0x0000_80e7_0000_0097u64,
            0,
            0x0000_80e7_0000_00b7u64,
        ),
        (
            r::CALL_PLT,
            0x0000_80e7_0000_0097,
            0xffd,
            0xffd0_80e7_0000_10b7,
        ),
        (r::PCREL_HI20, 0x0000_0517, 0, 0x0000_0537),
        // To itself.
        (r::JAL, 0x0000_00ef, 0, 0x0000_00ef),
        (r::RVC_JUMP, 0xffff_aaaa_adb1, 0, 0xffff_aaaa_a001),
    ] {
        let mut bytes = before.to_le_bytes();
        let rewrite = RISCV64.rewrite(site(r_type, 0), weak, &bytes).unwrap();
        assert_eq!(rewrite.rule.relative, Relative::Zero);
        RISCV64
            .apply_rewrite(&rewrite, site(r_type, 0), &mut bytes, value)
            .unwrap();
        let result = u64::from_le_bytes(bytes);
        assert_eq!(result, after, "type {r_type}: {result:#x}");
        assert!(RISCV64.rewrite(site(r_type, 0), FACTS, &bytes).is_none());
    }
    assert!(RISCV32.rewrite(site(r::CALL, 0), weak, &[0; 8]).is_none());
}

#[test]
fn tls_descriptors_become_local_exec() {
    // auipc a1; ld a2, (a1); addi a0, a1; jalr t0, a2
    let before = [0x0000_0597u32, 0x0005_b603, 0x0005_8513, 0x0006_02e7];
    let types = [
        r::TLSDESC_HI20,
        r::TLSDESC_LOAD_LO12,
        r::TLSDESC_ADD_LO12,
        r::TLSDESC_CALL,
    ];
    for (value, after) in [
        (0x7ff, [NOP, NOP, NOP, 0x7ff0_0513]),
        (-1, [NOP, NOP, NOP, 0xfff0_0513]),
        // lui a0, 0x12345; addi a0, a0, -1
        (0x1234_4fff, [NOP, NOP, 0x1234_5537, 0xfff5_0513]),
    ] {
        for (i, r_type) in types.into_iter().enumerate() {
            let mut bytes = before[i].to_le_bytes();
            let rewrite = RISCV64.rewrite(site(r_type, 0), FACTS, &bytes).unwrap();
            RISCV64
                .apply_rewrite(&rewrite, site(r_type, 0), &mut bytes, value)
                .unwrap();
            assert_eq!(
                u32::from_le_bytes(bytes),
                after[i],
                "type {r_type} {value:#x}"
            );
        }
    }
    let rewrite = RISCV64
        .rewrite(site(r::TLSDESC_HI20, 0), FACTS, &[])
        .unwrap();
    assert_eq!(rewrite.rule.base, Base::TpOffset);
    assert_eq!(
        RISCV64.apply_rewrite(&rewrite, site(r::TLSDESC_HI20, 0), &mut [0; 4], 1 << 32),
        Err(Range::High20)
    );
}

#[test]
fn plt_entries() {
    let mut out = [0; 16];
    for (arch, load) in [(&RISCV64, 0xffee_3e03u32), (&RISCV32, 0xffee_2e03)] {
        arch.write_plt_entry(&mut out, 0x1000, 0x1234_5ffe);
        let expected = [0x1234_5e17u32, load, 0x000e_0367, NOP];
        let bytes: Vec<u8> = expected.iter().flat_map(|w| w.to_le_bytes()).collect();
        assert_eq!(out[..], bytes[..]);
    }
}

#[test]
fn e_flags() {
    for (so_far, next, expected) in [
        (None, 5, Ok(5)),
        (Some(4), 5, Ok(5)),
        (Some(0x10), 1, Ok(0x11)),
        (
            Some(0),
            4,
            Err("double-float ABI cannot be linked with soft-float ABI"),
        ),
        (
            Some(6),
            2,
            Err("single-float ABI cannot be linked with quad-float ABI"),
        ),
        (Some(0), 8, Err("RVE ABI cannot be linked with RVI ABI")),
        (Some(8), 0, Err("RVI ABI cannot be linked with RVE ABI")),
    ] {
        let got = RISCV64.merge_e_flags(so_far, next);
        assert_eq!(
            got.as_ref().map_err(String::as_str),
            expected.as_ref().map_err(|e| *e)
        );
    }
}

#[test]
fn relaxed_instructions() {
    const JALR_RA: u64 = 0x0000_80e7;
    const JALR_T0: u64 = 0x0003_02e7;
    const LW: u64 = 0x0005_2583; // lw a1, 0(a0)
    const SW: u64 = 0x00b5_2023; // sw a1, 0(a0)
    const LUI: u64 = 0x0000_0537; // lui a0
    let rules = &rules::RV32.rewritten;
    // (form, rule, type, what the cut leaves, value, after)
    #[rustfmt::skip]
    let rows = [
        (form::GONE, &rules.gone_zero, r::HI20, 0x1234_5678u64, 0, 0x1234_5678u64),
        (form::JAL, &rules.jump, r::CALL, JALR_RA, -0x10_0000, 0x8000_00ef),
        (form::JAL, &rules.jump, r::CALL, JALR_T0, 0xf_fffe, 0x7fff_f2ef),
        (form::C_J, &rules.compressed_jump, r::CALL, 0xaaaa_0000, -0x800, 0xaaaa_b001),
        (form::C_JAL, &rules.compressed_jump, r::CALL, 0xaaaa_0000, 0x7fe, 0xaaaa_2ffd),
        (form::JALR_ZERO, &rules.jump_zero, r::CALL, JALR_RA, 0x7fe, 0x7fe0_00e7),
        (form::C_LUI, &rules.compressed_high, r::HI20, LUI & 0xffff, 0x1f7ff, 0x657d),
        (form::C_LUI, &rules.compressed_high, r::HI20, LUI & 0xffff, -0x1_f800, 0x7505),
        (form::HIGH, &rules.relative, r::GOT_HI20, 0x0000_0517, 0x1800, 0x0000_2517),
        (form::LOW_ZERO, &rules.low_zero, r::LO12_I, LW, 0x7ff, 0x7ff0_2583),
        (form::LOW_ZERO, &rules.low_zero, r::LO12_S, SW, -0x800, 0x80b0_2023),
        (form::LOW_GP, &rules.low_gp, r::LO12_I, LW, -1, 0xfff1_a583),
        (form::LOW_GP, &rules.paired, r::PCREL_LO12_S, SW, 0x20, 0x02b1_a023),
        (form::LOW_TP, &rules.low_tp, r::TPREL_LO12_S, SW, 4, 0x00b2_2223),
        (form::LOW_TP, &rules.low_tp, r::TPREL_LO12_I, LW, 4, 0x0042_2583),
        (form::ADDI, &rules.tls_low, r::PCREL_LO12_I, LW, 0x1004, 0x0045_0593),
        (form::ADDI_GP, &rules.paired, r::PCREL_LO12_I, LW, 4, 0x0041_8593),
        (form::LI, &rules.paired, r::PCREL_LO12_I, LW, -2, 0xffe0_0593),
        (form::C_LI, &rules.compressed_paired, r::PCREL_LO12_I, LW & 0xffff, -32, 0x5581),
        (form::C_LI, &rules.compressed_paired, r::PCREL_LO12_I, LW & 0xffff, 31, 0x45fd),
    ];
    for (form, rule, r_type, before, value, after) in rows {
        let rewrite = Rewrite {
            rule,
            form,
            skip_next: false,
        };
        let mut bytes = before.to_le_bytes();
        RISCV32
            .apply_rewrite(&rewrite, site(r_type, 0), &mut bytes, value)
            .unwrap();
        let result = u64::from_le_bytes(bytes);
        assert_eq!(result, after, "form {form} {value:#x}: {result:#x}");
        // Beyond the field is refused, not cut off.
        if let Range::Signed(bits) = rule.range {
            let beyond = 1 << (bits - 1);
            let refused = RISCV32.apply_rewrite(&rewrite, site(r_type, 0), &mut bytes, beyond);
            assert_eq!(refused, Err(rule.range), "form {form}");
        }
        for length in 0..4 {
            let _ = RISCV32.apply_rewrite(&rewrite, site(r_type, 0), &mut bytes[..length], value);
        }
    }
}
