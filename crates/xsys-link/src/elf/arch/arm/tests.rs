//! The table against known instructions: each row of [`LINKED`] is an instruction before and
//! after a link by another linker (lld).

use super::encode::{self, Field};
use super::rules::{RULES, r};
use super::{Arm, Core, Sequence, Target2};
use crate::elf::arch::tests::{Table, check_table};
use crate::elf::arch::{
    Arch, Base, BranchTarget, Range, Relative, RelocRules, Rewrites, Runtime, Site, SymbolFacts,
    Thunks,
};

static ARM: Arm = Arm::new(Core::V7);

/// (type, P, S with the mode bit, S is a function, word before, word after); halfwords stand in
/// the low half.
#[rustfmt::skip]
const LINKED: &[(u32, u64, u64, bool, u32, u32)] = &[
    (28, 0x10000, 0xff1234, true, 0xebfffffe, 0xeb3f848b),
    (28, 0x10004, 0xe25679, true, 0xebfffffe, 0xfa38559b),
    (28, 0x10008, 0xe25679, true, 0xfafffffe, 0xfa38559a),
    (28, 0x1000c, 0xff1234, true, 0xfafffffe, 0xeb3f8488),
    (29, 0x10010, 0xff1234, true, 0xeafffffe, 0xea3f8487),
    (29, 0x10014, 0xff1234, true, 0x1afffffe, 0x1a3f8486),
    (28, 0x10018, 0xe25679, true, 0xebfffffe, 0xfa385596),
    (43, 0x1001c, 0x20012344, false, 0xe3001000, 0xe3021344),
    (44, 0x10020, 0x20012344, false, 0xe3401000, 0xe3421001),
    (45, 0x10024, 0x20012344, false, 0xe3002000, 0xe3022320),
    (46, 0x10028, 0x20012344, false, 0xe3402000, 0xe3422000),
    (43, 0x1002c, 0xe25679, true, 0xe3003000, 0xe3053679),
    (2, 0x10030, 0x20012344, false, 0x00000000, 0x20012344),
    (3, 0x10034, 0x20012344, false, 0x00000000, 0x20002310),
    (2, 0x10038, 0xe25679, true, 0x00000000, 0x00e25679),
    (41, 0x1003c, 0xe25679, true, 0x00000000, 0x00e1563d),
    (38, 0x10040, 0x20012344, false, 0x00000000, 0x20012344),
    (42, 0x10044, 0xe25679, true, 0x00000000, 0x00e15635),
    (4, 0x10048, 0x10800, false, 0xe51f0008, 0xe59f07b0),
    (57, 0x1004c, 0xff123c, false, 0xe24f0008, 0xe28f08fe),
    (59, 0x10050, 0xff123c, false, 0xe2800004, 0xe2800d47),
    (63, 0x10054, 0xff123c, false, 0xe5901000, 0xe5901028),
    (66, 0x10058, 0xff123c, false, 0xe1d010b0, 0xe1d012b4),
    (65, 0x1005c, 0x1085c, false, 0xe1d010b0, 0xe1d010b0),
    (60, 0x10060, 0x10800, false, 0xe2401a01, 0xe2401000),
    (10, 0x10804, 0xe25679, true, 0xfffef7ff, 0xd738f214),
    (10, 0x10808, 0xff1234, true, 0xfffef7ff, 0xc514f3e0),
    (10, 0x1080e, 0xff1234, true, 0xfffef7ff, 0xc512f3e0),
    (10, 0x10812, 0xff1234, true, 0xeffef7ff, 0xc510f3e0),
    (10, 0x10816, 0xe25679, true, 0xeffef7ff, 0xd72ff214),
    (30, 0x1081a, 0xe25679, true, 0xbffef7ff, 0x972df214),
    (51, 0x1081e, 0x10865, true, 0xaffef43f, 0x8021f000),
    (47, 0x10828, 0x20012344, false, 0x0100f240, 0x3144f242),
    (48, 0x1082c, 0x20012344, false, 0x0100f2c0, 0x0101f2c2),
    (49, 0x10830, 0x20012344, false, 0x0200f240, 0x3214f641),
    (50, 0x10834, 0x20012344, false, 0x0200f2c0, 0x0200f2c2),
    (47, 0x10838, 0xe25679, true, 0x0300f240, 0x6379f245),
    (54, 0x1083c, 0x1085c, false, 0x0004f85f, 0x001cf8df),
    (54, 0x10840, 0x10800, false, 0x0004f85f, 0x0044f85f),
    (53, 0x10844, 0x1085c, false, 0x0004f2af, 0x0014f20f),
    (53, 0x10848, 0x10800, false, 0x0004f2af, 0x004cf2af),
    (102, 0x1084c, 0x10861, true, 0x0000e7fe, 0x0000e008),
    (103, 0x1084e, 0x10861, true, 0x0000d0fe, 0x0000d007),
    (11, 0x10850, 0x1085c, false, 0x000048ff, 0x00004802),
    (135, 0x10852, 0x20012344, false, 0x00002000, 0x00002020),
    (134, 0x10854, 0x20012344, false, 0x00003000, 0x00003001),
    (133, 0x10856, 0x20012344, false, 0x00003000, 0x00003023),
    (132, 0x10858, 0x20012344, false, 0x00003004, 0x00003048),
];

