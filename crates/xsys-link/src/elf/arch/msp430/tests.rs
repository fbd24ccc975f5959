//! MSP430's relocations against encodings from the family user's guides (SLAU144, SLAU208).

use super::*;
use crate::elf::arch::tests::Expect::*;
use crate::elf::arch::tests::{Table, check_encodings, check_table};

const MSP430: Msp430 = Msp430 { extended: false };
const MSP430X: Msp430 = Msp430 { extended: true };

#[test]
fn tables() {
    let table = Table {
        rows: 13,
        combining: &[r::PCREL_2X, r::SET_ULEB128, r::SUB_ULEB128],
        aliases: &[],
    };
    check_table(&MSP430, &table);
    let table = Table {
        rows: 23,
        combining: &[x::PCREL_2X, x::SET_ULEB128, x::SUB_ULEB128],
        aliases: &[],
    };
    check_table(&MSP430X, &table);
}

#[test]
#[rustfmt::skip]
fn words() {
    check_encodings(&MSP430, &[
        (r::ABS_32, &[0; 4], -2, Bytes(&[0xfe, 0xff, 0xff, 0xff])),
        (r::ABS_16, &[0; 2], 0xc000, Bytes(&[0x00, 0xc0])),
        (r::ABS_16, &[0; 2], 0xc001, Misaligned),
        (r::ABS_16, &[0; 2], 0x1_0000, OutOfRange),
        (r::BYTE_16, &[0; 2], 0xc001, Bytes(&[0x01, 0xc0])),
        (r::BYTE_16, &[0; 2], -0x8000, Bytes(&[0x00, 0x80])),
        (r::BYTE_16, &[0; 2], -0x8001, OutOfRange),
        // Addresses wrap: from 0xfffe to 0x200.
        (r::PCREL_16, &[0; 2], -0xfdfe, Bytes(&[0x02, 0x02])),
        (r::PCREL_16, &[0; 2], 0x1_0000, OutOfRange),
        (r::PCREL_BYTE_16, &[0; 2], 3, Bytes(&[3, 0])),
        (r::RL_PCREL, &[0; 2], 3, Misaligned),
        (r::ABS_8, &[0], 255, Bytes(&[255])),
        (r::ABS_8, &[0], -128, Bytes(&[128])),
        (r::ABS_8, &[0], 256, OutOfRange),
    ]);
}

#[test]
#[rustfmt::skip]
fn jumps() {
    // jmp, jne
    check_encodings(&MSP430, &[
        (r::PCREL_10, &[0x00, 0x3c], 0, Bytes(&[0xff, 0x3f])),
        (r::PCREL_10, &[0x00, 0x3c], 2, Bytes(&[0x00, 0x3c])),
        (r::PCREL_10, &[0x00, 0x20], 1024, Bytes(&[0xff, 0x21])),
        (r::PCREL_10, &[0x00, 0x20], -1022, Bytes(&[0x00, 0x22])),
        (r::PCREL_10, &[0x00, 0x20], 1026, OutOfRange),
        (r::PCREL_10, &[0x00, 0x20], -1024, OutOfRange),
        (r::PCREL_10, &[0x00, 0x20], 5, Misaligned),
    ]);
    // jeq label; jlo label: both go where the second one says.
    let mut pair = [0x00, 0x24, 0x00, 0x28];
    MSP430.encode(MSP430.rule(r::PCREL_2X).unwrap(), &mut pair, 2, 12);
    assert_eq!(pair, [0x06, 0x24, 0x05, 0x28]);
}

#[test]
fn differences_in_uleb128_keep_their_length() {
    let mut bytes = [0x80, 0x00];
    let rule = |r_type| MSP430.rule(r_type).unwrap();
    MSP430.encode(rule(r::SET_ULEB128), &mut bytes, 0, 0xc123);
    MSP430.encode(rule(r::SUB_ULEB128), &mut bytes, 0, 0xc003);
    assert_eq!(bytes, [0xa0, 0x02]);
}

#[test]
#[rustfmt::skip]
fn extended() {
    check_encodings(&MSP430X, &[
        (x::ABS16, &[0; 2], 0x1_2345, Bytes(&[0x45, 0x23])),
        (x::X_ABS16, &[0; 2], 0x1_2345, OutOfRange),
        (x::ABS_HI16, &[0; 2], 0x1_2345, Bytes(&[0x01, 0x00])),
        // movx &x, r5; movx r5, &x; movx #y, &x
        (x::ABS20_EXT_SRC, &[0x40, 0x18, 0x15, 0x42, 0, 0], 0xa_bcde, Bytes(&[0x40, 0x1d, 0x15, 0x42, 0xde, 0xbc])),
        (x::ABS20_EXT_DST, &[0x40, 0x18, 0x82, 0x45, 0, 0], 0xa_bcde, Bytes(&[0x4a, 0x18, 0x82, 0x45, 0xde, 0xbc])),
        (x::ABS20_EXT_ODST, &[0x40, 0x18, 0xb2, 0x40, 1, 0, 0, 0], 0xa_bcde, Bytes(&[0x4a, 0x18, 0xb2, 0x40, 1, 0, 0xde, 0xbc])),
        (x::ABS20_EXT_SRC, &[0; 6], 0x10_0000, OutOfRange),
        // mova #x, r5 has its upper bits in 11:8; calla #x in 3:0.
        (x::ABS20_ADR_SRC, &[0x85, 0x00, 0, 0], 0xa_bcde, Bytes(&[0x85, 0x0a, 0xde, 0xbc])),
        (x::ABS20_ADR_DST, &[0xb0, 0x13, 0, 0], 0xa_bcde, Bytes(&[0xba, 0x13, 0xde, 0xbc])),
        (x::PCR20_CALL, &[0x90, 0x13, 0, 0], -2, Bytes(&[0x9f, 0x13, 0xfe, 0xff])),
        (x::PREL31, &[0, 0, 0, 0x80], -4, Bytes(&[0xfe, 0xff, 0xff, 0xff])),
        (x::PREL31, &[0, 0, 0, 0], 4, Bytes(&[2, 0, 0, 0])),
        (x::PCREL_10, &[0x00, 0x3c], 0, Bytes(&[0xff, 0x3f])),
    ]);
    let addend = |r_type, bytes: &[u8]| {
        MSP430X.implicit_addend(MSP430X.rule(r_type).unwrap(), bytes, 0)
    };
    assert_eq!(addend(x::ABS20_EXT_SRC, &[0xc0, 0x1f, 0, 0, 0xfe, 0xff]), -2);
    assert_eq!(addend(x::ABS20_ADR_SRC, &[0x85, 0x01, 0x34, 0x12]), 0x1_1234);
    assert_eq!(addend(x::ABS16, &[0xff, 0xff]), -1);
}

#[test]
fn instruction_sets_do_not_mix() {
    let merge = |so_far, next| MSP430.merge_e_flags(so_far, next);
    assert_eq!(merge(None, 0), Ok(0));
    assert_eq!(merge(Some(0), 14), Ok(14));
    assert_eq!(merge(Some(14), 0), Ok(14));
    let error = merge(Some(14), 45).unwrap_err();
    assert!(error.contains("MSP430X"), "{error}");
    assert!(Msp430::new(None, 45).extended && !Msp430::new(None, 14).extended);
}
