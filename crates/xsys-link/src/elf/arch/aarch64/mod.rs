//! AArch64 (A64 instructions, little endian, LP64).
//!
//! Spec: "ELF for the Arm 64-bit Architecture" (AAELF64), release 2024Q3, for relocations, their
//! checks and the relocation optimizations; "A-profile A64 Instruction Set" for encodings.
//!
//! Every instruction is one 32-bit word, and every relocation fills one field of one word, so the
//! table needs a field beside each rule and nothing else. An address is usually formed in two
//! halves: `adrp` gives a 4 KiB page relative to its own page (±4 GiB), and the following `add`,
//! load or store supplies the low 12 bits. The value of a `LO12` relocation is the *whole* address;
//! the field takes the low bits and scales them by the access size, which is why such an address
//! must be aligned although `_NC` forbids a range check.
//!
//! Quirks:
//! - Checked `MOVW` group relocations of signed values choose between `movn` and `movz` by the sign
//!   of the value; `_NC` forms sit on `movk` and keep the opcode.
//! - `LD64_GOTPAGE_LO15` counts from the page of the GOT and reaches 32 KiB of it; overflow is an
//!   error here and does not wrap around silently.
//! - A branch to an undefined weak symbol goes to the next instruction (AAELF64, Call and Jump
//!   relocations), and an `adrp` of one becomes a `movz` of zero (Relocation optimization), so that
//!   images far from address 0 link.
//! - `bl` and `b` reach ±128 MiB; conditional branches never get thunks. Thunks may only use x16
//!   and x17 (IP0, IP1).
//!
//! TLS is variant I with a thread control block of 16 bytes. A static link knows every offset from
//! the thread pointer, so general dynamic, descriptor and initial exec sequences become
//! `movz`/`movk`. Local dynamic stays: its relocations name only the module, and its code calls
//! `__tls_get_addr` for the address of the block.
//!
//! With `--relax` pairs of instructions that form an address become cheaper once it is known (AAELF64,
//! Relocation optimization), without changing their length: [`pairs`].

mod erratum;
mod insn;
mod machine;
mod multiply;
mod pairs;
mod rules;
#[cfg(test)]
mod tests;

use super::Base::{Nothing, Symbol, TpOffset};
use super::Range::{Any, Signed, Unsigned};
use super::Relative::Zero;
use super::{
    Arch, BranchTarget, DynamicTypes, Errata, FinalSite, FirstCall, MappingSymbol, PltForm, Range,
    Relaxation, RelocRule, RelocRules, Rewrite, Rewrites, Runtime, Site, SymbolFacts, ThunkForm,
    Thunks, TlsVariant,
};
use crate::elf::object::RelocTable;
use insn::{
    BTI_C, NOP, is_adr, is_adrp, is_bl, is_ldr_x, movk, movz, put, with_imm12, with_imm21, word,
};
use rules::Field::{Empty, High12, Move};
use rules::{find, row};

/// The architecture.
#[derive(Default)]
pub(super) struct Aarch64 {
    /// Cores with erratum 843419 run the image.
    pub fix_843419: bool,
    /// Cores with erratum 835769 run the image.
    pub fix_835769: bool,
    /// The processor may check where indirect branches land.
    pub bti: bool,
    /// Pairs of instructions may become cheaper.
    pub relax: bool,
}

// Sequences that [`Aarch64::rewrite`] recognises.
/// The instruction becomes a NOP.
const DROP: u8 = 0;
/// `movz x0, #offset[31:16], lsl #16`
const X0_HIGH: u8 = 1;
/// `movk x0, #offset[15:0]`
const X0_LOW: u8 = 2;
/// `movk x0`, then `mrs x1, tpidr_el0; add x0, x1, x0` over `bl __tls_get_addr; nop`.
const GD_LOW: u8 = 3;
/// `mrs; add; add` over `adr x0; bl __tls_get_addr; nop`.
const GD_TINY: u8 = 4;
/// `adrp` of an initial exec pair.
const IE_PAGE: u8 = 5;
/// `ldr` of an initial exec pair.
const IE_LOAD: u8 = 6;
/// `adrp` of an undefined weak symbol: `movz` of the page of S + A.
const WEAK_PAGE: u8 = 7;
/// `adr` of an undefined weak symbol: `movz` of S + A.
const WEAK_ADDR: u8 = 8;

