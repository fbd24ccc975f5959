//! Cortex-A53 erratum 835769: a 64-bit multiply-accumulate right behind a load, a store or a prefetch
//! may compute a wrong result.
//!
//! The multiply-accumulate moves into a patch: the branch between the two instructions is enough. The
//! pattern that is looked for is a little wider than the erratum's (loads whose result the
//! multiplication waits for are harmless), which only costs a branch.
//!
//! Spec: "Cortex-A53 MPCore Software Developers Errata Notice", ARM-EPM-048406, 835769; "A64
//! Instruction Set", C4.1 for the classes.

use super::insn::word;

/// The offsets of such multiplications in code.
pub(super) fn sites(section: &[u8]) -> Vec<u64> {
    let words = section.len() / 4;
    (1..words)
        .filter(|&index| {
            let at = |index: usize| word(section, index * 4);
            at(index).is_some_and(is_accumulate) && at(index - 1).is_some_and(is_access)
        })
        .map(|index| index as u64 * 4)
        .collect()
}

/// Loads and stores, prefetches among them.
fn is_access(insn: u32) -> bool {
    insn & 0x0a00_0000 == 0x0800_0000
}

/// `madd`, `msub` and their widening forms with 64-bit results; those that add nothing are plain
/// multiplications.
fn is_accumulate(insn: u32) -> bool {
    let adds = insn >> 10 & 31 != 31;
    insn & 0xff00_0000 == 0x9b00_0000 && matches!(insn >> 21 & 7, 0 | 1 | 5) && adds
}

#[cfg(test)]
mod tests {
    use super::sites;

    #[test]
    fn sequences() {
        const LDR: u32 = 0xf940_0041; // ldr x1, [x2]
        const STR_Q: u32 = 0x3d80_0040; // str q0, [x2]
        const PRFM: u32 = 0xf980_0040; // prfm pldl1keep, [x2]
        const STP: u32 = 0xa900_0440; // stp x0, x1, [x2]
        const ADD: u32 = 0x8b02_0020; // add x0, x1, x2
        const MADD: u32 = 0x9b04_1462; // madd x2, x3, x4, x5
        const SMADDL: u32 = 0x9b24_1462;
        const UMSUBL: u32 = 0x9ba4_9462;
        #[rustfmt::skip]
        let cases: &[(&[u32], &[u64])] = &[
            (&[LDR, MADD], &[4]),
            (&[STP, SMADDL, LDR, UMSUBL], &[4, 12]),
            (&[PRFM, MADD, MADD], &[4]),
            (&[STR_Q, MADD], &[4]),
            (&[LDR, ADD, MADD], &[]),
            // mul, 32 bits, umulh
            (&[LDR, 0x9b04_7c62, LDR, 0x1b04_1462, LDR, 0x9bc4_7c62], &[]),
            (&[MADD, LDR], &[]),
            (&[], &[]),
        ];
        for (words, expected) in cases {
            let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
            assert_eq!(sites(&bytes), *expected, "{words:x?}");
            assert!(sites(&bytes[..bytes.len().saturating_sub(1)]).len() <= expected.len());
        }
    }
}
