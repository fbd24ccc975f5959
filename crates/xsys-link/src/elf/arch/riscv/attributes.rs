//! Merging `.riscv.attributes`.
//!
//! RISC-V ELF psABI, "Attributes". The output needs all extensions that any input needs; the calling
//! convention's stack alignment and the register widths must be the same. The
//! architecture string is rebuilt in the canonical order of the instruction set manual (ISA
//! extension naming conventions): base, single letters in their traditional order, `z`, `s`, `x`.

use crate::elf::arch::attributes::{Conflict, MergeReport, TagValue, Tags, ValueKind, read, write};
use std::cmp::max;
use std::collections::BTreeMap;

const VENDOR: &str = "riscv";
const STACK_ALIGN: u64 = 4;
const ARCH: u64 = 5;
const UNALIGNED_ACCESS: u64 = 6;
const PRIV_SPEC: [u64; 3] = [8, 10, 12];
const ATOMIC_ABI: u64 = 14;
const X3_REG_USAGE: u64 = 16;

fn kind(tag: u64) -> ValueKind {
    if tag % 2 == 1 {
        ValueKind::Text
    } else {
        ValueKind::Number
    }
}

/// Merges the contents of `.riscv.attributes` sections, each with its input's name. The result is
/// empty where no input has attributes.
pub(super) fn merge_riscv(inputs: &[(&str, &[u8])]) -> (Vec<u8>, Vec<Conflict>) {
    let mut report = MergeReport {
        section: ".riscv.attributes",
        input: "",
        origins: Default::default(),
        tag: 0,
        conflicts: Vec::new(),
    };
    let mut merged = Tags::new();
    let mut isa: Option<Isa> = None;
    for &(input, data) in inputs {
        report.input = input;
        let tags = match read(data, VENDOR, kind) {
            Ok(tags) => tags,
            Err(malformed) => {
                report.malformed(&malformed);
                continue;
            }
        };
        for (&tag, value) in &tags {
            match (tag, value) {
                (ARCH, TagValue::Text(text)) => match Isa::parse(text) {
                    Ok(next) => merge_isa(&mut isa, next, &mut report),
                    Err(why) => report.warn(format!(
                        "architecture `{}` {why}",
                        String::from_utf8_lossy(text)
                    )),
                },
                _ if PRIV_SPEC.contains(&tag) => {}
                _ => merge_tag(&mut merged, tag, value, &mut report),
            }
        }
        merge_priv_spec(&mut merged, &tags, &mut report);
    }
    let arch = isa.map(|isa| isa.to_string());
    if let Some(arch) = &arch {
        merged.insert(ARCH, TagValue::Text(arch.as_bytes()));
    }
    (write(VENDOR, &merged, &[]), report.conflicts)
}

fn merge_tag<'a>(
    merged: &mut Tags<'a>,
    tag: u64,
    value: &TagValue<'a>,
    report: &mut MergeReport<'_>,
) {
    let Some(old) = merged.get(&tag) else {
        merged.insert(tag, value.clone());
        return;
    };
    if old == value {
        return;
    }
    let (a, b) = (old.number(), value.number());
    let result = match tag {
        STACK_ALIGN => {
            report.error(format!(
                "stack alignment of {b} bytes cannot be linked with {a} bytes"
            ));
            a
        }
        UNALIGNED_ACCESS => a | b,
        // 0 unknown, 1 A6C, 2 A6S, 3 A7: A6S goes with both others, which exclude each other.
        ATOMIC_ABI => match (a, b) {
            (0, x) | (x, 0) | (2, x) | (x, 2) => x,
            _ => {
                report.error(format!(
                    "atomic ABI {b} cannot be linked with atomic ABI {a}"
                ));
                a
            }
        },
        // 0 unknown, 1 global pointer, 2 shadow stack, 3 temporary.
        X3_REG_USAGE => match (a, b) {
            (0, x) | (x, 0) => x,
            _ => {
                report.error(format!(
                    "use {b} of register `x3` cannot be linked with use {a}"
                ));
                a
            }
        },
        // Unknown tags stay if all inputs agree.
        _ => {
            merged.remove(&tag);
            return;
        }
    };
    merged.insert(tag, TagValue::Number(result));
}

