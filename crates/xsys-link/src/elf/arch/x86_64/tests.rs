//! Bytes against the psABI: every relocation at its lowest and highest value and one beyond, and
//! each rewritten sequence as an assembler would give it.

use super::*;
use crate::elf::arch::Base::{
    self, Branch, DtpOffset, Got, GotTlsDesc, GotTlsGd, GotTlsLd, GotTp, Nothing, Size, Symbol,
    TpOffset,
};
use crate::elf::arch::Relative::{self, GotBase, Place, Zero};
use crate::elf::arch::tests::{Expect, Table, check_encodings, check_table};

const ARCH: &dyn Arch = &X86_64 {
    relax: true,
    ibt: false,
};

#[test]
fn table_is_consistent() {
    check_table(
        ARCH,
        &Table {
            rows: 42,
            ..Table::default()
        },
    );
}

#[test]
fn rows_compute_what_the_psabi_says() {
    let rows: &[(u32, &str, Base, Relative)] = &[
        (1, "R_X86_64_64", Symbol, Zero),
        (2, "R_X86_64_PC32", Symbol, Place),
        (3, "R_X86_64_GOT32", Got, GotBase),
        (4, "R_X86_64_PLT32", Branch, Place),
        (9, "R_X86_64_GOTPCREL", Got, Place),
        (10, "R_X86_64_32", Symbol, Zero),
        (11, "R_X86_64_32S", Symbol, Zero),
        (12, "R_X86_64_16", Symbol, Zero),
        (13, "R_X86_64_PC16", Symbol, Place),
        (14, "R_X86_64_8", Symbol, Zero),
        (15, "R_X86_64_PC8", Symbol, Place),
        (17, "R_X86_64_DTPOFF64", DtpOffset, Zero),
        (18, "R_X86_64_TPOFF64", TpOffset, Zero),
        (19, "R_X86_64_TLSGD", GotTlsGd, Place),
        (20, "R_X86_64_TLSLD", GotTlsLd, Place),
        (21, "R_X86_64_DTPOFF32", DtpOffset, Zero),
        (22, "R_X86_64_GOTTPOFF", GotTp, Place),
        (23, "R_X86_64_TPOFF32", TpOffset, Zero),
        (24, "R_X86_64_PC64", Symbol, Place),
        (25, "R_X86_64_GOTOFF64", Symbol, GotBase),
        (26, "R_X86_64_GOTPC32", Base::GotBase, Place),
        (27, "R_X86_64_GOT64", Got, GotBase),
        (28, "R_X86_64_GOTPCREL64", Got, Place),
        (29, "R_X86_64_GOTPC64", Base::GotBase, Place),
        (31, "R_X86_64_PLTOFF64", Branch, GotBase),
        (32, "R_X86_64_SIZE32", Size, Zero),
        (33, "R_X86_64_SIZE64", Size, Zero),
        (34, "R_X86_64_GOTPC32_TLSDESC", GotTlsDesc, Place),
        (35, "R_X86_64_TLSDESC_CALL", Nothing, Zero),
        (41, "R_X86_64_GOTPCRELX", Got, Place),
        (42, "R_X86_64_REX_GOTPCRELX", Got, Place),
        (43, "R_X86_64_CODE_4_GOTPCRELX", Got, Place),
        (50, "R_X86_64_CODE_6_GOTTPOFF", GotTp, Place),
    ];
    for &(r_type, name, base, relative) in rows {
        let rule = ARCH.rule(r_type).expect(name);
        assert_eq!(
            (rule.name, rule.base, rule.relative),
            (name, base, relative)
        );
    }
    // Dynamic relocations and gaps.
    for r_type in [5, 6, 7, 8, 16, 36, 37, 38, 39, 40, 52] {
        assert!(ARCH.rule(r_type).is_none(), "{r_type}");
    }
}

