//! Relaxation of pairs of instructions whose address turns out to be near.
//!
//! - `adrp`, `add` become `nop`, `adr` within 1 MiB.
//! - `adrp`, `ldr` of a GOT slot become `adrp`, `add` (and then maybe the above): the address need not
//!   be loaded. AAELF64 allows that only if no relocation of such a pair is alone, since the register
//!   could be used again. The linker checks that for the whole section.
//!
//! Both need adjacent instructions, so that nothing can jump between them, one register and addends of 0.
//!
//! Spec: AAELF64, "Relocation optimization".

use super::insn::{NOP, is_adrp, is_ldr_x, put, with_imm12, with_imm21, word};
use crate::elf::arch::Range::Signed;
use crate::elf::arch::{FinalSite, Site};
use crate::elf::object::RelocTable;

const ADR_PREL_PG_HI21: u32 = 275;
const ADD_ABS_LO12_NC: u32 = 277;
const ADR_GOT_PAGE: u32 = 311;
const LD64_GOT_LO12_NC: u32 = 312;

/// Relocations that begin a pair.
pub(super) const STARTS: &[u32] = &[ADR_PREL_PG_HI21, ADR_GOT_PAGE];

/// Whether each page of a GOT slot is followed by its load, and the other way round.
pub(super) fn got_pairs_only(relocs: RelocTable<'_>) -> bool {
    let mut waiting = false;
    for reloc in relocs.iter() {
        if waiting != (reloc.r_type == LD64_GOT_LO12_NC) {
            return false;
        }
        waiting = reloc.r_type == ADR_GOT_PAGE;
    }
    !waiting
}

/// Writes the cheaper instructions, if there are, for both relocations.
pub(super) fn relax(known: &FinalSite, out: &mut [u8]) -> usize {
    let first = known.site;
    match known.next.filter(|next| next.offset == first.offset + 4) {
        Some(second) if relax_pair(known, first, second, out) => 2,
        _ => 0,
    }
}

fn relax_pair(pair: &FinalSite, first: Site, second: Site, out: &mut [u8]) -> bool {
    let (Some(adrp), Some(next)) = (word(out, first.offset), word(out, second.offset)) else {
        return false;
    };
    let register = adrp & 31;
    let (destination, source) = (next & 31, next >> 5 & 31);
    let addends = first.addend != 0 || second.addend != 0;
    if !is_adrp(adrp) || source != register || destination != register || addends {
        return false;
    }
    let s = pair.s;
    let distance = s.wrapping_sub(pair.p.wrapping_add(4)) as i64;
    let near = Signed(21).contains(distance);
    match (first.r_type, second.r_type) {
        (ADR_PREL_PG_HI21, ADD_ABS_LO12_NC) if near && is_add_x(next) => {}
        (ADR_GOT_PAGE, LD64_GOT_LO12_NC) => {
            let facts = pair.facts;
            // An absolute symbol keeps its distance only in an image that stays where it is.
            let moves = facts.pic && facts.absolute || facts.undefined_weak || facts.ifunc;
            if moves || !pair.got_pairs_only || !is_ldr_x(next) {
                return false;
            }
            if !near {
                let pages = (s & !0xfff).wrapping_sub(pair.p & !0xfff) as i64;
                if !Signed(33).contains(pages) {
                    return false;
                }
                let add = 0x9100_0000 | next & 0x3ff;
                put(out, first.offset, with_imm21(adrp, pages >> 12));
                put(out, second.offset, with_imm12(add, s as i64));
                return true;
            }
        }
        _ => return false,
    }
    put(out, first.offset, NOP);
    put(
        out,
        second.offset,
        with_imm21(0x1000_0000 | register, distance),
    );
    true
}

/// `add xD, xN, #imm12`
fn is_add_x(insn: u32) -> bool {
    insn & 0xffc0_0000 == 0x9100_0000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::arch::SymbolFacts;

    const FACTS: SymbolFacts = SymbolFacts {
        undefined_weak: false,
        ifunc: false,
        absolute: false,
        pic: false,
        preemptible: false,
        shared: false,
        dynamic: false,
    };

    fn check(types: (u32, u32), words: [u32; 2], s: u64, facts: SymbolFacts) -> Option<[u32; 2]> {
        let site = |r_type, offset| Site {
            r_type,
            offset,
            addend: 0,
        };
        let pair = FinalSite {
            site: site(types.0, 0),
            next: Some(site(types.1, 4)),
            s,
            p: 0x40_0000,
            facts,
            got_pairs_only: true,
        };
        let mut out: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        let done = relax(&pair, &mut out) == 2;
        let read = |at| word(&out, at).unwrap_or(0);
        done.then(|| [read(0), read(4)])
    }

    #[test]
    fn addresses_and_slots() {
        const ADRP_X3: u32 = 0x9000_0003;
        const ADD_X3_X3: u32 = 0x9100_0063;
        const ADD_X4_X3: u32 = 0x9100_0064;
        const LDR_X3_X3: u32 = 0xf940_0063;
        const LDR_X4_X3: u32 = 0xf940_0064;
        const LDR_W3_X3: u32 = 0xb940_0063;
        let address = (ADR_PREL_PG_HI21, ADD_ABS_LO12_NC);
        let slot = (ADR_GOT_PAGE, LD64_GOT_LO12_NC);
        let adr = |distance| Some([NOP, with_imm21(0x1000_0003, distance)]);
        let add = |pages, low| {
            let next = with_imm12(ADD_X3_X3, low);
            Some([with_imm21(ADRP_X3, pages), next])
        };
        let pic = SymbolFacts {
            pic: true,
            preemptible: false,
            shared: false,
            dynamic: false,
            absolute: true,
            ..FACTS
        };
        let ifunc = SymbolFacts {
            ifunc: true,
            ..FACTS
        };
        let last = 0x40_0004 + 0xf_ffff;
        let first = 0x40_0004 - 0x10_0000;
        #[rustfmt::skip]
        let rows = [
            (address, [ADRP_X3, ADD_X3_X3], last, FACTS, adr(0xf_ffff)),
            (address, [ADRP_X3, ADD_X3_X3], last + 1, FACTS, None),
            (address, [ADRP_X3, ADD_X3_X3], first, FACTS, adr(-0x10_0000)),
            (address, [ADRP_X3, ADD_X3_X3], first - 1, FACTS, None),
            (address, [ADRP_X3, ADD_X4_X3], last, FACTS, None),
            (address, [ADRP_X3, LDR_X3_X3], last, FACTS, None),
            (slot, [ADRP_X3, LDR_X3_X3], last, FACTS, adr(0xf_ffff)),
            (slot, [ADRP_X3, LDR_X3_X3], 0x1234_5678, FACTS, add(0x1_2345 - 0x400, 0x678)),
            (slot, [ADRP_X3, LDR_X4_X3], last, FACTS, None),
            (slot, [ADRP_X3, LDR_X3_X3], 0x1_4000_0000, FACTS, None),
            (slot, [ADRP_X3, LDR_W3_X3], last, FACTS, None),
            (slot, [ADRP_X3, LDR_X3_X3], last, pic, None),
            (slot, [ADRP_X3, LDR_X3_X3], last, ifunc, None),
        ];
        for (types, words, s, facts, expected) in rows {
            assert_eq!(check(types, words, s, facts), expected, "{words:x?} {s:#x}");
        }
    }
}
