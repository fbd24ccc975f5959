//! RISC-V, 32 and 64 bits, little-endian (`EM_RISCV`).
//!
//! Spec: "RISC-V ABIs Specification" (riscv-elf-psabi-doc) 1.1, part "ELF"; the instruction set
//! manual for encodings.
//!
//! **Pairs.** An address takes two instructions: `lui` or `auipc` with the upper 20 bits and a
//! second one with the lower 12. The second one's immediate is signed, hence the upper part is
//! that of value + 0x800. For PC-relative pairs both parts belong to the P of the `auipc`; a
//! PCREL_LO12 relocation therefore names the label of the `auipc` instead of the symbol
//! ([`super::Base::PairedHigh`]), and its value is the one that the relocation there has, after
//! rewriting.
//!
//! **Shrinking code.** Where an object was assembled for linker relaxation, distances inside a
//! section are not known to the assembler: every difference is written as an ADD and a SUB (or
//! SET and SUB) of two labels at the same place, and alignment as R_RISCV_ALIGN over the longest
//! padding that could be needed. The linker must remove the excess, or the code after it is
//! misaligned. Other removals are optional: [`relax`].
//!
//! **TLS** is variant I with TP at the start of the block. DTP offsets are biased by 0x800. Initial
//! exec and general dynamic go through the GOT even in a static link, as the psABI has no rewriting
//! for them; TLS descriptors are rewritten to local exec.
//!
//! **No thunks.** `call` reaches ±2 GiB.

mod attributes;
mod encode;
mod machine;
mod pairs;
mod relax;
mod rules;
#[cfg(test)]
mod tests;

use super::shortening::Shortening;
use super::{
    Arch, DynamicTypes, Errata, FirstCall, MappingSymbol, PltForm, Range, Relaxation, RelocRule,
    RelocRules, Rewrite, Rewrites, Runtime, Site, SymbolFacts, Thunks, TlsVariant,
};
use crate::script::builtin::Additions;
pub(super) use encode::change_uleb;
use object::elf::EM_RISCV;
use rules::{RuleTable, r};

/// One of the two widths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Riscv {
    /// 64-bit ELF files.
    pub is_64: bool,
}

const NOP: u32 = 0x0000_0013;
const C_NOP: u16 = 0x0001;
const LUI: u32 = 0x37;
const LUI_A0: u32 = 0x0000_0537;
const ADDI_A0_A0: u32 = 0x0005_0513;
const ADDI_A0_ZERO: u32 = 0x0000_0513;

/// `auipc` becomes `lui`: the address of an undefined weak symbol, out of reach of most code.
const FORM_HIGH: u8 = 0;
/// The same for `auipc` and `jalr`.
const FORM_CALL: u8 = 1;
/// A short branch to an undefined weak symbol: it branches to itself, since it does not reach 0.
const FORM_HERE: u8 = 2;
/// An instruction of a TLS descriptor sequence that is no longer needed.
const FORM_NOP: u8 = 3;
/// `addi a0, tX, lo` becomes `lui a0, hi`.
const FORM_TLS_HIGH: u8 = 4;
/// `jalr t0, tY` becomes `addi a0, a0, lo`.
const FORM_TLS_LOW: u8 = 5;

impl Riscv {
    fn table(&self) -> &'static RuleTable {
        if self.is_64 {
            &rules::RV64
        } else {
            &rules::RV32
        }
    }
}

const SMALL_DATA: &str = "\
  .sdata : {
    PROVIDE(__global_pointer$ = . + 0x800);
    *(.srodata.cst*) *(.sdata .sdata.* .gnu.linkonce.s.*)
  }
";

/// The machine.
pub(super) static MACHINE: machine::RiscvMachine = machine::RiscvMachine;

impl Arch for Riscv {
    fn machine(&self) -> u16 {
        EM_RISCV.0
    }

    fn is_64(&self) -> bool {
        self.is_64
    }

    fn name(&self) -> &'static str {
        if self.is_64 { "riscv64" } else { "riscv32" }
    }

    fn image_base(&self) -> u64 {
        0x1_0000
    }

    fn fill(&self) -> &'static [u8] {
        // 16 zero bits are defined as illegal (instruction set manual, "Base Instruction-Length Encoding").
        &[0, 0]
    }

    fn merge_e_flags(&self, so_far: Option<u32>, next: u32) -> Result<u32, String> {
        merge_e_flags(so_far, next)
    }

    /// Small data is around the address in `gp`.
    fn layout_additions(&self) -> Additions {
        Additions {
            data: SMALL_DATA,
            bss: "*(.sbss .sbss.*) ",
            last_data: ".sdata",
            ..Additions::default()
        }
    }

    fn attributes_segment(&self) -> Option<u32> {
        Some(machine::PT_RISCV_ATTRIBUTES)
    }
}