#[test]
fn every_row_has_its_limits() {
    use Expect::{Bytes, OutOfRange};
    const MAX32: i64 = i32::MAX as i64;
    const MIN32: i64 = i32::MIN as i64;
    let old8: &[u8] = &[0xa5; 8];
    let old4: &[u8] = &[0xa5; 4];
    for r_type in [
        2, 3, 4, 9, 11, 19, 20, 21, 22, 23, 26, 34, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
    ] {
        check_encodings(
            ARCH,
            &[
                (r_type, old4, MIN32, Bytes(&[0, 0, 0, 0x80])),
                (r_type, old4, MAX32, Bytes(&[0xff, 0xff, 0xff, 0x7f])),
                (r_type, old4, 0x1234_5678, Bytes(&[0x78, 0x56, 0x34, 0x12])),
                (r_type, old4, MIN32 - 1, OutOfRange),
                (r_type, old4, MAX32 + 1, OutOfRange),
            ],
        );
    }
    for r_type in [1, 17, 18, 24, 25, 27, 28, 29, 30, 31, 33] {
        check_encodings(
            ARCH,
            &[
                (r_type, old8, i64::MIN, Bytes(&[0, 0, 0, 0, 0, 0, 0, 0x80])),
                (r_type, old8, -1, Bytes(&[0xff; 8])),
                (
                    r_type,
                    old8,
                    0x0102_0304_0506_0708,
                    Bytes(&[8, 7, 6, 5, 4, 3, 2, 1]),
                ),
            ],
        );
    }
    let all4: &[u8] = &[0xff; 4];
    check_encodings(
        ARCH,
        &[
            (10, old4, 0, Bytes(&[0; 4])),
            (10, old4, u32::MAX.into(), Bytes(all4)),
            (10, old4, -1, OutOfRange),
            (10, old4, 1 << 32, OutOfRange),
            (32, old4, MIN32, Bytes(&[0, 0, 0, 0x80])),
            (32, old4, u32::MAX.into(), Bytes(all4)),
            (32, old4, MIN32 - 1, OutOfRange),
            (32, old4, 1 << 32, OutOfRange),
            (12, &[0; 2], -0x8000, Bytes(&[0, 0x80])),
            (12, &[0; 2], 0xffff, Bytes(&[0xff, 0xff])),
            (12, &[0; 2], -0x8001, OutOfRange),
            (12, &[0; 2], 0x1_0000, OutOfRange),
            (13, &[0; 2], -0x8000, Bytes(&[0, 0x80])),
            (13, &[0; 2], 0x7fff, Bytes(&[0xff, 0x7f])),
            (13, &[0; 2], -0x8001, OutOfRange),
            (13, &[0; 2], 0x8000, OutOfRange),
            (14, &[0], -0x80, Bytes(&[0x80])),
            (14, &[0], 0xff, Bytes(&[0xff])),
            (14, &[0], -0x81, OutOfRange),
            (14, &[0], 0x100, OutOfRange),
            (15, &[0], -0x80, Bytes(&[0x80])),
            (15, &[0], 0x7f, Bytes(&[0x7f])),
            (15, &[0], -0x81, OutOfRange),
            (15, &[0], 0x80, OutOfRange),
        ],
    );
}

