//! Merging `.ARM.attributes`, and reading from it what a core can execute.
//!
//! "Addenda to, and Errata in, the ABI for the Arm Architecture" 2023Q3, Build attributes. Tags
//! fall into few classes: demands on the machine, of which the output has the highest ([`MergeRule`]);
//! permissions, of which it has the lowest; conventions that must agree. A tag that is absent has
//! the value 0, "not used" or "as the base standard says".

use super::Core;
use crate::elf::arch::attributes::{Conflict, MergeReport, TagValue, Tags, ValueKind, read, write};

const VENDOR: &str = "aeabi";

/// The attributes' numbers.
#[allow(missing_docs, reason = "the names are the spec's")]
#[rustfmt::skip]
pub(super) mod tag {
    pub(crate) const CPU_RAW_NAME: u64 = 4;
    pub(crate) const CPU_NAME: u64 = 5;
    pub(crate) const CPU_ARCH: u64 = 6;
    pub(crate) const CPU_ARCH_PROFILE: u64 = 7;
    pub(crate) const ARM_ISA_USE: u64 = 8;
    pub(crate) const THUMB_ISA_USE: u64 = 9;
    pub(crate) const FP_ARCH: u64 = 10;
    pub(crate) const WMMX_ARCH: u64 = 11;
    pub(crate) const ADVANCED_SIMD_ARCH: u64 = 12;
    pub(crate) const PCS_CONFIG: u64 = 13;
    pub(crate) const PCS_R9_USE: u64 = 14;
    pub(crate) const PCS_RW_DATA: u64 = 15;
    pub(crate) const PCS_RO_DATA: u64 = 16;
    pub(crate) const PCS_GOT_USE: u64 = 17;
    pub(crate) const PCS_WCHAR_T: u64 = 18;
    pub(crate) const FP_ROUNDING: u64 = 19;
    pub(crate) const FP_DENORMAL: u64 = 20;
    pub(crate) const FP_EXCEPTIONS: u64 = 21;
    pub(crate) const FP_USER_EXCEPTIONS: u64 = 22;
    pub(crate) const FP_NUMBER_MODEL: u64 = 23;
    pub(crate) const ALIGN_NEEDED: u64 = 24;
    pub(crate) const ALIGN_PRESERVED: u64 = 25;
    pub(crate) const ENUM_SIZE: u64 = 26;
    pub(crate) const HARDFP_USE: u64 = 27;
    pub(crate) const VFP_ARGS: u64 = 28;
    pub(crate) const WMMX_ARGS: u64 = 29;
    pub(crate) const OPTIMIZATION_GOALS: u64 = 30;
    pub(crate) const FP_OPTIMIZATION_GOALS: u64 = 31;
    pub(crate) const COMPATIBILITY: u64 = 32;
    pub(crate) const CPU_UNALIGNED_ACCESS: u64 = 34;
    pub(crate) const FP_HP_EXTENSION: u64 = 36;
    pub(crate) const FP_16BIT_FORMAT: u64 = 38;
    pub(crate) const MPEXTENSION_USE: u64 = 42;
    pub(crate) const DIV_USE: u64 = 44;
    pub(crate) const DSP_EXTENSION: u64 = 46;
    pub(crate) const MVE_ARCH: u64 = 48;
    pub(crate) const PAC_EXTENSION: u64 = 50;
    pub(crate) const BTI_EXTENSION: u64 = 52;
    pub(crate) const NODEFAULTS: u64 = 64;
    pub(crate) const T2EE_USE: u64 = 66;
    pub(crate) const CONFORMANCE: u64 = 67;
    pub(crate) const VIRTUALIZATION_USE: u64 = 68;
    pub(crate) const FRAME_POINTER_USE: u64 = 72;
    pub(crate) const BTI_USE: u64 = 74;
    pub(crate) const PACRET_USE: u64 = 76;
}

fn kind(tag: u64) -> ValueKind {
    match tag {
        tag::CPU_RAW_NAME | tag::CPU_NAME => ValueKind::Text,
        tag::COMPATIBILITY => ValueKind::Both,
        t if t > 32 && t % 2 == 1 => ValueKind::Text,
        _ => ValueKind::Number,
    }
}

/// How the numbers of a tag combine.
#[derive(Clone, Copy, Debug)]
enum MergeRule {
    /// A demand: the highest.
    Highest,
    /// A permission or promise: the lowest.
    Lowest,
    /// A demand with the order 0, 2, 1, 3 ….
    HighestOf021,
    /// Bits.
    Or,
    /// The first that is not 0; later ones must not contradict.
    First,
    /// Must agree wherever both say something, else an error or a warning about this.
    Agree {
        what: &'static str,
        fatal: bool,
        neutral: u64,
    },
    /// Kept only where all agree.
    Common,
    Cpu,
    Profile,
    FpArch,
    R9,
    HardFp,
    VfpArgs,
    Div,
    Unknown,
}