/// Three tags make one version; the newest is kept.
fn merge_priv_spec(merged: &mut Tags<'_>, tags: &Tags<'_>, report: &mut MergeReport<'_>) {
    let version = |tags: &Tags<'_>| PRIV_SPEC.map(|tag| tags.get(&tag).map_or(0, TagValue::number));
    let (old, new) = (version(merged), version(tags));
    if old != new && old != [0; 3] && new != [0; 3] {
        let dotted = |v: [u64; 3]| v.map(|n| n.to_string()).join(".");
        report.warn(format!(
            "privileged specification {} differs from {}",
            dotted(new),
            dotted(old)
        ));
    }
    let newest = max(old, new);
    if newest != [0; 3] {
        for (tag, n) in PRIV_SPEC.into_iter().zip(newest) {
            merged.insert(tag, TagValue::Number(n));
        }
    }
}

/// An architecture string, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Isa {
    width: u32,
    /// Major and minor version of each extension, in canonical order.
    extensions: BTreeMap<Extension, (u32, u32)>,
}

/// An extension's rank in the canonical order, then its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Extension(u32, String);

/// What `g` stands for.
const GENERAL: &[(&str, (u32, u32))] = &[
    ("i", (2, 1)),
    ("m", (2, 0)),
    ("a", (2, 1)),
    ("f", (2, 2)),
    ("d", (2, 2)),
    ("zicsr", (2, 0)),
    ("zifencei", (2, 0)),
];

impl Extension {
    fn new(name: &str) -> Extension {
        fn letter(c: char) -> u32 {
            const ORDER: &str = "iemafdqlcbkjtpvnh";
            match ORDER.find(c) {
                Some(at) => at as u32,
                None => 0x20 + u32::from(c as u8),
            }
        }
        let mut letters = name.chars();
        let first = letters.next().unwrap_or('x');
        let rank = match (first, letters.next()) {
            (_, None) => letter(first),
            // Each `z` belongs to the letter that follows.
            ('z', Some(second)) => 0x100 + letter(second),
            ('s', _) => 0x200,
            _ => 0x300,
        };
        Extension(rank, name.to_owned())
    }
}