fn value(r_type: u32, p: u64, s: u64, a: i64) -> i64 {
    let x = (s as i64).wrapping_add(a);
    match ARM.rule(r_type).unwrap().relative {
        Relative::Zero => x,
        Relative::Place => x - p as i64,
        Relative::PlaceAlign4 => x - (p & !3) as i64,
        other => panic!("{other:?} needs a GOT"),
    }
}

#[test]
fn linked_instructions() {
    let arm = Arm {
        target2: Target2::Rel,
        ..ARM
    };
    for &(r_type, p, s, is_function, before, after) in LINKED {
        let rule = arm.rule(r_type).unwrap();
        let mut bytes = before.to_le_bytes();
        let a = arm.implicit_addend(rule, &bytes, 0);
        let v = value(r_type, p, s, a);
        assert!(rule.range.contains(v), "{} at {p:#x}", rule.name);
        assert!(arm.encodable(rule, v), "{} at {p:#x}", rule.name);
        if rule.base == Base::Branch {
            let target = BranchTarget {
                addr: s.wrapping_add_signed(a),
                is_function,
            };
            let site = Site {
                r_type,
                offset: 0,
                addend: a,
            };
            assert_eq!(arm.thunk(site, p, target), None, "{} at {p:#x}", rule.name);
            arm.encode_branch(rule, &mut bytes, 0, v, target);
        } else {
            arm.encode(rule, &mut bytes, 0, v);
        }
        let result = u32::from_le_bytes(bytes);
        assert_eq!(
            result, after,
            "{} at {p:#x}: {result:#010x} instead of {after:#010x}",
            rule.name
        );
    }
}