impl RelocRules for Riscv {
    fn rule(&self, r_type: u32) -> Option<&'static RelocRule> {
        self.table().find(r_type)
    }

    fn encode(&self, rule: &RelocRule, section: &mut [u8], offset: usize, value: i64) {
        encode::write(rule.r_type, section, offset, value);
    }

    fn uleb128_pair(&self) -> Option<(u32, u32)> {
        Some((r::SET_ULEB128, r::SUB_ULEB128))
    }
}

impl Rewrites for Riscv {
    fn rewrite(&self, site: Site, facts: SymbolFacts, _section: &[u8]) -> Option<Rewrite> {
        let rewritten = &self.table().rewritten;
        // On RV32 addresses wrap around, so everything is in reach.
        let far = facts.undefined_weak && self.is_64;
        let (rule, form) = match site.r_type {
            r::CALL | r::CALL_PLT if far => (&rewritten.call, FORM_CALL),
            r::PCREL_HI20 if far => (&rewritten.high, FORM_HIGH),
            r::BRANCH | r::JAL | r::RVC_BRANCH | r::RVC_JUMP if facts.undefined_weak => {
                (&rewritten.replaced, FORM_HERE)
            }
            // The later relocations of a sequence name the first one's place, not the variable, so they cannot be
            // decided by who defines it: where descriptors can be filled, all of them stay.
            r::TLSDESC_HI20..=r::TLSDESC_CALL if facts.dynamic => return None,
            r::TLSDESC_HI20 => (&rewritten.tls_high, FORM_NOP),
            r::TLSDESC_LOAD_LO12 => (&rewritten.replaced, FORM_NOP),
            r::TLSDESC_ADD_LO12 => (&rewritten.tls_low, FORM_TLS_HIGH),
            r::TLSDESC_CALL => (&rewritten.tls_low, FORM_TLS_LOW),
            _ => return None,
        };
        Some(Rewrite {
            rule,
            form,
            skip_next: false,
        })
    }

    fn relocation_after(&self, rewrite: &Rewrite, r_type: u32) -> Option<(u32, i64)> {
        relax::relocation_after(rewrite, r_type).map(|r_type| (r_type, 0))
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
        // The upper part is 0 if the lower one holds the whole offset.
        let small = Range::Signed(12).contains(value);
        let offset = site.offset;
        if relax::apply(rewrite, site, section, value) {
            return Ok(());
        }
        match rewrite.form {
            FORM_HIGH => encode::change32(section, offset, |insn| {
                encode::u_type(insn & !0x7f | LUI, value)
            }),
            FORM_CALL => encode::write_pair(section, offset, value, LUI),
            FORM_HERE => encode::write(site.r_type, section, offset, 0),
            FORM_TLS_HIGH if !small => {
                encode::change32(section, offset, |_| encode::u_type(LUI_A0, value));
            }
            FORM_TLS_LOW => {
                let opcode = if small { ADDI_A0_ZERO } else { ADDI_A0_A0 };
                encode::change32(section, offset, |_| encode::i_type(opcode, value));
            }
            _ => encode::change32(section, offset, |_| NOP),
        }
        Ok(())
    }
}

impl Runtime for Riscv {
    fn tls(&self) -> TlsVariant {
        TlsVariant::One {
            tcb: 0,
            tp_bias: 0,
            dtp_bias: 0x800,
        }
    }

    fn dynamic(&self) -> DynamicTypes {
        DynamicTypes {
            relative: r::RELATIVE,
            irelative: r::IRELATIVE,
            symbolic: if self.is_64 { 2 } else { 1 },
            glob_dat: if self.is_64 { 2 } else { 1 },
            jump_slot: 5,
            copy: 4,
            tls_module: if self.is_64 { 7 } else { 6 },
            tls_offset: if self.is_64 { 9 } else { 8 },
            tp_offset: if self.is_64 { 11 } else { 10 },
            tls_descriptor: 12,
            rela: true,
        }
    }