impl Isa {
    fn parse(text: &[u8]) -> Result<Isa, String> {
        let text = std::str::from_utf8(text).map_err(|_| "is not text".to_owned())?;
        let (width, mut rest) = if let Some(rest) = text.strip_prefix("rv32") {
            (32, rest)
        } else if let Some(rest) = text.strip_prefix("rv64") {
            (64, rest)
        } else {
            return Err("begins with neither `rv32` nor `rv64`".to_owned());
        };
        let mut extensions = BTreeMap::new();
        while let Some(first) = rest.chars().next() {
            if first == '_' {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            if !first.is_ascii_lowercase() {
                return Err(format!("has no extension at `{rest}`"));
            }
            let long = matches!(first, 'z' | 's' | 'x');
            let word = match (long, rest.find('_')) {
                (true, Some(end)) => rest.get(..end).unwrap_or(rest),
                _ => rest,
            };
            let (name, version, length) = if long {
                let (name, version) = split_version(word);
                (name, version, word.len())
            } else {
                let digits = word.get(1..).unwrap_or_default();
                let (version, length) = leading_version(digits);
                (word.get(..1).unwrap_or(word), version, 1 + length)
            };
            if name == "g" {
                for &(name, version) in GENERAL {
                    extensions.insert(Extension::new(name), version);
                }
            } else {
                extensions.insert(Extension::new(name), version);
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        let isa = Isa { width, extensions };
        match (isa.has("i"), isa.has("e")) {
            (false, false) => Err("names no base instruction set".to_owned()),
            (true, true) => Err("names two base instruction sets".to_owned()),
            _ => Ok(isa),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.extensions.contains_key(&Extension::new(name))
    }

    fn base(&self) -> &'static str {
        match (self.width, self.has("e")) {
            (32, false) => "rv32i",
            (32, true) => "rv32e",
            (_, false) => "rv64i",
            (_, true) => "rv64e",
        }
    }
}

impl std::fmt::Display for Isa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rv{}", self.width)?;
        for (i, (Extension(_, name), (major, minor))) in self.extensions.iter().enumerate() {
            let separator = if i == 0 { "" } else { "_" };
            write!(f, "{separator}{name}{major}p{minor}")?;
        }
        Ok(())
    }
}

fn merge_isa(merged: &mut Option<Isa>, next: Isa, report: &mut MergeReport<'_>) {
    let Some(merged) = merged else {
        *merged = Some(next);
        return;
    };
    if merged.base() != next.base() {
        report.error(format!(
            "base instruction set `{}` cannot be linked with `{}`",
            next.base(),
            merged.base()
        ));
        return;
    }
    for (extension, version) in next.extensions {
        let newest = merged.extensions.entry(extension).or_default();
        *newest = max(*newest, version);
    }
}

/// `2p1…` at the start: the version and its length. Without one it is 0.0.
fn leading_version(text: &str) -> ((u32, u32), usize) {
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number = |text: &str, length: usize| -> u32 {
        text.get(..length).and_then(|t| t.parse().ok()).unwrap_or(0)
    };
    let length = digits(text);
    if length == 0 {
        return ((0, 0), 0);
    }
    let major = number(text, length);
    let minor_text = text.get(length..).and_then(|rest| rest.strip_prefix('p'));
    match minor_text.map(|text| (text, digits(text))) {
        Some((text, minor)) if minor > 0 => ((major, number(text, minor)), length + 1 + minor),
        _ => ((major, 0), length),
    }
}

/// `zvl128b1p0`: digits belong to the version only at the end of the name.
fn split_version(word: &str) -> (&str, (u32, u32)) {
    let is_digit = |c: char| c.is_ascii_digit();
    let before_minor = word.trim_end_matches(is_digit);
    let major_end = before_minor.strip_suffix('p');
    let name = match major_end.map(|text| (text, text.trim_end_matches(is_digit))) {
        Some((text, name)) if text.len() > name.len() && before_minor.len() < word.len() => name,
        _ => before_minor,
    };
    let version = word.get(name.len()..).unwrap_or_default();
    (name, leading_version(version).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(tags: &[(u64, TagValue<'_>)]) -> Vec<u8> {
        write(VENDOR, &tags.iter().cloned().collect(), &[])
    }

    fn arch(text: &str) -> Vec<u8> {
        section(&[(ARCH, TagValue::Text(text.as_bytes()))])
    }

    fn merge(sections: &[Vec<u8>]) -> (Vec<u8>, Vec<Conflict>) {
        const NAMES: [&str; 3] = ["a.o", "b.o", "c.o"];
        let inputs: Vec<_> = NAMES
            .into_iter()
            .zip(sections.iter().map(Vec::as_slice))
            .collect();
        merge_riscv(&inputs)
    }

    #[test]
    fn what_rustc_writes_stays() {
        let section = b"AM\0\0\0riscv\0\x01C\0\0\0\x04\x10\x05rv32i2p1_m2p0_a2p1_c2p0_zmmul1p0_\
            zaamo1p0_zalrsc1p0_zca1p0\0";
        let (merged, conflicts) = merge_riscv(&[("a.o", section), ("b.o", section)]);
        assert_eq!(conflicts, []);
        assert_eq!(merged, section);
        assert_eq!(merge_riscv(&[]), (Vec::new(), Vec::new()));
    }

    #[test]
    fn architectures_unite_in_canonical_order() {
        for (a, b, expected) in [
            ("rv32i2p1_c2p0", "rv32i2p1_m2p0", "rv32i2p1_m2p0_c2p0"),
            ("rv64i2p0_a2p0", "rv64i2p1_a2p1_d2p2", "rv64i2p1_a2p1_d2p2"),
            (
                "rv64i2p1_xfoo1p0_svinval1p0",
                "rv64i2p1_zvl128b1p0_zba1p0_zicsr2p0",
                "rv64i2p1_zicsr2p0_zba1p0_zvl128b1p0_svinval1p0_xfoo1p0",
            ),
            ("rv32e2p0", "rv32e1p9_zca1p0", "rv32e2p0_zca1p0"),
            ("rv32imac", "rv32i2", "rv32i2p0_m0p0_a0p0_c0p0"),
            ("rv32i2p1m2p0a2p1", "rv32i", "rv32i2p1_m2p0_a2p1"),
            (
                "rv64gc",
                "rv64i",
                "rv64i2p1_m2p0_a2p1_f2p2_d2p2_c0p0_zicsr2p0_zifencei2p0",
            ),
        ] {
            let (merged, conflicts) = merge(&[arch(a), arch(b)]);
            assert_eq!(conflicts, [], "{a} {b}");
            assert_eq!(
                merged,
                arch(expected),
                "{}",
                String::from_utf8_lossy(&merged)
            );
        }
    }

    #[test]
    fn contradictions() {
        let number = |tag, n| section(&[(tag, TagValue::Number(n))]);
        for (a, b, message, fatal) in [
            (
                arch("rv32i2p1"),
                arch("rv64i2p1"),
                "base instruction set `rv64i` cannot be linked with `rv32i`",
                true,
            ),
            (
                arch("rv32i2p1"),
                arch("rv32e2p0"),
                "base instruction set `rv32e` cannot be linked with `rv32i`",
                true,
            ),
            (
                arch("rv32i2p1"),
                arch("rv128i"),
                "architecture `rv128i` begins with neither `rv32` nor `rv64`",
                false,
            ),
            (
                arch("rv32i2p1"),
                arch("rv32m"),
                "architecture `rv32m` names no base instruction set",
                false,
            ),
            (
                arch("rv32i2p1"),
                arch("rv32i+"),
                "architecture `rv32i+` has no extension at `+`",
                false,
            ),
            (
                number(STACK_ALIGN, 16),
                number(STACK_ALIGN, 4),
                "stack alignment of 4 bytes cannot be linked with 16 bytes",
                true,
            ),
            (
                number(ATOMIC_ABI, 1),
                number(ATOMIC_ABI, 3),
                "atomic ABI 3 cannot be linked with atomic ABI 1",
                true,
            ),
            (
                number(X3_REG_USAGE, 1),
                number(X3_REG_USAGE, 2),
                "use 2 of register `x3` cannot be linked with use 1",
                true,
            ),
            (
                number(PRIV_SPEC[0], 1),
                number(PRIV_SPEC[1], 9),
                "privileged specification 0.9.0 differs from 1.0.0",
                false,
            ),
            (
                arch("rv32i2p1"),
                b"A\x01".to_vec(),
                "`.riscv.attributes` is malformed at offset 0x1 and was ignored",
                false,
            ),
        ] {
            let (_, conflicts) = merge(&[a, b]);
            let expected = Conflict {
                input: "b.o".to_owned(),
                message: message.to_owned(),
                other: None,
                tag: 0,
                help: None,
                fatal,
            };
            assert_eq!(conflicts, [expected]);
        }
    }

    #[test]
    fn numbers() {
        for (tag, values, expected) in [
            (UNALIGNED_ACCESS, [0, 1], Some(1)),
            (ATOMIC_ABI, [0, 3], Some(3)),
            (ATOMIC_ABI, [2, 3], Some(3)),
            (ATOMIC_ABI, [1, 2], Some(1)),
            (X3_REG_USAGE, [2, 0], Some(2)),
            (1000, [7, 7], Some(7)),
            (1000, [7, 8], None),
        ] {
            let inputs = values.map(|n| section(&[(tag, TagValue::Number(n))]));
            let (merged, conflicts) = merge(&inputs);
            assert_eq!(conflicts, []);
            let expected =
                expected.map_or_else(Vec::new, |n| section(&[(tag, TagValue::Number(n))]));
            assert_eq!(merged, expected, "tag {tag} {values:?}");
        }
        let version = |v: [u64; 3]| {
            let tags: Vec<_> = PRIV_SPEC.into_iter().zip(v.map(TagValue::Number)).collect();
            section(&tags)
        };
        let (merged, conflicts) = merge(&[version([1, 11, 0]), version([1, 12, 0])]);
        assert_eq!((merged, conflicts.len()), (version([1, 12, 0]), 1));
    }
}