static DROPPED: RelocRule = row(0, "R_AARCH64_NONE", Nothing, Zero, Empty, Any).rule;
static TP_OFFSET: RelocRule = row(
    545,
    "R_AARCH64_TLSLE_MOVW_TPREL_G1",
    TpOffset,
    Zero,
    Move(16),
    Unsigned(32),
)
.rule;
static TP_OFFSET_24: RelocRule = row(
    549,
    "R_AARCH64_TLSLE_ADD_TPREL_HI12",
    TpOffset,
    Zero,
    High12,
    Unsigned(24),
)
.rule;
static WEAK_VALUE: RelocRule = row(
    263,
    "R_AARCH64_MOVW_UABS_G0",
    Symbol,
    Zero,
    Move(0),
    Unsigned(16),
)
.rule;

/// Whether `adrp x0; add x0, x0; bl; nop` is at `offset`. Each relocation of the sequence checks all
/// of it, so that all get the same answer.
fn is_general_dynamic(section: &[u8], offset: Option<usize>) -> bool {
    let insn = |index: usize| word(section, offset?.checked_add(4 * index)?);
    insn(0).is_some_and(|w| is_adrp(w) && w & 31 == 0)
        && insn(1).is_some_and(|w| w & 0xffc0_03ff == 0x9100_0000)
        && insn(2).is_some_and(is_bl)
        && insn(3) == Some(NOP)
}

/// Whether `adr x0; bl; nop` stands at `offset`.
fn is_general_dynamic_tiny(section: &[u8], offset: usize) -> bool {
    let insn = |index: usize| word(section, offset.checked_add(4 * index)?);
    insn(0).is_some_and(|w| is_adr(w) && w & 31 == 0)
        && insn(1).is_some_and(is_bl)
        && insn(2) == Some(NOP)
}

/// `adrp x16; add x16, x16; br x16`: ±4 GiB.
const THUNK_PAGE: ThunkForm = ThunkForm(0);
/// `ldr x16; adr x17; add; br`, and the distance as a literal: any distance, and position
/// independent, which an absolute literal would not be.
const THUNK_FAR: ThunkForm = ThunkForm(1);

/// `adrp` reaches ±4 GiB from the thunk, but the distance is measured from the branch, up to 128 MiB
/// away; twice that keeps the choice valid while addresses still move.
const PAGE_REACH: i64 = (1 << 32) - (1 << 28);

const BRANCH_RANGE: Range = Signed(28);

fn distance(from: u64, to: u64) -> i64 {
    to.wrapping_sub(from) as i64
}

fn page_distance(from: u64, to: u64) -> i64 {
    distance(from & !0xfff, to & !0xfff)
}

/// The machine.
pub(super) static MACHINE: machine::Aarch64Machine = machine::Aarch64Machine;

impl Arch for Aarch64 {
    fn machine(&self) -> u16 {
        183
    }

    fn is_64(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        "aarch64"
    }

    fn max_page_size(&self) -> u64 {
        0x1_0000
    }

    fn image_base(&self) -> u64 {
        0x20_0000
    }

    fn fill(&self) -> &'static [u8] {
        // brk #1: a program that runs into a gap stops at once.
        &[0x20, 0x00, 0x20, 0xd4]
    }

    /// AAELF64 defines no flags.
    fn merge_e_flags(&self, so_far: Option<u32>, _next: u32) -> Result<u32, String> {
        Ok(so_far.unwrap_or(0))
    }
}