#[test]
fn implicit_addends() {
    let bytes = [0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0x80];
    for (r_type, addend) in [
        (2, -4),
        (1, i64::MIN + 0xffff_fffc),
        (13, -4),
        (15, -4),
        (35, 0),
    ] {
        let rule = ARCH.rule(r_type).expect("a row");
        assert_eq!(
            ARCH.implicit_addend(rule, &bytes, 0),
            addend,
            "{}",
            rule.name
        );
    }
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

/// The bytes or the range missed, the new rule, whether the next relocation goes.
type Rewritten = (Result<Vec<u8>, Range>, &'static str, bool);

/// The section after a rewrite of the place at `offset`, and whether the next relocation goes.
fn rewritten(
    section: &[u8],
    offset: usize,
    r_type: u32,
    facts: SymbolFacts,
    value: i64,
) -> Option<Rewritten> {
    let site = Site {
        r_type,
        offset,
        addend: -4,
    };
    let rewrite = ARCH.rewrite(site, facts, section)?;
    let mut output = section.to_vec();
    let applied = ARCH.apply_rewrite(&rewrite, site, &mut output, value);
    Some((
        applied.map(|()| output),
        rewrite.rule.name,
        rewrite.skip_next,
    ))
}

/// A value whose bytes are recognisable; with the 4 that immediates add it is 0x11223344.
const VALUE: i64 = 0x1122_3340;

/// One instruction, before and after. The place is the last four bytes.
fn check_instruction(
    r_type: u32,
    facts: SymbolFacts,
    before: &[u8],
    after: &[u8],
    rule: &'static str,
) {
    // The same in the middle of a section.
    for lead in [0, 5] {
        let around = |insn: &[u8]| [&[0xf4].repeat(lead)[..], insn, &[0xf4; 3]].concat();
        let (section, expected) = (around(before), around(after));
        let offset = lead + before.len() - 4;
        let found = rewritten(&section, offset, r_type, facts, VALUE);
        assert_eq!(
            found.map(|(r, n, s)| (r.map(|b| format!("{b:02x?}")), n, s)),
            Some((Ok(format!("{expected:02x?}")), rule, false)),
            "{before:02x?}"
        );
    }
}

#[test]
fn got_loads_become_addresses() {
    let rule = "R_X86_64_PC32";
    // mov x@GOTPCREL(%rip), %ecx → lea x(%rip), %ecx
    let before = [0x8b, 0x0d, 0, 0, 0, 0];
    let after = [0x8d, 0x0d, 0x40, 0x33, 0x22, 0x11];
    check_instruction(41, PLAIN, &before, &after, rule);
    // mov …, %r15
    let before = [0x4c, 0x8b, 0x3d, 0, 0, 0, 0];
    let after = [0x4c, 0x8d, 0x3d, 0x40, 0x33, 0x22, 0x11];
    check_instruction(42, PLAIN, &before, &after, rule);
    // mov …, %r16 (REX2)
    let before = [0xd5, 0x48, 0x8b, 0x05, 0, 0, 0, 0];
    let after = [0xd5, 0x48, 0x8d, 0x05, 0x40, 0x33, 0x22, 0x11];
    check_instruction(43, PLAIN, &before, &after, rule);
    let pic = SymbolFacts { pic: true, ..PLAIN };
    check_instruction(43, pic, &before, &after, rule);
}

#[test]
fn indirect_branches_become_direct() {
    let rule = "R_X86_64_PLT32";
    // addr32 call x
    let before = [0xff, 0x15, 0, 0, 0, 0];
    let after = [0x67, 0xe8, 0x40, 0x33, 0x22, 0x11];
    check_instruction(41, PLAIN, &before, &after, rule);
    // jmp x; nop
    let before = [0xff, 0x25, 0, 0, 0, 0];
    let after = [0xe9, 0x41, 0x33, 0x22, 0x11, 0x90];
    check_instruction(41, PLAIN, &before, &after, rule);
    let far = rewritten(&before, 2, 41, PLAIN, i64::from(i32::MAX)).expect("known");
    assert_eq!(far.0, Err(Range::Signed(32)));
    let far = rewritten(&before, 2, 41, PLAIN, i64::from(i32::MAX) - 1).expect("known");
    assert_eq!(far.0, Ok(vec![0xe9, 0xff, 0xff, 0xff, 0x7f, 0x90]));
}

#[test]
fn undefined_weak_loads_become_zero() {
    let weak = SymbolFacts {
        undefined_weak: true,
        ..PLAIN
    };
    let rule = "R_X86_64_NONE";
    // mov $0, %ecx
    let before = [0x8b, 0x0d, 9, 9, 9, 9];
    check_instruction(41, weak, &before, &[0xc7, 0xc1, 0, 0, 0, 0], rule);
    // mov $0, %r15
    let before = [0x4c, 0x8b, 0x3d, 9, 9, 9, 9];
    check_instruction(42, weak, &before, &[0x49, 0xc7, 0xc7, 0, 0, 0, 0], rule);
    // mov $0, %r24 (R4 and R3 become B4 and B3)
    let before = [0xd5, 0x4c, 0x8b, 0x05, 9, 9, 9, 9];
    let after = [0xd5, 0x19, 0xc7, 0xc0, 0, 0, 0, 0];
    check_instruction(43, weak, &before, &after, rule);
    // A call of it keeps its slot.
    assert!(rewritten(&[0xff, 0x15, 0, 0, 0, 0], 2, 41, weak, 0).is_none());
}

#[test]
fn got_slots_stay_where_nothing_is_promised() {
    let load = [0x48, 0x8b, 0x05, 0, 0, 0, 0];
    let ifunc = SymbolFacts {
        ifunc: true,
        ..PLAIN
    };
    let absolute = SymbolFacts {
        absolute: true,
        ..PLAIN
    };
    assert!(rewritten(&load, 3, 42, ifunc, 0).is_none());
    assert!(rewritten(&load, 3, 42, absolute, 0).is_none());
    assert!(rewritten(&load, 3, 9, PLAIN, 0).is_none(), "plain GOTPCREL");
    let cases: &[(&[u8], u32)] = &[
        // test %eax, x@GOTPCREL(%rip); cmp x@GOTPCREL(%rip), %rax
        (&[0x85, 0x05, 0, 0, 0, 0], 41),
        (&[0x48, 0x3b, 0x05, 0, 0, 0, 0], 42),
        // Not %rip.
        (&[0x8b, 0x85, 0, 0, 0, 0], 41),
        (&[0x48, 0x8b, 0x80, 0, 0, 0, 0], 42),
        // No REX, no REX2, REX2 of map 1.
        (&[0x90, 0x8b, 0x05, 0, 0, 0, 0], 42),
        (&[0x90, 0x48, 0x8b, 0x05, 0, 0, 0, 0], 43),
        (&[0xd5, 0x88, 0x8b, 0x05, 0, 0, 0, 0], 43),
    ];
    for &(bytes, r_type) in cases {
        let found = rewritten(bytes, bytes.len() - 4, r_type, PLAIN, 0);
        assert!(found.is_none(), "{bytes:02x?}");
    }
    let shifted = Site {
        r_type: 42,
        offset: 3,
        addend: 4,
    };
    assert!(ARCH.rewrite(shifted, PLAIN, &load).is_none());
}

#[test]
fn initial_exec_becomes_local_exec() {
    let rule = "R_X86_64_TPOFF32";
    let imm = [0x44, 0x33, 0x22, 0x11];
    let cases: &[(u32, &[u8], &[u8])] = &[
        // mov %rax, %r12
        (22, &[0x48, 0x8b, 0x05], &[0x48, 0xc7, 0xc0]),
        (22, &[0x4c, 0x8b, 0x25], &[0x49, 0xc7, 0xc4]),
        // add %rcx, %rsp, %r12
        (22, &[0x48, 0x03, 0x0d], &[0x48, 0x81, 0xc1]),
        (22, &[0x48, 0x03, 0x25], &[0x48, 0x81, 0xc4]),
        (22, &[0x4c, 0x03, 0x25], &[0x49, 0x81, 0xc4]),
        // mov %r16, add %r31 (REX2)
        (44, &[0xd5, 0x48, 0x8b, 0x05], &[0xd5, 0x18, 0xc7, 0xc0]),
        (44, &[0xd5, 0x4c, 0x03, 0x3d], &[0xd5, 0x19, 0x81, 0xc7]),
    ];
    for &(r_type, before, after) in cases {
        let before = [before, &[0; 4]].concat();
        let after = [after, &imm].concat();
        check_instruction(r_type, PLAIN, &before, &after, rule);
    }
    // sub x@gottpoff(%rip), %rax is none of the psABI's forms.
    assert!(rewritten(&[0x48, 0x2b, 0x05, 0, 0, 0, 0], 3, 22, PLAIN, 0).is_none());
}

#[test]
fn tls_descriptors_become_local_exec() {
    let rule = "R_X86_64_TPOFF32";
    let before = [0x48, 0x8d, 0x05, 0, 0, 0, 0];
    let after = [0x48, 0xc7, 0xc0, 0x44, 0x33, 0x22, 0x11];
    check_instruction(34, PLAIN, &before, &after, rule);
    let before = [0xd5, 0x48, 0x8d, 0x0d, 0, 0, 0, 0];
    let after = [0xd5, 0x18, 0xc7, 0xc1, 0x44, 0x33, 0x22, 0x11];
    check_instruction(45, PLAIN, &before, &after, rule);
    let call = rewritten(&[0xff, 0x10], 0, 35, PLAIN, 0);
    assert_eq!(call, Some((Ok(vec![0x66, 0x90]), "R_X86_64_NONE", false)));
    assert!(rewritten(&[0xff, 0x11], 0, 35, PLAIN, 0).is_none());
}

#[test]
fn general_dynamic_becomes_local_exec() {
    // mov %fs:0, %rax; lea 0x11223344(%rax), %rax
    let expected = [
        0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0, 0x48, 0x8d, 0x80, 0x44, 0x33, 0x22, 0x11,
    ];
    let lea = [0x66, 0x48, 0x8d, 0x3d, 0, 0, 0, 0];
    for call in [
        [0x66, 0x66, 0x48, 0xe8, 0, 0, 0, 0],
        [0x66, 0x48, 0x67, 0xe8, 0, 0, 0, 0],
        [0x66, 0x48, 0xff, 0x15, 0, 0, 0, 0],
    ] {
        let before = [lea, call].concat();
        let name = "R_X86_64_TPOFF32";
        let found = rewritten(&before, 4, 19, PLAIN, VALUE);
        assert_eq!(found, Some((Ok(expected.to_vec()), name, true)));
        // Cut off: it stays.
        assert!(rewritten(&before[..15], 4, 19, PLAIN, VALUE).is_none());
    }
    let limit = i64::from(i32::MAX) - 4;
    let before = [lea, [0x66, 0x66, 0x48, 0xe8, 0, 0, 0, 0]].concat();
    let at = |value| rewritten(&before, 4, 19, PLAIN, value).map(|found| found.0.is_ok());
    assert_eq!((at(limit), at(limit + 1)), (Some(true), Some(false)));
    // No padding, so no room.
    let bare = [0x48, 0x8d, 0x3d, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0, 0x90, 0x90];
    assert!(rewritten(&bare, 3, 19, PLAIN, VALUE).is_none());
}

#[test]
fn local_dynamic_becomes_the_thread_pointer() {
    let name = "R_X86_64_NONE";
    let lea = [0x48, 0x8d, 0x3d, 0, 0, 0, 0];
    let pointer = [0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0];
    let before = [&lea[..], &[0xe8, 0, 0, 0, 0]].concat();
    let after = [&[0x66; 3][..], &pointer].concat();
    let found = rewritten(&before, 3, 20, PLAIN, 0);
    assert_eq!(found, Some((Ok(after), name, true)));
    for call in [[0xff, 0x15, 0, 0, 0, 0], [0x67, 0xe8, 0, 0, 0, 0]] {
        let before = [&lea[..], &call].concat();
        let after = [&[0x66; 4][..], &pointer].concat();
        let found = rewritten(&before, 3, 20, PLAIN, 0);
        assert_eq!(found, Some((Ok(after), name, true)));
        assert!(rewritten(&before[..12], 3, 20, PLAIN, 0).is_none());
    }
    // The offsets that go with it, at the very start of a section too.
    let found = rewritten(&[9; 4], 0, 21, PLAIN, -0x10);
    let name = "R_X86_64_TPOFF32";
    assert_eq!(found, Some((Ok(vec![0xf0, 0xff, 0xff, 0xff]), name, false)));
    let found = rewritten(&[9; 8], 0, 17, PLAIN, -1);
    let name = "R_X86_64_TPOFF64";
    assert_eq!(found, Some((Ok(vec![0xff; 8]), name, false)));
}

#[test]
fn rewrites_never_look_outside_of_the_section() {
    let samples: [&[u8]; 4] = [
        &[0x66, 0x48, 0x8d, 0x3d, 0, 0, 0, 0, 0x66, 0x66, 0x48, 0xe8],
        &[0x4c, 0x8b, 0x05],
        &[0xff, 0x25],
        &[],
    ];
    for section in samples {
        for r_type in 0..64 {
            for offset in (0..16).chain([usize::MAX - 1, usize::MAX]) {
                let _ = rewritten(section, offset, r_type, PLAIN, 0);
            }
        }
    }
}

#[test]
fn iplt_entry_bytes() {
    let mut entry = [0; 16];
    ARCH.write_plt_entry(&mut entry, 0x20_1000, 0x20_3008);
    // jmp *0x2002(%rip)
    assert_eq!(entry[..6], [0xff, 0x25, 0x02, 0x20, 0, 0]);
    assert_eq!(entry[6..], [0xcc; 10]);
    let checked = X86_64 {
        relax: true,
        ibt: true,
    };
    checked.write_plt_entry(&mut entry, 0x20_1000, 0x20_3008);
    // endbr64; jmp *0x1ffe(%rip)
    assert_eq!(
        entry[..10],
        [0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x25, 0xfe, 0x1f, 0, 0]
    );
}

#[test]
fn operands_become_immediates() {
    const FACTS: SymbolFacts = SymbolFacts {
        undefined_weak: false,
        ifunc: false,
        absolute: false,
        pic: false,
        preemptible: false,
        shared: false,
        dynamic: false,
    };
    let check = |r_type, before: &[u8], s, facts| {
        let mut bytes = before.to_vec();
        let known = FinalSite {
            site: Site {
                r_type,
                offset: before.len() - 4,
                addend: -4,
            },
            next: None,
            s,
            p: 0x20_0000,
            facts,
            got_pairs_only: false,
        };
        (ARCH.relax_in_place(&known, &mut bytes) == 1).then_some(bytes)
    };
    #[rustfmt::skip]
    let rows: &[(u32, [u8; 4], [u8; 4])] = &[
        // add, or, adc, sbb, and, sub, xor, cmp, test of %rax, and of %r8 and %r15
        (42, [0x90, 0x48, 0x03, 0x05], [0x90, 0x48, 0x81, 0xc0]),
        (42, [0x90, 0x48, 0x0b, 0x05], [0x90, 0x48, 0x81, 0xc8]),
        (42, [0x90, 0x48, 0x13, 0x05], [0x90, 0x48, 0x81, 0xd0]),
        (42, [0x90, 0x48, 0x1b, 0x05], [0x90, 0x48, 0x81, 0xd8]),
        (42, [0x90, 0x48, 0x23, 0x05], [0x90, 0x48, 0x81, 0xe0]),
        (42, [0x90, 0x4c, 0x2b, 0x05], [0x90, 0x49, 0x81, 0xe8]),
        (42, [0x90, 0x4c, 0x33, 0x3d], [0x90, 0x49, 0x81, 0xf7]),
        (42, [0x90, 0x4c, 0x3b, 0x05], [0x90, 0x49, 0x81, 0xf8]),
        (42, [0x90, 0x48, 0x85, 0x05], [0x90, 0x48, 0xf7, 0xc0]),
        (42, [0x90, 0x4c, 0x85, 0x05], [0x90, 0x49, 0xf7, 0xc0]),
        // %r16 with REX2
        (43, [0xd5, 0x48, 0x03, 0x05], [0xd5, 0x18, 0x81, 0xc0]),
    ];
    for (r_type, before, after) in rows {
        for s in [0x1234_5678u64, 0x7fff_ffff, 0xffff_ffff_8000_0000] {
            let before = [&before[..], &[0; 4]].concat();
            let after = [&after[..], &(s as u32).to_le_bytes()].concat();
            assert_eq!(
                check(*r_type, &before, s, FACTS),
                Some(after),
                "{before:x?}"
            );
        }
    }
    let cmp = [0x48, 0x3b, 0x05, 0, 0, 0, 0];
    assert_eq!(check(42, &cmp, 0x8000_0000, FACTS), None);
    let pic = SymbolFacts { pic: true, ..FACTS };
    assert_eq!(check(42, &cmp, 0x1000, pic), None);
    // Neither a known instruction nor the right prefix.
    assert_eq!(
        check(42, &[0x48, 0x3a, 0x05, 0, 0, 0, 0], 0x1000, FACTS),
        None
    );
    assert_eq!(check(43, &cmp, 0x1000, FACTS), None);
}
