//! Attributes as rustc writes them, and tables of what merging makes of two values.

use super::*;

const V7M: &[u8] = b"A/\0\0\0aeabi\0\x01%\0\0\0C2.09\0\x06\n\x07M\x08\0\t\x02\x0e\0\x11\x01\
    \x14\x02\x15\0\x17\x03\x18\x01\x19\x01\"\x01&\x01";
const V6M: &[u8] = b"A/\0\0\0aeabi\0\x01%\0\0\0C2.09\0\x06\x0c\x07M\x08\0\t\x01\x0e\0\x11\x01\
    \x14\x02\x15\0\x17\x03\x18\x01\x19\x01\"\0&\x01";
const V7A_HARD: &[u8] = b"A3\0\0\0aeabi\0\x01)\0\0\0C2.09\0\x06\n\x07A\x08\x01\t\x02\n\x03\
    \x0e\0\x11\x01\x14\x02\x15\0\x17\x03\x18\x01\x19\x01\x1c\x01\"\0&\x01";
const V5TE: &[u8] = b"A-\0\0\0aeabi\0\x01#\0\0\0C2.09\0\x06\x04\x08\x01\t\x01\x0e\0\x11\x01\
    \x14\x02\x15\0\x17\x03\x18\x01\x19\x01\"\0&\x01";

fn section(tags: &[(u64, u64)]) -> Vec<u8> {
    let tags = tags.iter().map(|&(tag, n)| (tag, TagValue::Number(n)));
    write(VENDOR, &tags.collect(), &[])
}

fn messages(conflicts: &[Conflict]) -> Vec<(&str, &str, bool)> {
    conflicts
        .iter()
        .map(|c| (c.input.as_str(), c.message.as_str(), c.fatal))
        .collect()
}

#[test]
fn what_rustc_writes_stays() {
    for section in [V7M, V6M, V7A_HARD, V5TE] {
        let (merged, conflicts) = merge_arm(&[("a.o", section), ("b.o", section)]);
        assert_eq!(conflicts, []);
        assert_eq!(merged, section);
    }
    assert_eq!(merge_arm(&[]), (Vec::new(), Vec::new()));
}

#[test]
fn cores() {
    for (section, core) in [
        (V7M, Core::V7M),
        (V6M, Core::V6M),
        (V7A_HARD, Core::V7),
        (V5TE, Core::V5T),
        (b"", Core::V7),
        (b"A\x01", Core::V7),
    ] {
        assert_eq!(arm_core(section), core);
    }
    for (arch, core) in [
        (2, Core::V4T),
        (6, Core::V5T),
        (8, Core::V7),
        (9, Core::V5T),
        (10, Core::V7),
        (13, Core::V7M),
        (14, Core::V7),
        (16, Core::V8MBaseline),
        (17, Core::V7M),
        (21, Core::V7M),
        (99, Core::V7),
    ] {
        assert_eq!(arm_core(&section(&[(tag::CPU_ARCH, arch)])), core, "{arch}");
    }
}

#[test]
fn demands_add_up() {
    let (merged, conflicts) = merge_arm(&[("a.o", V6M), ("b.o", V7M)]);
    assert_eq!(conflicts, []);
    assert_eq!(arm_core(&merged), Core::V7M);
    assert_eq!(merged, V7M);
}

#[test]
fn architectures() {
    for (a, b, expected) in [
        (2, 4, Some(4)),
        (4, 10, Some(10)),
        (8, 9, Some(10)),
        (7, 8, Some(10)),
        (7, 9, Some(7)),
        (6, 9, Some(9)),
        (10, 14, Some(14)),
        (14, 22, Some(22)),
        (11, 12, Some(12)),
        (10, 11, Some(10)),
        (4, 11, Some(9)),
        (10, 13, Some(13)),
        (11, 16, Some(16)),
        (10, 16, Some(17)),
        (13, 16, Some(17)),
        (13, 17, Some(17)),
        (16, 17, Some(17)),
        (17, 21, Some(21)),
        (14, 17, None),
        (4, 16, None),
        (13, 14, Some(14)),
        (10, 99, None),
    ] {
        assert_eq!(join_cpu(a, b), expected, "{a} {b}");
        assert_eq!(join_cpu(b, a), expected, "{b} {a}");
    }
}