/// Both ends of every field survive writing and reading, for either filling of the other bits,
/// and touch no bit that zero does not touch.
#[test]
fn fields_hold_their_range() {
    for rule in RULES {
        let (low, high) = match (rule.range, encode::field(rule.r_type)) {
            (_, Field::None) => continue,
            // Groups: the residual field is what a read returns.
            (_, Field::ArmAlu(0)) => (-0xff, 0xff),
            (
                _,
                Field::ArmAlu(1..)
                | Field::ArmLoadExtra(1..)
                | Field::ArmLoadCoprocessor(1..)
                | Field::ArmLoad(1..),
            ) => {
                continue;
            }
            // Halves of a word, read back as addends.
            (_, Field::ArmMove(0) | Field::ThumbMove(0)) => (-0x8000, 0x7fff),
            (_, Field::ArmMove(_) | Field::ThumbMove(_) | Field::ThumbByte(_)) => continue,
            (_, Field::Byte) => (-0x80, 0x7f),
            (_, Field::Half) => (-0x8000, 0x7fff),
            (_, Field::ThumbBranch6) => (0, 0x78),
            (Range::Any, _) => (i64::from(i32::MIN), i64::from(i32::MAX)),
            (range, _) => {
                let (low, high) = range.bounds();
                assert!(!range.contains(low as i64 - 1), "{}", rule.name);
                assert!(!range.contains(high as i64 + 1), "{}", rule.name);
                (low as i64, high as i64)
            }
        };
        let step = match encode::field(rule.r_type) {
            Field::ArmBranch | Field::ArmLoadCoprocessor(_) => 4,
            Field::ThumbLiteral8 | Field::ThumbLoad5 => 4,
            Field::ThumbBranch
            | Field::ThumbBranch19
            | Field::ThumbBranch11
            | Field::ThumbBranch8
            | Field::ThumbBranch6 => 2,
            _ => 1,
        };
        let (low, high) = ((low + step - 1) / step * step, high.div_euclid(step) * step);
        // Branches: B, BL so that the state cannot change by itself.
        let fillings: [u32; 2] = match encode::field(rule.r_type) {
            Field::ArmBranch => [0xea00_0000, 0xebff_ffff],
            Field::ThumbBranch => [0x9000_f000, 0xffff_f7ff],
            Field::ThumbLiteral8 => [0x4800, 0x48ff],
            _ => [0, u32::MAX],
        };
        for filling in fillings {
            for v in [low, -step, 0, step, high] {
                if !(low..=high).contains(&v) {
                    continue;
                }
                let mut bytes = filling.to_le_bytes();
                ARM.encode(rule, &mut bytes, 0, v & !(step - 1));
                let read = ARM.implicit_addend(rule, &bytes, 0);
                // The top of an unsigned literal offset reads as the addend −4.
                let expected = match (encode::field(rule.r_type), v) {
                    (Field::ThumbLiteral8, 0x3fc) => -4,
                    _ => v,
                };
                assert_eq!(read, expected, "{} {v:#x} in {filling:#x}", rule.name);
            }
        }
    }
}

#[test]
fn only_the_place_is_written() {
    for rule in RULES {
        for filling in [0u8, 0xff] {
            let mut bytes = [filling; 12];
            ARM.encode(rule, &mut bytes, 4, 0x1234_5678);
            let end = 4 + usize::from(rule.size);
            assert!(bytes[..4].iter().all(|&b| b == filling), "{}", rule.name);
            assert!(bytes[end..].iter().all(|&b| b == filling), "{}", rule.name);
        }
    }
}

#[test]
fn corrupt_places_are_ignored() {
    for rule in RULES {
        for length in 0..4 {
            let mut bytes = vec![0x55; length];
            ARM.implicit_addend(rule, &bytes, 1);
            ARM.encode(rule, &mut bytes, 2, 4);
            ARM.implicit_addend(rule, &bytes, usize::MAX);
            ARM.encode(rule, &mut bytes, usize::MAX, 4);
        }
    }
}

