//! Checks that every architecture's table and encoders must pass, whatever the instruction set.
//!
//! [`check_table`] walks all relocation numbers and holds a row against itself: its bounds against
//! [`Range::contains`], its size against the bytes that the encoder touches. [`check_encodings`] is
//! the other half: rows against words from the manual.

use super::{Arch, Base, Range, RelocRule};

/// Relocation numbers that are tried; all known psABIs end below.
const HIGHEST: u32 = 2048;

/// What is known of a table and does not follow from its rows.
#[derive(Default)]
pub(super) struct Table<'a> {
    /// How many relocation numbers have a row.
    pub rows: usize,
    /// Numbers whose encoder combines with the place or writes a variable number of bytes: only
    /// their bounds are checked.
    pub combining: &'a [u32],
    /// Numbers that share the row of another one.
    pub aliases: &'a [u32],
}

/// The lowest and the highest value of a row that are aligned and fit 64 bits.
pub(super) fn extremes(rule: &RelocRule) -> (i64, i64) {
    let align = i128::from(rule.align.max(1));
    let (low, high) = rule.range.bounds();
    let low = low.max(i128::from(i64::MIN));
    let high = high.min(i128::from(i64::MAX));
    let low = low + (-low).rem_euclid(align);
    let high = high - high.rem_euclid(align);
    (low as i64, high as i64)
}

/// Walks all rows of `arch`.
pub(super) fn check_table(arch: &dyn Arch, table: &Table<'_>) {
    let mut names = Vec::new();
    let mut rows = 0;
    for r_type in 0..HIGHEST {
        let Some(rule) = arch.rule(r_type) else {
            continue;
        };
        rows += 1;
        if !table.aliases.contains(&r_type) {
            assert_eq!(rule.r_type, r_type, "{}", rule.name);
            assert!(!names.contains(&rule.name), "{} twice", rule.name);
            names.push(rule.name);
        }
        assert!(rule.name.starts_with("R_"), "{}", rule.name);
        assert!(rule.align.is_power_of_two(), "{}", rule.name);
        check_bounds(rule);
        if !table.combining.contains(&r_type) {
            check_footprint(arch, rule);
        }
    }
    assert_eq!(rows, table.rows, "number of rows");
    assert!(arch.rule(HIGHEST).is_none());
    assert!(arch.rule(u32::MAX).is_none());
}

fn check_bounds(rule: &RelocRule) {
    let (low, high) = rule.range.bounds();
    assert!(low < high, "{}", rule.name);
    for (inside, outside) in [(low, low - 1), (high, high + 1)] {
        if let Ok(value) = i64::try_from(inside) {
            assert!(rule.range.contains(value), "{} {value:#x}", rule.name);
        }
        if let Ok(value) = i64::try_from(outside) {
            let any = rule.range == Range::Any;
            assert_eq!(rule.range.contains(value), any, "{} {value:#x}", rule.name);
        }
    }
}

/// The encoder writes `size` bytes at the place, depends only on its own field, and survives places
/// outside of the section.
fn check_footprint(arch: &dyn Arch, rule: &RelocRule) {
    let size = usize::from(rule.size);
    let (low, high) = extremes(rule);
    let mut written = Vec::new();
    for value in [low, high] {
        if !arch.encodable(rule, value) {
            continue;
        }
        let mut bytes = [0xa5; 32];
        arch.encode(rule, &mut bytes, 8, value);
        assert!(bytes[..8].iter().all(|&b| b == 0xa5), "{}", rule.name);
        assert!(
            bytes[8 + size..].iter().all(|&b| b == 0xa5),
            "{}",
            rule.name
        );
        let once = bytes;
        arch.encode(rule, &mut bytes, 8, value);
        assert_eq!(once, bytes, "{} is not idempotent", rule.name);
        written.push(once);
    }
    if let [low, high] = written.as_slice() {
        let marker = rule.base == Base::Nothing || size == 0;
        assert_eq!(low == high, marker, "{}", rule.name);
    }
    let mut short = [0x5a; 8];
    for offset in 0..9 {
        if offset + size > short.len() {
            arch.encode(rule, &mut short, offset, low);
            arch.implicit_addend(rule, &short, offset);
        }
    }
    assert_eq!(short, [0x5a; 8], "{} wrote a part", rule.name);
    arch.encode(rule, &mut short, usize::MAX - 1, low);
    arch.implicit_addend(rule, &short, usize::MAX - 1);
}

/// What must come of a value at a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expect<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// The value is out of range.
    OutOfRange,
    /// The value is in range and not aligned.
    Misaligned,
}