impl RelocRules for Aarch64 {
    fn rule(&self, r_type: u32) -> Option<&'static RelocRule> {
        find(r_type).map(|row| &row.rule)
    }

    fn refused(&self, r_type: u32) -> Option<&'static str> {
        rules::signed_pointer(r_type)
    }

    fn implicit_addend(&self, rule: &RelocRule, section: &[u8], offset: usize) -> i64 {
        find(rule.r_type).map_or(0, |row| row.read(section, offset))
    }

    fn encode(&self, rule: &RelocRule, section: &mut [u8], offset: usize, value: i64) {
        if let Some(row) = find(rule.r_type) {
            row.write(section, offset, value);
        }
    }
}

impl Rewrites for Aarch64 {
    fn rewrite(&self, site: Site, facts: SymbolFacts, section: &[u8]) -> Option<Rewrite> {
        let insn = word(section, site.offset)?;
        let plain = |rule, form| {
            Some(Rewrite {
                rule,
                form,
                skip_next: false,
            })
        };
        // Where the variable is, only the dynamic linker knows.
        let far = facts.shared || facts.preemptible;
        match site.r_type {
            512..=514 | 541 | 542 | 560..=569 if far => None,
            // TSTBR14, CONDBR19, JUMP26, CALL26
            279 | 280 | 282 | 283 if facts.undefined_weak => plain(&DROPPED, DROP),
            // ADR_PREL_LO21
            274 if facts.undefined_weak && is_adr(insn) => plain(&WEAK_VALUE, WEAK_ADDR),
            // ADR_PREL_PG_HI21, _NC
            275 | 276 if facts.undefined_weak && is_adrp(insn) => plain(&WEAK_VALUE, WEAK_PAGE),
            // TLSGD_ADR_PREL21
            512 if is_general_dynamic_tiny(section, site.offset) => Some(Rewrite {
                rule: &TP_OFFSET_24,
                form: GD_TINY,
                skip_next: true,
            }),
            // TLSGD_ADR_PAGE21
            513 if is_general_dynamic(section, Some(site.offset)) => plain(&TP_OFFSET, X0_HIGH),
            // TLSGD_ADD_LO12_NC
            514 if is_general_dynamic(section, site.offset.checked_sub(4)) => Some(Rewrite {
                rule: &TP_OFFSET,
                form: GD_LOW,
                skip_next: true,
            }),
            // TLSIE_ADR_GOTTPREL_PAGE21
            541 if is_adrp(insn) => plain(&TP_OFFSET, IE_PAGE),
            // TLSIE_LD64_GOTTPREL_LO12_NC
            542 if is_ldr_x(insn) => plain(&TP_OFFSET, IE_LOAD),
            // The registers of a TLS descriptor's sequence are fixed (x0, x1), and without a
            // dynamic linker nothing would fill the descriptor: each such site is rewritten.
            // TLSDESC_LD_PREL19, ADR_PAGE21, OFF_G1
            560 | 562 | 565 => plain(&TP_OFFSET, X0_HIGH),
            // TLSDESC_ADR_PREL21, LD64_LO12, OFF_G0_NC
            561 | 563 | 566 => plain(&TP_OFFSET, X0_LOW),
            // TLSDESC_ADD_LO12, LDR, ADD, CALL
            564 | 567 | 568 | 569 => plain(&DROPPED, DROP),
            _ => None,
        }
    }

