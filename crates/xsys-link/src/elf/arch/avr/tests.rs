//! AVR's relocations against encodings from the "AVR Instruction Set Manual" (DS40002198).

use super::*;
use crate::elf::arch::tests::Expect::*;
use crate::elf::arch::tests::{Table, check_encodings, check_table};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

const AVR5: Avr = Avr { wraps: false };
const AVR25: Avr = Avr { wraps: true };

#[test]
fn table() {
    for arch in [AVR5, AVR25] {
        let table = Table {
            rows: 37,
            // What fits is no interval, or the field is the same for the least and the most.
            combining: &[
                r::LDS_STS_16,
                r::HI8_LDI_NEG,
                r::HH8_LDI_NEG,
                r::MS8_LDI_NEG,
                r::LO8_LDI_PM_NEG,
                r::HI8_LDI_PM_NEG,
                r::HH8_LDI_PM_NEG,
            ],
            aliases: &[],
        };
        check_table(&arch, &table);
    }
}

#[test]
#[rustfmt::skip]
fn data() {
    check_encodings(&AVR5, &[
        (r::ABS_32, &[0; 4], 0x80_0100, Bytes(&[0x00, 0x01, 0x80, 0x00])),
        // Only the lower half of a RAM address has room; the rest says which memory it is.
        (r::ABS_16, &[0; 2], 0x80_0100, Bytes(&[0x00, 0x01])),
        (r::ABS_16, &[0; 2], -1, Bytes(&[0xff, 0xff])),
        (r::PM_16, &[0; 2], 0x1_fffe, Bytes(&[0xff, 0xff])),
        (r::PM_16, &[0; 2], 0x2_0000, OutOfRange),
        (r::PM_16, &[0; 2], 0x101, Misaligned),
        (r::ABS_8, &[0], 255, Bytes(&[0xff])),
        (r::ABS_8, &[0], -128, Bytes(&[0x80])),
        (r::ABS_8, &[0], 256, OutOfRange),
        (r::ABS_8, &[0], -129, OutOfRange),
        (r::LO8_8, &[0], 0x12_3456, Bytes(&[0x56])),
        (r::HI8_8, &[0], 0x12_3456, Bytes(&[0x34])),
        (r::HLO8_8, &[0], 0x12_3456, Bytes(&[0x12])),
        (r::PCREL_32, &[0; 4], -4, Bytes(&[0xfc, 0xff, 0xff, 0xff])),
        (r::DIFF8, &[7], 99, Bytes(&[7])),
        (r::DIFF16, &[7, 8], 99, Bytes(&[7, 8])),
        (r::DIFF32, &[7, 8, 9, 10], 99, Bytes(&[7, 8, 9, 10])),
    ]);
}

#[test]
#[rustfmt::skip]
fn immediates() {
    // ldi r24, …
    let ldi = &[0x80, 0xe0];
    check_encodings(&AVR5, &[
        (r::LDI, ldi, 0xa5, Bytes(&[0x85, 0xea])),
        (r::LDI, ldi, -1, Bytes(&[0x8f, 0xef])),
        (r::LDI, ldi, 256, OutOfRange),
        (r::LDI, ldi, -129, OutOfRange),
        (r::LO8_LDI, ldi, 0x1280_34a5, Bytes(&[0x85, 0xea])),
        (r::HI8_LDI, ldi, 0x1280_34a5, Bytes(&[0x84, 0xe3])),
        (r::HH8_LDI, ldi, 0x1280_34a5, Bytes(&[0x80, 0xe8])),
        (r::MS8_LDI, ldi, 0x1280_34a5, Bytes(&[0x82, 0xe1])),
        (r::LO8_LDI_NEG, ldi, 0x0102_0304, Bytes(&[0x8c, 0xef])),
        (r::HI8_LDI_NEG, ldi, 0x0102_0304, Bytes(&[0x8c, 0xef])),
        (r::HH8_LDI_NEG, ldi, 0x0102_0304, Bytes(&[0x8d, 0xef])),
        (r::MS8_LDI_NEG, ldi, 0x0102_0304, Bytes(&[0x8e, 0xef])),
        (r::LO8_LDI_PM, ldi, 0x02_4690, Bytes(&[0x88, 0xe4])),
        (r::HI8_LDI_PM, ldi, 0x02_4690, Bytes(&[0x83, 0xe2])),
        (r::HH8_LDI_PM, ldi, 0x02_4690, Bytes(&[0x81, 0xe0])),
        (r::LO8_LDI_PM, ldi, 0x101, Misaligned),
        (r::LO8_LDI_PM_NEG, ldi, 0x20, Bytes(&[0x80, 0xef])),
        (r::HI8_LDI_PM_NEG, ldi, 0x20, Bytes(&[0x8f, 0xef])),
        (r::HH8_LDI_PM_NEG, ldi, 0x20, Bytes(&[0x8f, 0xef])),
        (r::LO8_LDI_GS, ldi, 0x1_2344, Bytes(&[0x82, 0xea])),
        (r::HI8_LDI_GS, ldi, 0x1_2344, Bytes(&[0x81, 0xe9])),
        (r::HI8_LDI_GS, ldi, 0x2_0000, OutOfRange),
    ]);
}