#[test]
fn numbers() {
    for (tag, a, b, expected) in [
        (tag::FP_ARCH, 3, 6, Some(5)),
        (tag::FP_ARCH, 4, 2, Some(4)),
        (tag::FP_ARCH, 8, 3, Some(7)),
        (tag::FP_ARCH, 99, 3, Some(99)),
        (tag::FP_DENORMAL, 2, 1, Some(1)),
        (tag::ALIGN_NEEDED, 1, 2, Some(1)),
        (tag::ALIGN_NEEDED, 4, 1, Some(4)),
        (tag::ALIGN_PRESERVED, 1, 0, Some(0)),
        (tag::PCS_R9_USE, 3, 1, Some(1)),
        (tag::PCS_R9_USE, 1, 3, Some(1)),
        (tag::ENUM_SIZE, 3, 1, Some(1)),
        (tag::ENUM_SIZE, 2, 0, Some(2)),
        (tag::HARDFP_USE, 1, 2, Some(3)),
        (tag::HARDFP_USE, 0, 1, Some(1)),
        (tag::DIV_USE, 1, 0, Some(0)),
        (tag::DIV_USE, 2, 1, Some(2)),
        (tag::VIRTUALIZATION_USE, 1, 2, Some(3)),
        (tag::BTI_USE, 1, 0, Some(0)),
        (tag::PCS_CONFIG, 0, 5, Some(5)),
        (tag::OPTIMIZATION_GOALS, 2, 1, Some(2)),
        (
            tag::CPU_ARCH_PROFILE,
            b'S' as u64,
            b'A' as u64,
            Some(b'A' as u64),
        ),
        (tag::VFP_ARGS, 0, 1, Some(1)),
        (tag::FRAME_POINTER_USE, 1, 2, None),
        (126, 1, 2, None),
    ] {
        let (a, b) = (section(&[(tag, a)]), section(&[(tag, b)]));
        let (merged, conflicts) = merge_arm(&[("a.o", &a), ("b.o", &b)]);
        assert_eq!(conflicts, [], "tag {tag}");
        let expected = expected.map_or_else(Vec::new, |n| section(&[(tag, n)]));
        assert_eq!(merged, expected, "tag {tag}");
    }
}

#[test]
fn contradictions() {
    let soft = [(tag::FP_NUMBER_MODEL, 3)];
    let hard = [(tag::FP_NUMBER_MODEL, 3), (tag::VFP_ARGS, 1)];
    for (a, b, expected) in [
        (
            section(&soft),
            section(&hard),
            Some((
                "hard-float (VFP-register) floating-point arguments cannot be linked with soft-float (integer-register)",
                true,
            )),
        ),
        (section(&hard), section(&[(tag::VFP_ARGS, 0)]), None),
        (
            section(&hard),
            section(&[(tag::FP_NUMBER_MODEL, 3), (tag::VFP_ARGS, 3)]),
            None,
        ),
        (
            section(&[(tag::CPU_ARCH, 14)]),
            section(&[(tag::CPU_ARCH, 17)]),
            Some((
                "code for ARMv8-M Mainline cannot be linked with code for ARMv8-A",
                true,
            )),
        ),
        (
            section(&[(tag::CPU_ARCH_PROFILE, b'A' as u64)]),
            section(&[(tag::CPU_ARCH_PROFILE, b'M' as u64)]),
            Some((
                "code for profile M cannot be linked with code for profile A",
                true,
            )),
        ),
        (
            section(&[(tag::PCS_WCHAR_T, 4)]),
            section(&[(tag::PCS_WCHAR_T, 2)]),
            Some(("the size of `wchar_t` differs: 2 after 4", false)),
        ),
        (
            section(&[(tag::PCS_R9_USE, 0)]),
            section(&[(tag::PCS_R9_USE, 1)]),
            Some(("use 1 of register `r9` conflicts with use 0", true)),
        ),
        (
            section(&[(40, 1)]),
            section(&[(40, 2)]),
            Some(("build attribute 40 is unknown and differs", false)),
        ),
        (
            V7M.to_vec(),
            V7M[..20].to_vec(),
            Some((
                "`.ARM.attributes` is malformed at offset 0x1 and was ignored",
                false,
            )),
        ),
    ] {
        let (_, conflicts) = merge_arm(&[("a.o", &a), ("b.o", &b)]);
        let expected: Vec<_> = expected
            .map(|(m, fatal)| ("b.o", m, fatal))
            .into_iter()
            .collect();
        assert_eq!(messages(&conflicts), expected);
    }
}

#[test]
fn both_sides_of_a_contradiction_are_named() {
    let soft = section(&[(tag::FP_NUMBER_MODEL, 3)]);
    let hard = section(&[(tag::FP_NUMBER_MODEL, 3), (tag::VFP_ARGS, 1)]);
    let any = section(&[(tag::VFP_ARGS, 3), (tag::FP_NUMBER_MODEL, 3)]);
    let inputs: [(&str, &[u8]); 4] = [
        ("any.o", &any),
        ("hard.o", &hard),
        ("hard2.o", &hard),
        ("soft.o", &soft),
    ];
    let (_, conflicts) = merge_arm(&inputs);
    assert_eq!(conflicts.len(), 1);
    let conflict = &conflicts[0];
    assert_eq!(conflict.input, "soft.o");
    assert_eq!(conflict.other.as_deref(), Some("hard.o"));
    assert_eq!(conflict.tag, tag::VFP_ARGS);
    assert!(conflict.help.is_some_and(|help| help.contains("eabihf")));
}

#[test]
fn any_bytes_are_survived() {
    for cut in 0..V7M.len() {
        for flip in 0..V7M.len() {
            let mut bytes = V7M[..cut].to_vec();
            if let Some(byte) = bytes.get_mut(flip) {
                *byte ^= 0x81;
            }
            let (merged, _) = merge_arm(&[("a.o", V7M), ("b.o", &bytes)]);
            assert!(read(&merged, VENDOR, kind).is_ok());
            arm_core(&bytes);
        }
    }
}