fn rule(tag: u64) -> MergeRule {
    const fn agree(what: &'static str, fatal: bool, neutral: u64) -> MergeRule {
        MergeRule::Agree {
            what,
            fatal,
            neutral,
        }
    }
    match tag {
        tag::CPU_ARCH => MergeRule::Cpu,
        tag::CPU_ARCH_PROFILE => MergeRule::Profile,
        tag::FP_ARCH => MergeRule::FpArch,
        tag::PCS_R9_USE => MergeRule::R9,
        tag::HARDFP_USE => MergeRule::HardFp,
        tag::VFP_ARGS => MergeRule::VfpArgs,
        tag::DIV_USE => MergeRule::Div,
        tag::VIRTUALIZATION_USE => MergeRule::Or,
        tag::FP_DENORMAL | tag::ALIGN_NEEDED => MergeRule::HighestOf021,
        tag::ARM_ISA_USE
        | tag::THUMB_ISA_USE
        | tag::WMMX_ARCH
        | tag::ADVANCED_SIMD_ARCH
        | tag::PCS_GOT_USE
        | tag::FP_ROUNDING
        | tag::FP_EXCEPTIONS
        | tag::FP_USER_EXCEPTIONS
        | tag::FP_NUMBER_MODEL
        | tag::CPU_UNALIGNED_ACCESS
        | tag::FP_HP_EXTENSION
        | tag::MPEXTENSION_USE
        | tag::DSP_EXTENSION
        | tag::MVE_ARCH
        | tag::PAC_EXTENSION
        | tag::BTI_EXTENSION
        | tag::T2EE_USE => MergeRule::Highest,
        tag::PCS_RW_DATA
        | tag::PCS_RO_DATA
        | tag::ALIGN_PRESERVED
        | tag::BTI_USE
        | tag::PACRET_USE => MergeRule::Lowest,
        tag::PCS_CONFIG | tag::OPTIMIZATION_GOALS | tag::FP_OPTIMIZATION_GOALS => MergeRule::First,
        tag::PCS_WCHAR_T => agree("the size of `wchar_t`", false, 0),
        // 3: enums in interfaces are words, which fits both other values.
        tag::ENUM_SIZE => agree("the size of enums", false, 3),
        tag::WMMX_ARGS => agree("the passing of WMMX arguments", true, 0),
        tag::FP_16BIT_FORMAT => agree("the format of half-precision numbers", true, 0),
        tag::FRAME_POINTER_USE | tag::NODEFAULTS => MergeRule::Common,
        _ => MergeRule::Unknown,
    }
}

/// Merges the contents of `.ARM.attributes` sections, each with its input's name. The result is
/// empty where no input has attributes.
pub(super) fn merge_arm(inputs: &[(&str, &[u8])]) -> (Vec<u8>, Vec<Conflict>) {
    let mut report = MergeReport {
        section: ".ARM.attributes",
        input: "",
        origins: Default::default(),
        tag: 0,
        conflicts: Vec::new(),
    };
    let mut merged: Option<Tags<'_>> = None;
    for &(input, data) in inputs {
        report.input = input;
        match read(data, VENDOR, kind) {
            Err(malformed) => report.malformed(&malformed),
            Ok(tags) => match &mut merged {
                None => {
                    report.origins = tags.keys().map(|&tag| (tag, input)).collect();
                    // Values that mean the same as an absent tag are left out.
                    for tag in [tag::VFP_ARGS, tag::CPU_ARCH, tag::PCS_R9_USE] {
                        report.origins.entry(tag).or_insert(input);
                    }
                    merged = Some(tags);
                }
                Some(merged) => merge(merged, &tags, &mut report),
            },
        }
    }
    let merged = merged.unwrap_or_default();
    // The spec wants these tags before the others.
    let first = [tag::CONFORMANCE, tag::NODEFAULTS];
    (write(VENDOR, &merged, &first), report.conflicts)
}

