//! Merging `.MSP430.attributes`.
//!
//! "MSP430 Embedded Application Binary Interface" (SLAA534), "Build Attributes". The instruction
//! set and the two memory models decide how arguments are passed and how large pointers are: all
//! inputs must agree. 0 means that the input does not say.

use crate::elf::arch::attributes::{Conflict, MergeReport, TagValue, Tags, ValueKind, read, write};

const VENDOR: &str = "mspabi";
const ISA: u64 = 4;
const CODE_MODEL: u64 = 6;
const DATA_MODEL: u64 = 8;
const ISA_X: u64 = 2;

fn kind(tag: u64) -> ValueKind {
    match tag {
        32 => ValueKind::Both,
        tag if tag > 32 && tag % 2 == 1 => ValueKind::Text,
        _ => ValueKind::Number,
    }
}

fn describe(tag: u64, value: u64) -> String {
    let name = match (tag, value) {
        (ISA, 1) => "the MSP430 instruction set",
        (ISA, ISA_X) => "the MSP430X instruction set",
        (CODE_MODEL, 1) => "the small code model",
        (CODE_MODEL, 2) => "the large code model",
        (DATA_MODEL, 1) => "the small data model",
        (DATA_MODEL, 2) => "the large data model",
        (DATA_MODEL, 3) => "the restricted data model",
        _ => return format!("value {value} of attribute {tag}"),
    };
    name.to_owned()
}

/// Merges the contents of `.MSP430.attributes` sections, each with its input's name.
pub(super) fn merge_msp430(inputs: &[(&str, &[u8])]) -> (Vec<u8>, Vec<Conflict>) {
    let mut report = MergeReport {
        section: ".MSP430.attributes",
        input: "",
        origins: Default::default(),
        tag: 0,
        conflicts: Vec::new(),
    };
    let mut merged = Tags::new();
    for &(input, data) in inputs {
        report.input = input;
        let tags = match read(data, VENDOR, kind) {
            Ok(tags) => tags,
            Err(malformed) => {
                report.malformed(&malformed);
                continue;
            }
        };
        for (tag, value) in tags {
            let old = merged.get(&tag).map_or(0, TagValue::number);
            let new = value.number();
            if old == 0 {
                merged.insert(tag, value);
            } else if new != 0 && new != old && [ISA, CODE_MODEL, DATA_MODEL].contains(&tag) {
                report.error(format!(
                    "it is for {}, the objects before it are for {}",
                    describe(tag, new),
                    describe(tag, old)
                ));
            }
        }
    }
    (write(VENDOR, &merged, &[]), report.conflicts)
}

/// Whether merged attributes say MSP430X.
pub(super) fn msp430_extended(attributes: &[u8]) -> bool {
    read(attributes, VENDOR, kind)
        .is_ok_and(|tags| tags.get(&ISA).map_or(0, TagValue::number) == ISA_X)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(isa: u64, code: u64, data: u64) -> Vec<u8> {
        let mut tags = Tags::new();
        tags.insert(ISA, TagValue::Number(isa));
        tags.insert(CODE_MODEL, TagValue::Number(code));
        tags.insert(DATA_MODEL, TagValue::Number(data));
        write(VENDOR, &tags, &[])
    }

    #[test]
    fn equal_and_silent_inputs_merge() {
        let (a, b) = (section(1, 1, 1), section(1, 0, 1));
        let (merged, conflicts) = merge_msp430(&[("a", &a), ("b", &b)]);
        assert_eq!((merged, conflicts), (a.clone(), Vec::new()));
        assert!(!msp430_extended(&a));
        assert!(msp430_extended(&section(2, 1, 1)));
    }

    #[test]
    fn both_instruction_sets_are_named() {
        let (a, b) = (section(1, 1, 1), section(2, 2, 1));
        let (_, conflicts) = merge_msp430(&[("a", &a), ("b", &b)]);
        let texts: Vec<&str> = conflicts.iter().map(|c| c.message.as_str()).collect();
        assert_eq!(
            texts,
            [
                "it is for the MSP430X instruction set, the objects before it are for the MSP430 instruction set",
                "it is for the large code model, the objects before it are for the small code model",
            ]
        );
        assert!(conflicts.iter().all(|c| c.fatal && c.input == "b"));
    }
}