#[test]
fn table_is_sorted_and_complete() {
    let table = Table {
        rows: RULES.len(),
        ..Table::default()
    };
    check_table(&ARM, &table);
    assert!(RULES.is_sorted_by(|a, b| a.r_type < b.r_type));
    for rule in RULES {
        assert_eq!(ARM.rule(rule.r_type).unwrap().name, rule.name);
        let has_field = encode::field(rule.r_type) != Field::None;
        assert_eq!(has_field, rule.base != Base::Nothing, "{}", rule.name);
    }
    for unknown in [
        r::RELATIVE,
        r::TLS_DTPMOD32,
        r::IRELATIVE,
        161,
        255,
        u32::MAX,
    ] {
        assert!(ARM.rule(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn groups() {
    // (type, value, fits, immediate written over `add r0, r0, #0` or `ldr`)
    for (r_type, v, fits, word) in [
        (r::ALU_PC_G0, 0x0ff0_0000, true, 0xe280_06ff_u32),
        (r::ALU_PC_G0, -0xff, true, 0xe240_00ff),
        (r::ALU_PC_G0, 0x101, false, 0xe280_0f40),
        (r::ALU_PC_G0_NC, 0x101, true, 0xe280_0f40),
        (r::ALU_PC_G1, 0x1_0001, true, 0xe280_0001),
        (r::ALU_PC_G1, 0x1234_5678, false, 0xe280_09d1),
        (r::ALU_PC_G2, 0x1234_5600, true, 0xe280_0d58),
        (r::ALU_PC_G2, -1, true, 0xe240_0000),
    ] {
        let rule = ARM.rule(r_type).unwrap();
        assert_eq!(ARM.encodable(rule, v), fits, "{} {v:#x}", rule.name);
        let mut bytes = 0xe280_0000u32.to_le_bytes();
        ARM.encode(rule, &mut bytes, 0, v);
        let result = u32::from_le_bytes(bytes);
        assert_eq!(result, word, "{} {v:#x}: {result:#x}", rule.name);
    }
    for (r_type, v, fits) in [
        (r::LDR_PC_G1, 0x12_0fff, true),
        (r::LDR_PC_G1, 0x1234_1000, false),
        (r::LDRS_PC_G1, 0xff00_00ff, true),
        (r::LDRS_PC_G1, 0xff00_0100, false),
        (r::LDC_PC_G2, 0xff_03fc, true),
        (r::LDC_PC_G1, 0xff0_7000, false),
    ] {
        let rule = ARM.rule(r_type).unwrap();
        assert_eq!(ARM.encodable(rule, v), fits, "{} {v:#x}", rule.name);
    }
}

fn site(r_type: u32) -> Site {
    let a = -(ARM.branch_bias(r_type) as i64);
    Site {
        r_type,
        offset: 0,
        addend: a,
    }
}

fn branch(arm: Arm, r_type: u32, p: u64, s: u64, is_function: bool) -> Option<Sequence> {
    let addr = s.wrapping_sub(arm.branch_bias(r_type));
    let target = BranchTarget { addr, is_function };
    arm.thunk(site(r_type), p, target).map(Sequence::of)
}

#[test]
fn thunks_where_needed() {
    const P: u64 = 0x1000_0000;
    let on = Arm::new;
    #[rustfmt::skip]
    let table = [
        // The ends of each reach.
        (Core::V7, r::CALL, P + 8 + 0x1ff_fffc, true, None),
        (Core::V7, r::CALL, P + 8 + 0x200_0000, true, Some(Sequence::ArmMove)),
        (Core::V7, r::JUMP24, P + 8 - 0x200_0000, true, None),
        (Core::V7, r::JUMP24, P + 4 - 0x200_0000, true, Some(Sequence::ArmMove)),
        (Core::V7M, r::THM_CALL, (P + 4 + 0xff_fffe) | 1, true, None),
        (Core::V7M, r::THM_CALL, (P + 4 + 0x100_0000) | 1, true, Some(Sequence::ThumbMove)),
        (Core::V7M, r::THM_JUMP24, (P + 4 - 0x100_0000) | 1, true, None),
        (Core::V7M, r::THM_JUMP24, (P + 2 - 0x100_0000) | 1, true, Some(Sequence::ThumbMove)),
        (Core::V7, r::THM_JUMP19, (P + 4 + 0xf_fffe) | 1, true, None),
        (Core::V7, r::THM_JUMP19, (P + 4 + 0x10_0000) | 1, true, Some(Sequence::ThumbShort)),
        (Core::V7, r::THM_JUMP19, (P - 0xd0_0000) | 1, true, Some(Sequence::ThumbShort)),
        (Core::V7, r::THM_JUMP19, (P + 0xf0_0000) | 1, true, Some(Sequence::ThumbMove)),
        (Core::V7, r::THM_JUMP19, P + 0x20_0000, false, Some(Sequence::ThumbShort)),
        (Core::V6M, r::THM_CALL, (P + 4 + 0x100_0000) | 1, true, Some(Sequence::ThumbStack)),
        (Core::V6M, r::THM_CALL, (P + 4 + 0x40_0000) | 1, true, None),
        (Core::V5T, r::THM_CALL, (P + 4 + 0x3f_fffe) | 1, true, None),
        (Core::V5T, r::THM_CALL, (P + 4 + 0x40_0000) | 1, true, Some(Sequence::ThumbViaArmLoad)),
        (Core::V4T, r::THM_CALL, (P + 4 + 0x40_0000) | 1, true, Some(Sequence::ThumbViaArm)),
        (Core::V5T, r::JUMP24, P | 1, true, Some(Sequence::ArmLoad)),
        (Core::V4T, r::CALL, P + 0x400_0000, true, Some(Sequence::ArmLoad)),
        // State changes.
        (Core::V7, r::CALL, P | 1, true, None),
        (Core::V7, r::JUMP24, P | 1, true, Some(Sequence::ArmMove)),
        (Core::V7, r::PLT32, P | 1, true, Some(Sequence::ArmMove)),
        (Core::V7, r::THM_CALL, P, true, None),
        (Core::V7, r::THM_JUMP24, P, true, Some(Sequence::ThumbMove)),
        (Core::V7, r::THM_JUMP19, P, true, Some(Sequence::ThumbMove)),
        (Core::V4T, r::CALL, P | 1, true, Some(Sequence::ArmLiteral)),
        (Core::V4T, r::THM_CALL, P, true, Some(Sequence::ThumbViaArmLoad)),
        // Labels have no state; cores with one state have nothing to change.
        (Core::V7, r::THM_JUMP24, P, false, None),
        (Core::V7M, r::THM_JUMP24, P, true, None),
        // Too short for thunks.
        (Core::V7, r::THM_JUMP8, P + 0x10_0000, true, None),
        // Not a branch.
        (Core::V7, r::ABS32, P + 0x1000_0000, true, None),
    ];
    for (core, r_type, s, is_function, expected) in table {
        let got = branch(on(core), r_type, P, s, is_function);
        assert_eq!(got, expected, "{core:?} type {r_type} to {s:#x}");
    }
    let pic = Arm { pic: true, ..ARM };
    assert_eq!(
        branch(pic, r::JUMP24, P, P | 1, true),
        Some(Sequence::ArmMovePic)
    );
    // A BLX between words: the reach ends a halfword earlier.
    let p = P + 2;
    assert_eq!(branch(ARM, r::THM_CALL, p, P + 0x100_0000, true), None);
    assert_eq!(
        branch(ARM, r::THM_CALL, p, P + 0x100_0004, true),
        Some(Sequence::ThumbMove)
    );
}

#[test]
fn thunk_reach_and_entry() {
    const P: u64 = 0x1000_0000;
    let form = |f: Sequence| f.number();
    let thumb = form(Sequence::ThumbMove);
    let arm = form(Sequence::ArmMove);
    assert_eq!((ARM.thunk_entry(thumb), ARM.thunk_entry(arm)), (1, 0));
    for (r_type, form, at, reaches) in [
        (r::THM_CALL, thumb, P + 4 + 0xff_fffc, true),
        (r::THM_CALL, thumb, P + 4 + 0x100_0000, false),
        (r::THM_CALL, arm, P + 4 + 0xff_fffc, true),
        (r::THM_JUMP24, arm, P, false),
        (r::THM_JUMP24, thumb, P - 0x10_0000, true),
        (r::THM_JUMP19, thumb, P + 4 + 0x10_0000, false),
        (r::JUMP24, arm, P + 8 + 0x1ff_fffc, true),
        (r::JUMP24, arm, P + 8 + 0x200_0000, false),
        (r::JUMP24, thumb, P, false),
        (r::CALL, thumb, P, true),
    ] {
        let got = ARM.thunk_reaches(site(r_type), P, form, at);
        assert_eq!(got, reaches, "type {r_type} to {at:#x}");
    }
}

#[test]
fn thunk_bytes() {
    const ADDR: u64 = 0x2_0000;
    let mut out = [0; 20];
    #[rustfmt::skip]
    let table: [(Sequence, u64, &[u32]); 14] = [
        (Sequence::ArmMove, 0x1234_5678, &[0xe305_c678, 0xe341_c234, 0xe12f_ff1c]),
        (Sequence::ArmMovePic, 0x1236_5688, &[0xe305_c678, 0xe341_c234, 0xe08c_c00f, 0xe12f_ff1c]),
        (Sequence::ArmLiteral, 0x1234_5679, &[0xe59f_c000, 0xe12f_ff1c, 0x1234_5679]),
        (Sequence::ArmLiteralPic, 0x1236_5684, &[0xe59f_c004, 0xe08f_c00c, 0xe12f_ff1c, 0x1234_5678]),
        (Sequence::ThumbMove, 0x1234_5678, &[0x6c78_f245, 0x2c34_f2c1, 0x4760]),
        (Sequence::ThumbMovePic, 0x1236_5684, &[0x6c78_f245, 0x2c34_f2c1, 0x4760_44fc]),
        (Sequence::ThumbViaArm, 0x1234_5679, &[0x46c0_4778, 0xe59f_c000, 0xe12f_ff1c, 0x1234_5679]),
        (Sequence::ThumbViaArmPic, 0x1236_5688,
         &[0x46c0_4778, 0xe59f_c004, 0xe08f_c00c, 0xe12f_ff1c, 0x1234_5678]),
        (Sequence::ThumbStack, 0x1234_5679, &[0x4801_b403, 0xbd01_9001, 0x1234_5679]),
        (Sequence::ThumbStackPic, 0x1236_5684, &[0x4802_b401, 0xbc01_4684, 0x46c0_44e7, 0x1234_5678]),
        (Sequence::ThumbStackImmediate, 0x1234_5679,
         &[0x2012_b403, 0x3034_0200, 0x3056_0200, 0x3079_0200, 0xbd01_9001]),
        (Sequence::ThumbShort, 0x2_1235, &[0xb918_f001]),
        (Sequence::ThumbViaArmLoad, 0x1234_5679, &[0x46c0_4778, 0xe51f_f004, 0x1234_5679]),
        (Sequence::ArmLoad, 0x1234_5678, &[0xe51f_f004, 0x1234_5678]),
    ];
    for (form, target, expected) in table {
        out.fill(0);
        let number = form.number();
        assert_eq!(Sequence::of(number), form);
        let target = BranchTarget {
            addr: target,
            is_function: true,
        };
        ARM.write_thunk(number, &mut out, ADDR, target);
        let mut bytes: Vec<u8> = expected.iter().flat_map(|w| w.to_le_bytes()).collect();
        bytes.resize(20, 0);
        assert_eq!(out[..], bytes[..], "{form:?}");
        assert!(
            out[ARM.thunk_size(number)..].iter().all(|&b| b == 0),
            "{form:?}"
        );
        let mapping = ARM.thunk_mapping(number);
        assert_eq!(mapping[0].name == "$t", form.is_thumb(), "{form:?}");
        let data = mapping.iter().find(|m| m.name == "$d");
        let has_literal = match form {
            Sequence::ThumbShort | Sequence::ThumbStackImmediate => false,
            _ => format!("{form:?}").contains(['L', 'S', 'V']),
        };
        assert_eq!(data.is_some(), has_literal, "{form:?}");
        if let Some(data) = data {
            assert_eq!(data.offset as usize + 4, form.size(), "{form:?}");
        }
    }
}

/// Where the target does not say in which state it runs, thunks leave in the caller's; where there
/// is one state, that is it.
#[test]
fn thunks_to_labels_keep_the_state() {
    for (core, form, expected) in [
        (Core::V7, Sequence::ArmMove, 0xe300_c100u32),
        (Core::V7, Sequence::ThumbMove, 0x1c01_f240),
        (Core::V7M, Sequence::ThumbMove, 0x1c01_f240),
    ] {
        let mut out = [0; 12];
        let target = BranchTarget {
            addr: 0x100,
            is_function: false,
        };
        Arm::new(core).write_thunk(form.number(), &mut out, 0, target);
        assert_eq!(out[..4], expected.to_le_bytes(), "{core:?} {form:?}");
    }
}

#[test]
fn spacing_follows_what_occurs() {
    assert_eq!(ARM.thunk_spacing(Some(21)), Some((1 << 20) - (1 << 14)));
    assert_eq!(ARM.thunk_spacing(Some(26)), Some((1 << 25) - (1 << 19)));
    assert!(ARM.changes_state() && !Arm::new(Core::V7M).changes_state());
}

#[test]
fn plt_entries() {
    const ADDR: u64 = 0x2_0000;
    #[rustfmt::skip]
    let table: [(Core, u64, [u32; 4]); 4] = [
        (Core::V7, 0x1236_5688, [0xe305_c678, 0xe341_c234, 0xe08c_c00f, 0xe59c_f000]),
        (Core::V5T, 0x1236_5684, [0xe59f_c004, 0xe08c_c00f, 0xe59c_f000, 0x1234_5678]),
        (Core::V7M, 0x1236_5684, [0x6c78_f245, 0x2c34_f2c1, 0xf8dc_44fc, 0x46c0_f000]),
        (Core::V6M, 0x1234_5678, [0x4802_b403, 0x9001_6800, 0x46c0_bd01, 0x1234_5678]),
    ];
    for (core, slot, expected) in table {
        let arm = Arm::new(core);
        let mut out = [0; 16];
        arm.write_plt_entry(&mut out, ADDR, slot);
        let bytes: Vec<u8> = expected.iter().flat_map(|w| w.to_le_bytes()).collect();
        assert_eq!(out[..], bytes[..], "{core:?}");
        assert_eq!(arm.plt_entry() == 1, arm.plt_mapping()[0].name == "$t");
    }
    // Loads into PC do not change state yet.
    let mut out = [0; 20];
    Arm::new(Core::V4T).write_plt_entry(&mut out, ADDR, 0x1236_5684);
    let words = [
        0xe59f_c008u32,
        0xe08c_c00f,
        0xe59c_c000,
        0xe12f_ff1c,
        0x1234_5678,
    ];
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    assert_eq!(out[..], bytes[..]);
}

#[test]
fn branches_to_undefined_weak_symbols_do_nothing() {
    let facts = SymbolFacts {
        undefined_weak: true,
        ifunc: false,
        absolute: false,
        pic: false,
        preemptible: false,
        shared: false,
        dynamic: false,
    };
    for (r_type, before, after) in [
        (r::CALL, 0xebff_fffeu32, 0xe1a0_0000u32),
        (r::JUMP24, 0x1aff_fffe, 0xe1a0_0000),
        (r::THM_CALL, 0xfffe_f7ff, 0x46c0_46c0),
        (r::THM_JUMP19, 0xaffe_f43f, 0x46c0_46c0),
        (r::THM_JUMP11, 0x1234_e7fe, 0x1234_46c0),
    ] {
        let mut bytes = before.to_le_bytes();
        let rewrite = ARM.rewrite(site(r_type), facts, &bytes).unwrap();
        assert_eq!(rewrite.rule.base, Base::Nothing);
        ARM.apply_rewrite(&rewrite, site(r_type), &mut bytes, 0)
            .unwrap();
        assert_eq!(u32::from_le_bytes(bytes), after, "type {r_type}");
        let defined = SymbolFacts {
            undefined_weak: false,
            ..facts
        };
        assert!(ARM.rewrite(site(r_type), defined, &bytes).is_none());
    }
    assert!(ARM.rewrite(site(r::ABS32), facts, &[0; 4]).is_none());
}

#[test]
fn bx_becomes_mov_where_asked() {
    let facts = SymbolFacts {
        undefined_weak: false,
        ifunc: false,
        absolute: true,
        pic: false,
        preemptible: false,
        shared: false,
        dynamic: false,
    };
    let fix = Arm {
        fix_v4bx: true,
        ..ARM
    };
    for (before, after) in [
        (0xe12f_ff1eu32, 0xe1a0_f00eu32), // bx lr
        (0x112f_ff13, 0x11a0_f003),       // bxne r3
        (0xe12f_ff33, 0xe12f_ff33),       // blx r3
    ] {
        let mut bytes = before.to_le_bytes();
        assert!(ARM.rewrite(site(r::V4BX), facts, &bytes).is_none());
        let rewrite = fix.rewrite(site(r::V4BX), facts, &bytes).unwrap();
        fix.apply_rewrite(&rewrite, site(r::V4BX), &mut bytes, 0)
            .unwrap();
        assert_eq!(u32::from_le_bytes(bytes), after);
    }
}

/// Every number of AAELF32 has a row or a name, and none has both.
#[test]
fn all_relocations_are_known_by_name() {
    let unassigned = [18, 19].into_iter().chain(139..160).chain(168..256);
    let unassigned: Vec<u32> = unassigned.collect();
    for r_type in 0..256 {
        let row = ARM.rule(r_type).is_some();
        let named = ARM.refused(r_type).is_some();
        let known = row || named;
        let allowed = unassigned.contains(&r_type) && !named;
        assert!(!(row && named), "{r_type} has both");
        assert!(known || allowed, "{r_type} has neither");
    }
}

#[test]
fn e_flags() {
    const V5: u32 = 0x0500_0000;
    for (so_far, next, expected) in [
        (None, V5 | 0x400, Some(V5 | 0x400)),
        (Some(V5), V5 | 0x400, Some(V5 | 0x400)),
        (Some(V5 | 0x200), V5, Some(V5 | 0x200)),
        (Some(0), V5, Some(V5)),
        (Some(V5), 0, Some(V5)),
        (Some(V5 | 0x200), V5 | 0x400, None),
        (Some(V5 | 0x400), V5 | 0x200, None),
        (Some(V5), 0x0400_0000, None),
        (Some(V5), V5 | 0x0080_0000, None),
    ] {
        let got = ARM.merge_e_flags(so_far, next).ok();
        assert_eq!(got, expected, "{so_far:x?} {next:x}");
    }
}

#[test]
fn core_decides_rows() {
    let range = |core, r_type| Arm::new(core).rule(r_type).unwrap().range;
    assert_eq!(range(Core::V5T, r::THM_CALL), Range::Signed(23));
    assert_eq!(range(Core::V6M, r::THM_CALL), Range::Signed(25));
    for (target2, base, relative) in [
        (Target2::Rel, Base::Symbol, Relative::Place),
        (Target2::Abs, Base::Symbol, Relative::Zero),
        (Target2::GotRel, Base::Got, Relative::Place),
    ] {
        let rule = Arm { target2, ..ARM }.rule(r::TARGET2).unwrap();
        assert_eq!((rule.base, rule.relative), (base, relative));
    }
    for (target1_rel, relative) in [(false, Relative::Zero), (true, Relative::Place)] {
        let arm = Arm { target1_rel, ..ARM };
        assert_eq!(arm.rule(r::TARGET1).unwrap().relative, relative);
    }
    assert!(ARM.segment_relative(r::SBREL32) && ARM.segment_relative(r::THM_MOVW_BREL));
    assert!(!ARM.segment_relative(r::ABS32) && !ARM.segment_relative(r::GOT_ABS));
}