fn merge<'a>(merged: &mut Tags<'a>, next: &Tags<'a>, report: &mut MergeReport<'a>) {
    let mut tags: Vec<u64> = merged.keys().chain(next.keys()).copied().collect();
    tags.sort_unstable();
    tags.dedup();
    // The conflict of floating-point arguments depends on the number models before they are merged.
    let before = |tag| merged.get(&tag).map_or(0, TagValue::number);
    let floats = before(tag::FP_NUMBER_MODEL) != 0;
    let next_floats = next.get(&tag::FP_NUMBER_MODEL).map_or(0, TagValue::number) != 0;
    for tag in tags {
        report.tag = tag;
        if kind(tag) != ValueKind::Number {
            merge_text(merged, tag, next.get(&tag), report);
            continue;
        }
        let a = merged.get(&tag).map_or(0, TagValue::number);
        let b = next.get(&tag).map_or(0, TagValue::number);
        let result = match rule(tag) {
            _ if a == b => Some(a),
            MergeRule::Highest => Some(a.max(b)),
            MergeRule::Lowest => Some(a.min(b)),
            MergeRule::Or => Some(a | b),
            MergeRule::HighestOf021 => {
                let rank = |n| match n {
                    1 => 2,
                    2 => 1,
                    n => n,
                };
                Some(if rank(a) > rank(b) { a } else { b })
            }
            MergeRule::First => Some(if a == 0 { b } else { a }),
            MergeRule::Common => None,
            MergeRule::Agree {
                what,
                fatal,
                neutral,
            } => Some(if a == 0 || a == neutral {
                b
            } else {
                if b != 0 && b != neutral {
                    report.push(format!("{what} differs: {b} after {a}"), fatal);
                }
                a
            }),
            MergeRule::Cpu => Some(join_cpu(a, b).unwrap_or_else(|| {
                report.error(format!(
                    "code for {} cannot be linked with code for {}",
                    cpu_name(b),
                    cpu_name(a)
                ));
                a
            })),
            MergeRule::Profile => Some(join_profile(a, b, report)),
            MergeRule::FpArch => Some(join_fp_arch(a, b)),
            // 3: r9 is a register like the others, and not used as one.
            MergeRule::R9 => match (a, b) {
                (3, x) | (x, 3) => Some(x),
                _ => {
                    report.error(format!("use {b} of register `r9` conflicts with use {a}"));
                    Some(a)
                }
            },
            // 1 single precision, 2 double precision, 3 both.
            MergeRule::HardFp => Some(if a == 0 || b == 0 { a.max(b) } else { 3 }),
            MergeRule::VfpArgs => Some(if !floats || a == 3 {
                b
            } else {
                if next_floats && b != 3 {
                    report.error(format!(
                        "{} floating-point arguments cannot be linked with {}",
                        passing(b),
                        passing(a)
                    ));
                    report.help(FLOAT_ABI);
                }
                a
            }),
            // 0 as the architecture has it, 1 not used, 2 used as an extension.
            MergeRule::Div => Some(if a == 2 || b == 2 { 2 } else { 0 }),
            MergeRule::Unknown => {
                // Tags whose number modulo 128 is below 64 must be understood.
                if tag % 128 < 64 {
                    report.warn(format!("build attribute {tag} is unknown and differs"));
                }
                None
            }
        };
        if result.is_some_and(|n| n != a) {
            report.origins.insert(tag, report.input);
        }
        match result {
            Some(n) => merged.insert(tag, TagValue::Number(n)),
            None => merged.remove(&tag),
        };
    }
    report.tag = 0;
}

/// Names and the like are kept where all agree.
fn merge_text(
    merged: &mut Tags<'_>,
    tag: u64,
    next: Option<&TagValue<'_>>,
    report: &mut MergeReport<'_>,
) {
    if merged.get(&tag) == next {
        return;
    }
    if tag == tag::COMPATIBILITY
        && let Some(TagValue::Both(1.., vendor)) = next
    {
        report.warn(format!(
            "claims to be compatible only with the tools of `{}`",
            String::from_utf8_lossy(vendor)
        ));
    }
    // The version of the spec does not describe the code; the output keeps the first one.
    if tag != tag::CONFORMANCE {
        merged.remove(&tag);
    }
}

const FLOAT_ABI: &str = "build all objects for one float ABI: targets whose names end in `eabihf` are hard-float, those in `eabi` are soft-float; C compilers have `-mfloat-abi=`";

fn passing(vfp_args: u64) -> &'static str {
    match vfp_args {
        0 => "soft-float (integer-register)",
        1 => "hard-float (VFP-register)",
        _ => "specially passed",
    }
}

/// The name of a `Tag_CPU_arch`.
fn cpu_name(arch: u64) -> &'static str {
    const NAMES: [&str; 23] = [
        "pre-ARMv4",
        "ARMv4",
        "ARMv4T",
        "ARMv5T",
        "ARMv5TE",
        "ARMv5TEJ",
        "ARMv6",
        "ARMv6KZ",
        "ARMv6T2",
        "ARMv6K",
        "ARMv7",
        "ARMv6-M",
        "ARMv6S-M",
        "ARMv7E-M",
        "ARMv8-A",
        "ARMv8-R",
        "ARMv8-M Baseline",
        "ARMv8-M Mainline",
        "ARMv8.1-A",
        "ARMv8.2-A",
        "ARMv8.3-A",
        "ARMv8.1-M Mainline",
        "ARMv9-A",
    ];
    usize::try_from(arch)
        .ok()
        .and_then(|arch| NAMES.get(arch))
        .unwrap_or(&"an unknown architecture")
}