    fn apply_rewrite(
        &self,
        rewrite: &Rewrite,
        site: Site,
        section: &mut [u8],
        value: i64,
    ) -> Result<(), Range> {
        if !rewrite.rule.range.contains(value) {
            return Err(rewrite.rule.range);
        }
        let offset = site.offset;
        let Some(insn) = word(section, offset) else {
            return Ok(());
        };
        match rewrite.form {
            DROP => put(section, offset, NOP),
            X0_HIGH => put(section, offset, movz(0, 1, value >> 16)),
            X0_LOW => put(section, offset, movk(0, 0, value)),
            GD_LOW => {
                put(section, offset, movk(0, 0, value));
                put(section, offset + 4, 0xd53b_d041); // mrs x1, tpidr_el0
                put(section, offset + 8, 0x8b00_0020); // add x0, x1, x0
            }
            GD_TINY => {
                put(section, offset, 0xd53b_d040); // mrs x0, tpidr_el0
                put(section, offset + 4, with_imm12(0x9140_0000, value >> 12)); // …, lsl #12
                put(section, offset + 8, with_imm12(0x9100_0000, value));
            }
            // The load may go to another register than the page. Offsets below 64 KiB split into
            // a page and an addition, which serves any pair of registers and several loads of one
            // page; larger ones need `movk` and so one register.
            IE_PAGE if value < 0x1_0000 => put(section, offset, movz(insn, 0, value & 0xf000)),
            IE_PAGE => put(section, offset, movz(insn, 1, value >> 16)),
            IE_LOAD if value < 0x1_0000 => {
                let add = 0x9100_0000 | insn & 0x3ff; // add xT, xN, #imm
                put(section, offset, with_imm12(add, value));
            }
            IE_LOAD if insn >> 5 & 31 == insn & 31 => put(section, offset, movk(insn, 0, value)),
            IE_LOAD => return Err(Unsigned(16)),
            WEAK_PAGE => put(section, offset, movz(insn, 0, value & 0xf000)),
            WEAK_ADDR => put(section, offset, movz(insn, 0, value)),
            _ => {}
        }
        Ok(())
    }

    fn in_place_starts(&self) -> &'static [u32] {
        if self.relax { pairs::STARTS } else { &[] }
    }

    fn got_pairs_only(&self, relocs: RelocTable<'_>) -> bool {
        pairs::got_pairs_only(relocs)
    }

    fn relax_in_place(&self, known: &FinalSite, out: &mut [u8]) -> usize {
        pairs::relax(known, out)
    }
}

/// A jump through a slot, whose address is left in x16.
fn write_jump(out: &mut [u8], addr: u64, slot: u64) {
    let low = (slot & 0xfff) as i64;
    let page = page_distance(addr, slot);
    put(out, 0, with_imm21(0x9000_0010, page >> 12)); // adrp x16, page(slot)
    put(out, 4, with_imm12(0xf940_0211, low >> 3)); // ldr x17, [x16, #low]
    put(out, 8, with_imm12(0x9100_0210, low)); // add x16, x16, #low
    put(out, 12, 0xd61f_0220); // br x17
}

impl Runtime for Aarch64 {
    fn tls(&self) -> TlsVariant {
        TlsVariant::One {
            tcb: 16,
            tp_bias: 0,
            dtp_bias: 0,
        }
    }

    fn dynamic(&self) -> DynamicTypes {
        DynamicTypes {
            relative: 1027,
            irelative: 1032,
            symbolic: 257,
            glob_dat: 1025,
            jump_slot: 1026,
            copy: 1024,
            tls_module: 1028,
            tls_offset: 1029,
            tp_offset: 1030,
            tls_descriptor: 1031,
            rela: true,
        }
    }

    fn dynamic_linker(&self) -> Option<&'static str> {
        Some("/lib/ld-linux-aarch64.so.1")
    }

    fn plt(&self) -> PltForm {
        PltForm {
            header: 32,
            entry: self.plt_entry_size(),
            reserved: 3,
            first_call: FirstCall::Header,
        }
    }

    fn write_plt_header(&self, out: &mut [u8], addr: u64, got: u64) {
        // The resolver finds the slot in x16 and the return address on the stack.
        let slot = got.wrapping_add(16);
        for word in out.chunks_exact_mut(4) {
            put(word, 0, NOP);
        }
        // Slots lead here until they are filled.
        let mut at = 0;
        if self.bti {
            put(out, 0, BTI_C);
            at = 4;
        }
        put(out, at, 0xa9bf_7bf0); // stp x16, x30, [sp, #-16]!
        write_jump(&mut out[at + 4..], addr.wrapping_add(at as u64 + 4), slot);
    }

    fn plt_entry_size(&self) -> usize {
        if self.bti { 24 } else { 16 }
    }

    fn write_plt_entry(&self, out: &mut [u8], addr: u64, slot: u64) {
        if self.bti {
            put(out, 0, BTI_C);
            write_jump(&mut out[4..], addr.wrapping_add(4), slot);
            put(out, 20, NOP);
        } else {
            write_jump(out, addr, slot);
        }
    }

    fn plt_mapping(&self) -> &'static [MappingSymbol] {
        &[MappingSymbol {
            offset: 0,
            name: "$x",
        }]
    }
}

