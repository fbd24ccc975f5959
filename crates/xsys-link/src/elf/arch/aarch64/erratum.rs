//! Cortex-A53 erratum 843419: an ADRP in one of the last two words of a page, followed by a load or
//! store and then by one that uses the ADRP's result, may read a wrong address.
//!
//! Within 1 MiB ADR computes the same page address and is not affected, so the ADRP becomes one. An
//! image for bare metal is rarely larger; what is out of ADR's reach is reported. The pattern that is
//! looked for is a little wider than the erratum's, which is harmless: the result is the same.
//!
//! Spec: "Cortex-A53 MPCore Software Developers Errata Notice", ARM-EPM-048406, 843419.

use super::insn::{is_adrp, put, with_imm21, word};

/// Rewrites what it can in a relocated section at address `p`; `is_code` tells whether a relocation
/// of an ADRP applies at an offset. Returns the addresses from which ADR does not reach.
pub(super) fn avoid_843419(out: &mut [u8], p: u64, is_code: &dyn Fn(u64) -> bool) -> Vec<u64> {
    let mut missed = Vec::new();
    let first = (0xff8 - i64::try_from(p & 0xfff).unwrap_or(0)).rem_euclid(0x1000) as usize;
    for page in (first..out.len()).step_by(0x1000) {
        for offset in [page, page + 4] {
            let Some(adrp) = affected(out, offset) else {
                continue;
            };
            if !is_code(offset as u64) {
                continue;
            }
            let place = p.wrapping_add(offset as u64);
            let pages = (adrp >> 5 & 0x7_ffff) << 2 | adrp >> 29 & 3;
            let pages = i64::from((pages << 11).cast_signed() >> 11);
            let target = (place & !0xfff).wrapping_add_signed(pages << 12);
            let distance = target.wrapping_sub(place).cast_signed();
            if (-(1 << 20)..1 << 20).contains(&distance) {
                put(out, offset, with_imm21(adrp & !(1 << 31), distance));
            } else {
                missed.push(place);
            }
        }
    }
    missed
}

/// The ADRP at `offset`, if a sequence of the erratum begins there.
fn affected(section: &[u8], offset: usize) -> Option<u32> {
    let at = |index: usize| word(section, offset.checked_add(4 * index)?);
    let adrp = at(0).filter(|insn| is_adrp(*insn))?;
    let uses = |insn: u32| {
        // Load or store, unsigned immediate, with the ADRP's register as base.
        insn & 0x3b00_0000 == 0x3900_0000 && insn >> 5 & 31 == adrp & 31
    };
    let is_access = at(1)? & 0x0a00_0000 == 0x0800_0000;
    let third = at(2)?;
    // b, bl; cbz, tbz; b.cond; br, blr, ret. NOP and barriers share their group, but do not branch.
    let is_branch = third & 0x7c00_0000 == 0x1400_0000
        || third & 0x7c00_0000 == 0x3400_0000
        || third & 0xfe00_0000 == 0x5400_0000
        || third & 0xfe00_0000 == 0xd600_0000;
    let hit = uses(third) || (!is_branch && at(3).is_some_and(uses));
    (is_access && hit).then_some(adrp)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STR_X1_X2: u32 = 0xf900_0041;
    const LDR_X0_X0: u32 = 0xf940_0000;
    const NOP: u32 = super::super::NOP;
    const B: u32 = 0x1400_0010;

    /// Puts the words at the end of a page at 0x1000; returns the first word afterwards and the problems.
    fn check(words: &[u32], offset: usize, is_code: bool) -> (u32, Vec<u64>) {
        let mut section = vec![0; 0x1010];
        for (index, insn) in words.iter().enumerate() {
            put(&mut section, offset + 4 * index, *insn);
        }
        let missed = avoid_843419(&mut section, 0x1000, &|_| is_code);
        (word(&section, offset).unwrap_or(0), missed)
    }

    /// Words, offset, whether they are code, the first word afterwards, places not reached.
    type Row<'r> = (&'r [u32], usize, bool, u32, &'r [u64]);

    #[test]
    fn sequences() {
        let adrp = |pages| with_imm21(0x9000_0000, pages);
        let adr = |distance| with_imm21(0x1000_0000, distance);
        let near = adrp(3);
        #[rustfmt::skip]
        let cases: &[Row<'_>] = &[
            (&[near, STR_X1_X2, LDR_X0_X0], 0xff8, true, adr(0x3000 - 0xff8), &[]),
            (&[near, STR_X1_X2, LDR_X0_X0], 0xffc, true, adr(0x3000 - 0xffc), &[]),
            (&[near, STR_X1_X2, NOP, LDR_X0_X0], 0xff8, true, adr(0x3000 - 0xff8), &[]),
            (&[near, STR_X1_X2, B, LDR_X0_X0], 0xff8, true, near, &[]),
            (&[near, STR_X1_X2, NOP, NOP, LDR_X0_X0], 0xff8, true, near, &[]),
            (&[near, NOP, LDR_X0_X0], 0xff8, true, near, &[]),
            (&[near, STR_X1_X2, LDR_X0_X0 | 3 << 5], 0xff8, true, near, &[]),
            (&[near, STR_X1_X2, LDR_X0_X0], 0xff4, true, near, &[]),
            (&[near, STR_X1_X2, LDR_X0_X0], 0xff8, false, near, &[]),
            (&[adrp(-1), STR_X1_X2, LDR_X0_X0], 0xff8, true, adr(-0x1000 - 0xff8), &[]),
            (&[adrp(0x101), STR_X1_X2, LDR_X0_X0], 0xff8, true, adrp(0x101), &[0x1ff8]),
        ];
        for (words, offset, is_code, expected, missed) in cases {
            let found = check(words, *offset, *is_code);
            assert_eq!(
                found,
                (*expected, missed.to_vec()),
                "{words:x?} at {offset:#x}"
            );
        }
    }
}