    fn dynamic_linker(&self) -> Option<&'static str> {
        Some(match self.is_64 {
            true => "/lib/ld-linux-riscv64-lp64d.so.1",
            false => "/lib/ld-linux-riscv32-ilp32d.so.1",
        })
    }

    fn plt(&self) -> PltForm {
        PltForm {
            header: 32,
            entry: 16,
            reserved: 2,
            first_call: FirstCall::Header,
        }
    }

    fn write_plt_header(&self, out: &mut [u8], addr: u64, got: u64) {
        // Entries leave their return address in t1 and the header's in t3 (psABI, "Procedure Linkage Table").
        let distance = got.wrapping_sub(addr) as i64;
        let (load_t3, shift, load_t0) = match self.is_64 {
            true => (0x0003_be03, 0x0013_5313, 0x0082_b283),
            false => (0x0003_ae03, 0x0023_5313, 0x0042_a283),
        };
        let words = [
            encode::u_type(0x0000_0397, distance), // auipc t2, hi
            0x41c3_0333,                           // sub t1, t1, t3
            encode::i_type(load_t3, distance),     // ld or lw t3, lo(t2)
            0xfd43_0313,                           // addi t1, t1, -(32 + 12)
            encode::i_type(0x0003_8293, distance), // addi t0, t2, lo
            shift,                                 // srli t1, t1, 1 or 2
            load_t0,                               // ld t0, 8(t0) or lw t0, 4(t0)
            0x000e_0067,                           // jr t3
        ];
        for (i, word) in words.into_iter().enumerate() {
            encode::change32(out, i * 4, |_| word);
        }
    }

    fn plt_entry_size(&self) -> usize {
        16
    }

    fn write_plt_entry(&self, out: &mut [u8], addr: u64, slot: u64) {
        let distance = slot.wrapping_sub(addr) as i64;
        // ld or lw t3, lo(t3)
        let load = if self.is_64 { 0x000e_3e03 } else { 0x000e_2e03 };
        let words = [
            encode::u_type(0x0000_0e17, distance), // auipc t3, hi
            encode::i_type(load, distance),
            0x000e_0367, // jalr t1, t3
            NOP,
        ];
        for (i, word) in words.into_iter().enumerate() {
            encode::change32(out, i * 4, |_| word);
        }
    }

    fn plt_mapping(&self) -> &'static [MappingSymbol] {
        &[MappingSymbol {
            offset: 0,
            name: "$x",
        }]
    }
}

impl Thunks for Riscv {}

impl Relaxation for Riscv {
    fn survives_shrinking(&self, align: u64, e_flags: u32) -> bool {
        // Instructions of two bytes where there are compressed ones (EF_RISCV_RVC).
        align <= if e_flags & 1 != 0 { 2 } else { 4 }
    }

    fn shortening(&self) -> Option<&dyn Shortening> {
        Some(self)
    }

    fn align_padding(&self, site: Site, p: u64) -> Option<(u64, u64)> {
        if site.r_type != r::ALIGN {
            return None;
        }
        // The addend is the longest padding that can be needed: the alignment less the smallest
        // instruction.
        let longest = u64::try_from(site.addend).ok()?;
        let align = longest.checked_add(1)?.checked_next_power_of_two()?;
        let kept = p.wrapping_neg() & (align - 1);
        Some((kept.min(longest), longest.saturating_sub(kept)))
    }

    fn write_padding(&self, out: &mut [u8]) {
        let mut words = out.chunks_exact_mut(4);
        for word in &mut words {
            word.copy_from_slice(&NOP.to_le_bytes());
        }
        let rest = words.into_remainder();
        match rest.first_chunk_mut() {
            Some(half) => *half = C_NOP.to_le_bytes(),
            None => rest.fill(0),
        }
    }
}

impl Errata for Riscv {}

const EF_RISCV_FLOAT_ABI: u32 = 0x6;
const EF_RISCV_RVE: u32 = 0x8;

/// psABI, "File Header": RVC and TSO are demands, which add up; the calling convention must be
/// the same.
fn merge_e_flags(so_far: Option<u32>, next: u32) -> Result<u32, String> {
    let Some(merged) = so_far else {
        return Ok(next);
    };
    if (merged ^ next) & EF_RISCV_FLOAT_ABI != 0 {
        return Err(format!(
            "{} ABI cannot be linked with {} ABI",
            float_abi(next),
            float_abi(merged)
        ));
    }
    if (merged ^ next) & EF_RISCV_RVE != 0 {
        let (a, b) = if next & EF_RISCV_RVE != 0 {
            ("RVE", "RVI")
        } else {
            ("RVI", "RVE")
        };
        return Err(format!("{a} ABI cannot be linked with {b} ABI"));
    }
    Ok(merged | next)
}

fn float_abi(flags: u32) -> &'static str {
    match flags & EF_RISCV_FLOAT_ABI {
        0 => "soft-float",
        2 => "single-float",
        4 => "double-float",
        _ => "quad-float",
    }
}