#[test]
#[rustfmt::skip]
fn branches() {
    // brne .+0, rjmp .+0, call 0, jmp 0
    let (brne, rjmp, call, jmp) = (&[0x01, 0xf4], &[0x00, 0xc0], &[0x0e, 0x94, 0, 0], &[0x0c, 0x94, 0, 0]);
    check_encodings(&AVR5, &[
        (r::PCREL_7, brne, 0, Bytes(&[0xf9, 0xf7])),
        (r::PCREL_7, brne, 2, Bytes(&[0x01, 0xf4])),
        (r::PCREL_7, brne, 128, Bytes(&[0xf9, 0xf5])),
        (r::PCREL_7, brne, -126, Bytes(&[0x01, 0xf6])),
        (r::PCREL_7, brne, 130, OutOfRange),
        (r::PCREL_7, brne, -128, OutOfRange),
        (r::PCREL_7, brne, 3, Misaligned),
        (r::PCREL_13, rjmp, 0, Bytes(&[0xff, 0xcf])),
        (r::PCREL_13, rjmp, 4096, Bytes(&[0xff, 0xc7])),
        (r::PCREL_13, rjmp, -4094, Bytes(&[0x00, 0xc8])),
        (r::PCREL_13, rjmp, 4098, OutOfRange),
        (r::PCREL_13, rjmp, -4096, OutOfRange),
        (r::PCREL_13, rjmp, 1, Misaligned),
        (r::CALL, call, 0x1234, Bytes(&[0x0e, 0x94, 0x1a, 0x09])),
        (r::CALL, jmp, 0x7f_fffe, Bytes(&[0xfd, 0x95, 0xff, 0xff])),
        (r::CALL, jmp, 0x2_0000, Bytes(&[0x0d, 0x94, 0x00, 0x00])),
        (r::CALL, call, 0x80_0000, OutOfRange),
        (r::CALL, call, 0x7f, Misaligned),
    ]);
    // 8 KiB: from the last word to the first is a step ahead.
    check_encodings(&AVR25, &[
        (r::PCREL_13, rjmp, -8190, Bytes(&[0x00, 0xc0])),
        (r::PCREL_13, rjmp, 8190, Bytes(&[0xfe, 0xcf])),
    ]);
}

#[test]
#[rustfmt::skip]
fn addresses_in_instructions() {
    check_encodings(&AVR5, &[
        // ldd r8, Y+0; adiw r24, 0; in r1, 0; sbi 0, 1; lds r16, 0x40
        (r::DISP_6, &[0x88, 0x80], 63, Bytes(&[0x8f, 0xac])),
        (r::DISP_6, &[0x88, 0x80], 64, OutOfRange),
        (r::DISP_6, &[0x88, 0x80], -1, OutOfRange),
        (r::ADIW_6, &[0x00, 0x96], 63, Bytes(&[0xcf, 0x96])),
        (r::ADIW_6, &[0x00, 0x96], 64, OutOfRange),
        (r::PORT6, &[0x10, 0xb0], 63, Bytes(&[0x1f, 0xb6])),
        (r::PORT6, &[0x10, 0xb0], 64, OutOfRange),
        (r::PORT5, &[0x01, 0x9a], 31, Bytes(&[0xf9, 0x9a])),
        (r::PORT5, &[0x01, 0x9a], 32, OutOfRange),
        (r::LDS_STS_16, &[0x00, 0xa0], 0x80_0040, Bytes(&[0x00, 0xa1])),
        (r::LDS_STS_16, &[0x00, 0xa0], 0x50, Bytes(&[0x00, 0xa3])),
        (r::LDS_STS_16, &[0x00, 0xa0], 0xbf, Bytes(&[0x0f, 0xa6])),
        (r::LDS_STS_16, &[0x00, 0xa0], 0x3f, OutOfRange),
        (r::LDS_STS_16, &[0x00, 0xa0], 0xc0, OutOfRange),
    ]);
}