/// Each row: relocation number, bytes before, value, expectation.
pub(super) fn check_encodings(arch: &dyn Arch, rows: &[(u32, &[u8], i64, Expect<'_>)]) {
    for &(r_type, before, value, expect) in rows {
        let rule = arch.rule(r_type).expect("a row");
        let name = rule.name;
        let fits = rule.range.contains(value) && arch.encodable(rule, value);
        let aligned = value.rem_euclid(i64::from(rule.align)) == 0;
        match expect {
            Expect::Bytes(after) => {
                assert!(fits, "{name} {value:#x} must fit");
                assert!(aligned, "{name} {value:#x} must be aligned enough");
                let mut bytes = before.to_vec();
                arch.encode(rule, &mut bytes, 0, value);
                assert_eq!(
                    bytes, after,
                    "{name} {value:#x}: {bytes:02x?}, {after:02x?}"
                );
            }
            Expect::OutOfRange => assert!(!fits, "{name} {value:#x} must not fit"),
            Expect::Misaligned => {
                assert!(fits, "{name} {value:#x} must fit");
                assert!(!aligned, "{name} {value:#x} must be misaligned");
            }
        }
    }
}

#[test]
fn ranges_have_the_bounds_that_their_comments_say() {
    let cases = [
        (Range::Signed(21), -0x10_0000, 0xf_ffff),
        (Range::Unsigned(12), 0, 0xfff),
        (Range::Either(16), -0x8000, 0xffff),
        (
            Range::Signed(64),
            i128::from(i64::MIN),
            i128::from(i64::MAX),
        ),
    ];
    for (range, low, high) in cases {
        assert_eq!(range.bounds(), (low, high), "{range:?}");
    }
}

#[test]
fn extremes_are_aligned() {
    let rule = RelocRule {
        r_type: 0,
        name: "R_TEST",
        base: Base::Symbol,
        relative: super::Relative::Zero,
        size: 4,
        range: Range::Signed(9),
        align: 4,
    };
    assert_eq!(extremes(&rule), (-256, 252));
}

#[test]
fn machines_and_their_names_are_unique_and_sorted() {
    let mut numbers: Vec<u16> = super::all().map(|machine| machine.number()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), super::all().count());
    let mut names: Vec<&str> = Vec::new();
    for machine in super::all() {
        let formats = machine.formats();
        assert!(formats.iter().map(|format| format.name).is_sorted());
        names.extend(formats.iter().chain(machine.emulations()).map(|v| v.name));
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn names_tell_machine_class_and_order() {
    use object::elf;
    for (name, expected) in [
        ("elf_x86_64", (elf::EM_X86_64, true, false)),
        ("elf32_x86_64", (elf::EM_X86_64, false, false)),
        ("aarch64elfb", (elf::EM_AARCH64, true, true)),
        ("elf32btsmip", (elf::EM_MIPS, false, true)),
        ("elf64lppc", (elf::EM_PPC64, true, false)),
    ] {
        let found = super::emulation(name).expect(name);
        let found = (elf::Machine(found.machine), found.is_64, found.big_endian);
        assert_eq!(found, expected, "{name}");
    }
    assert_eq!(super::emulation("elf_x86-64"), None);
    for (name, expected) in [
        ("arm", Some((elf::EM_ARM, None))),
        ("armv7e-m", Some((elf::EM_ARM, None))),
        ("riscv", Some((elf::EM_RISCV, None))),
        ("riscv:rv32", Some((elf::EM_RISCV, Some(false)))),
        ("i386:x86-64", Some((elf::EM_X86_64, Some(true)))),
        ("i386:x64-32", Some((elf::EM_X86_64, Some(false)))),
        ("i386", Some((elf::EM_386, Some(false)))),
        ("i386:intel", Some((elf::EM_386, Some(false)))),
        ("mips:isa32", Some((elf::EM_MIPS, None))),
        ("z80", None),
    ] {
        let expected = expected.map(|(machine, class)| (machine.0, class));
        assert_eq!(super::architecture(name), expected, "{name}");
    }
}

#[test]
fn only_linked_emulations_are_suggested() {
    let names: Vec<&str> = super::linked_emulations().collect();
    for (name, linked) in [
        ("elf_x86_64", true),
        ("armelfb", true),
        ("aarch64elfb", false),
        ("elf32_x86_64", false),
        ("elf_i386", false),
    ] {
        assert_eq!(names.contains(&name), linked, "{name}");
    }
}