/// The smallest architecture that executes code for both; the table of AAELF's attribute
/// addenda, "Combining attribute values", without its pseudo-architectures.
fn join_cpu(a: u64, b: u64) -> Option<u64> {
    let (low, high) = (a.min(b), a.max(b));
    Some(match (low, high) {
        (a, b) if a == b => a,
        // The line of ARMv4 to ARMv9-A. K, Z and T2 are siblings above v6.
        (0..=5, 6..=10) | (6, 7..=10) | (0..=5, 0..=5) => high,
        (7, 9) => 7,
        (7..=9, 8..=10) => 10,
        (0..=10, 14 | 15 | 18..=20 | 22) => high,
        (14, 15) => 14,
        (14 | 15 | 18..=20, 18..=20 | 22) => high,
        // ARMv6-M is part of v6K and of v7, v7E-M includes all of v7 that is Thumb.
        (7, 11 | 12) => 7,
        (8 | 10, 11 | 12) => 10,
        (0..=9, 11 | 12) => 9,
        (0..=10, 13) => 13,
        (11 | 12, 14 | 15 | 18..=20 | 22) => high,
        // The M line.
        (11 | 12, 12 | 13 | 16 | 17 | 21) => high,
        (13, 16) | (10, 16) => 17,
        (10 | 13 | 16 | 17, 17 | 21) => high,
        // A and R execute all Thumb code except the extensions of ARMv8-M.
        (13, 14 | 15 | 18..=20 | 22) => high,
        _ => return None,
    })
}

fn join_profile(a: u64, b: u64, report: &mut MergeReport<'_>) -> u64 {
    const A: u64 = b'A' as u64;
    const R: u64 = b'R' as u64;
    const M: u64 = b'M' as u64;
    const S: u64 = b'S' as u64;
    let text = |n: u64| char::from_u32(n as u32).unwrap_or('?');
    match (a, b) {
        (0, x) | (x, 0) => x,
        // S: any with the classic programmer's model.
        (S, x @ (A | R)) | (x @ (A | R), S) => x,
        _ => {
            let message = format!(
                "code for profile {} cannot be linked with code for profile {}",
                text(b),
                text(a)
            );
            // A and R differ in system registers only.
            report.push(message, a == M || b == M);
            a
        }
    }
}

/// `Tag_FP_arch` is a version and whether there are 16 or 32 registers.
fn join_fp_arch(a: u64, b: u64) -> u64 {
    const BY_NUMBER: [(u64, bool); 9] = [
        (0, false),
        (1, false),
        (2, false),
        (3, true),
        (3, false),
        (4, true),
        (4, false),
        (8, true),
        (8, false),
    ];
    let parts = |n: u64| usize::try_from(n).ok().and_then(|n| BY_NUMBER.get(n));
    let (Some(&(v1, r1)), Some(&(v2, r2))) = (parts(a), parts(b)) else {
        return a.max(b);
    };
    let joined = (v1.max(v2), r1 || r2);
    let number = BY_NUMBER.iter().position(|&parts| parts == joined);
    number.map_or(a.max(b), |n| n as u64)
}

/// What the code of a (merged) `.ARM.attributes` section may execute; ARMv7-A where it does not
/// say.
pub(super) fn arm_core(section: &[u8]) -> Core {
    let tags = read(section, VENDOR, kind).unwrap_or_default();
    let profile = tags.get(&tag::CPU_ARCH_PROFILE).map_or(0, TagValue::number);
    match tags.get(&tag::CPU_ARCH).map(TagValue::number) {
        Some(0..=2) => Core::V4T,
        Some(3..=7 | 9) => Core::V5T,
        Some(11 | 12) => Core::V6M,
        Some(16) => Core::V8MBaseline,
        Some(13 | 17 | 21) => Core::V7M,
        _ if profile == u64::from(b'M') => Core::V7M,
        _ => Core::V7,
    }
}

/// Whether the code may have secure entry functions: ARMv8-M and later M profiles.
pub(super) fn arm_has_cmse(section: &[u8]) -> bool {
    let tags = read(section, VENDOR, kind).unwrap_or_default();
    matches!(
        tags.get(&tag::CPU_ARCH).map(TagValue::number),
        Some(16 | 17 | 21)
    )
}

/// `Tag_ABI_VFP_args` of a (merged) section: 0 core registers, 1 VFP registers, 2 neither, 3 any.
pub(super) fn arm_vfp_arguments(section: &[u8]) -> Option<u64> {
    let tags = read(section, VENDOR, kind).unwrap_or_default();
    tags.get(&tag::VFP_ARGS).map(TagValue::number)
}

#[cfg(test)]
mod tests;