#[test]
fn stubs_for_function_pointers() {
    let site = |r_type| Site {
        r_type,
        offset: 0,
        addend: 0,
    };
    let target = |addr| BranchTarget {
        addr,
        is_function: true,
    };
    assert_eq!(AVR5.thunk(site(r::PM_16), 0, target(0x1_fffe)), None);
    let form = AVR5.thunk(site(r::PM_16), 0, target(0x2_0000));
    assert_eq!(form, Some(ThunkForm(0)));
    // A call reaches everything.
    assert_eq!(AVR5.thunk(site(r::CALL), 0, target(0x2_0000)), None);
    let mut jmp = [0; 4];
    let target = BranchTarget {
        addr: 0x2_0004,
        is_function: true,
    };
    AVR5.write_thunk(ThunkForm(0), &mut jmp, 0x100, target);
    assert_eq!(jmp, [0x0d, 0x94, 0x02, 0x00]);
}

#[test]
fn start_code_is_an_object() {
    for name in ["attiny13", "attiny85", "atmega328p", "atmega2560"] {
        let device = devices::find(name).unwrap();
        let bytes = startup::object(device);
        let file = object::File::parse(&*bytes).unwrap();
        let size = |name| file.section_by_name(name).map(|section| section.size());
        let vector = if device.long_vectors() { 4 } else { 2 };
        assert_eq!(size(".vectors"), Some(vector * u64::from(device.vectors)));
        let symbols: Vec<_> = file.symbols().map(|s| s.name().unwrap()).collect();
        for symbol in [
            "__vectors",
            "__vector_1",
            "main",
            "__stack",
            "__data_load_start",
        ] {
            assert_eq!(
                symbols.iter().filter(|&&s| s == symbol).count(),
                1,
                "{name}: {symbol}"
            );
        }
        let next = file
            .symbols()
            .find(|s| s.name() == Ok("__vector_1"))
            .unwrap();
        assert!(next.is_weak() && !next.is_undefined());
        // A stack pointer of one byte where all of the RAM is below 256.
        let stack = file.section_by_name(".init2").unwrap().data().unwrap();
        assert_eq!(&stack[..4], [0x11, 0x24, 0x1f, 0xbe]);
        assert_eq!(
            stack.windows(2).any(|w| w == [0xde, 0xbf]),
            device.ram_end() > 0xff,
            "{name}"
        );
    }
}

#[test]
fn start_code_copies_and_clears() {
    let bytes = startup::object(devices::find("atmega328p").unwrap());
    let file = object::File::parse(&*bytes).unwrap();
    let code = file.section_by_name(".init4").unwrap();
    let words: Vec<u16> = code
        .data()
        .unwrap()
        .chunks_exact(2)
        .map(|w| u16::from_le_bytes([w[0], w[1]]))
        .collect();
    #[rustfmt::skip]
    assert_eq!(words, [
        // ldi r17, r26, r27, r30, r31; rjmp .+4
        0xe010, 0xe0a0, 0xe0b0, 0xe0e0, 0xe0f0, 0xc002,
        // lpm r0, Z+; st X+, r0; cpi r26; cpc r27, r17; brne .-10
        0x9005, 0x920d, 0x30a0, 0x07b1, 0xf7d9,
        // ldi r18, r26, r27; rjmp .+2; st X+, r1; cpi r26; cpc r27, r18; brne .-8
        0xe020, 0xe0a0, 0xe0b0, 0xc001, 0x921d, 0x30a0, 0x07b2, 0xf7e1,
    ]);
}

#[test]
fn architectures_do_not_mix() {
    let merge = |so_far, next| AVR5.merge_e_flags(so_far, next);
    assert_eq!(merge(None, 0x85), Ok(0x85));
    assert_eq!(merge(Some(0x85), 0x85), Ok(0x85));
    assert_eq!(merge(Some(0x85), 0x05), Ok(0x05));
    let error = merge(Some(0x85), 0x86).unwrap_err();
    assert!(error.contains("avr5") && error.contains("avr6"), "{error}");
    assert_eq!(arch_name(0x80 | 103), "avrxmega3");
    assert!(Avr::new(0x80 | 25).wraps && !Avr::new(0x85).wraps);
}

#[test]
fn layouts_parse() {
    for device in [None, devices::find("attiny85")] {
        let text = super::layout::script(device);
        let (script, problems) = crate::script::parse::parse_text("avr", &text);
        assert!(problems.is_empty(), "{problems:?} in\n{text}");
        assert_eq!(script.commands.len(), 3);
    }
}