impl Thunks for Aarch64 {
    fn thunk_spacing(&self, _shortest: Option<u8>) -> Option<u64> {
        // 128 MiB less room for the thunks themselves.
        Some((128 << 20) - (256 << 10))
    }

    fn thunk(&self, site: Site, p: u64, target: BranchTarget) -> Option<ThunkForm> {
        // JUMP26, CALL26
        if !matches!(site.r_type, 282 | 283) {
            return None;
        }
        let far = distance(p, target.addr);
        if BRANCH_RANGE.contains(far) {
            None
        } else if (-PAGE_REACH..PAGE_REACH).contains(&far) {
            Some(THUNK_PAGE)
        } else {
            Some(THUNK_FAR)
        }
    }

    fn thunk_size(&self, form: ThunkForm) -> usize {
        if form == THUNK_PAGE { 12 } else { 24 }
    }

    fn thunk_align(&self, form: ThunkForm) -> u64 {
        if form == THUNK_PAGE { 4 } else { 8 }
    }

    fn thunk_reaches(&self, _site: Site, p: u64, _form: ThunkForm, thunk: u64) -> bool {
        BRANCH_RANGE.contains(distance(p, thunk))
    }

    fn write_thunk(&self, form: ThunkForm, out: &mut [u8], addr: u64, target: BranchTarget) {
        let target = target.addr;
        if form == THUNK_PAGE {
            let page = page_distance(addr, target);
            put(out, 0, with_imm21(0x9000_0010, page >> 12)); // adrp x16, page(target)
            put(out, 4, with_imm12(0x9100_0210, target as i64)); // add x16, x16, #low
            put(out, 8, 0xd61f_0200); // br x16
            return;
        }
        put(out, 0, 0x5800_0090); // ldr x16, literal at + 16
        put(out, 4, 0x1000_0011); // adr x17, here (+ 4)
        put(out, 8, 0x8b11_0210); // add x16, x16, x17
        put(out, 12, 0xd61f_0200); // br x16
        let literal = distance(addr.wrapping_add(4), target);
        if let Some(place) = out.get_mut(16..24) {
            place.copy_from_slice(&literal.to_le_bytes());
        }
    }

    fn thunk_mapping(&self, form: ThunkForm) -> &'static [MappingSymbol] {
        const CODE: MappingSymbol = MappingSymbol {
            offset: 0,
            name: "$x",
        };
        const DATA: MappingSymbol = MappingSymbol {
            offset: 16,
            name: "$d",
        };
        if form == THUNK_PAGE {
            &[CODE]
        } else {
            &[CODE, DATA]
        }
    }
}

impl Relaxation for Aarch64 {}

impl Errata for Aarch64 {
    fn avoid_errata(&self, out: &mut [u8], p: u64, is_code: &dyn Fn(u64) -> bool) -> Vec<u64> {
        match self.fix_843419 {
            true => erratum::avoid_843419(out, p, is_code),
            false => Vec::new(),
        }
    }

    fn has_erratum_patches(&self) -> bool {
        self.fix_835769
    }

    fn erratum_sites(&self, section: &[u8]) -> Vec<u64> {
        multiply::sites(section)
    }

    fn write_jump(&self, out: &mut [u8], offset: usize, p: u64, to: u64) -> bool {
        let far = distance(p, to);
        let reaches = BRANCH_RANGE.contains(far);
        if reaches {
            put(out, offset, 0x1400_0000 | (far >> 2) as u32 & 0x03ff_ffff);
        }
        reaches
    }
}
