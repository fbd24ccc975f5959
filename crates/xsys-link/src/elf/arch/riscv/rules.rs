//! The relocation table of the RISC-V ELF psABI as data, for both widths.
//!
//! On RV32 addresses wrap at 32 bits, so that no pair of an upper and a lower part and no word can
//! overflow; on RV64 the pair reaches ±2 GiB, shifted down by 0x800 because the lower part is
//! sign-extended.

use crate::elf::arch::Base::*;
use crate::elf::arch::Range::*;
use crate::elf::arch::Relative::*;
use crate::elf::arch::{Range, RelocRule, row};

/// Relocation numbers that the code refers to.
#[rustfmt::skip]
pub(super) mod r {
    pub(crate) const NONE: u32 = 0;
    pub(crate) const ABS32: u32 = 1;
    pub(crate) const ABS64: u32 = 2;
    pub(crate) const RELATIVE: u32 = 3;
    pub(crate) const TLS_DTPREL32: u32 = 8;
    pub(crate) const TLS_DTPREL64: u32 = 9;
    pub(crate) const TLS_TPREL32: u32 = 10;
    pub(crate) const TLS_TPREL64: u32 = 11;
    pub(crate) const BRANCH: u32 = 16;
    pub(crate) const JAL: u32 = 17;
    pub(crate) const CALL: u32 = 18;
    pub(crate) const CALL_PLT: u32 = 19;
    pub(crate) const GOT_HI20: u32 = 20;
    pub(crate) const TLS_GOT_HI20: u32 = 21;
    pub(crate) const TLS_GD_HI20: u32 = 22;
    pub(crate) const PCREL_HI20: u32 = 23;
    pub(crate) const PCREL_LO12_I: u32 = 24;
    pub(crate) const PCREL_LO12_S: u32 = 25;
    pub(crate) const HI20: u32 = 26;
    pub(crate) const LO12_I: u32 = 27;
    pub(crate) const LO12_S: u32 = 28;
    pub(crate) const TPREL_HI20: u32 = 29;
    pub(crate) const TPREL_LO12_I: u32 = 30;
    pub(crate) const TPREL_LO12_S: u32 = 31;
    pub(crate) const TPREL_ADD: u32 = 32;
    pub(crate) const ADD8: u32 = 33;
    pub(crate) const ADD16: u32 = 34;
    pub(crate) const ADD32: u32 = 35;
    pub(crate) const ADD64: u32 = 36;
    pub(crate) const SUB8: u32 = 37;
    pub(crate) const SUB16: u32 = 38;
    pub(crate) const SUB32: u32 = 39;
    pub(crate) const SUB64: u32 = 40;
    pub(crate) const GOT32_PCREL: u32 = 41;
    pub(crate) const ALIGN: u32 = 43;
    pub(crate) const RVC_BRANCH: u32 = 44;
    pub(crate) const RVC_JUMP: u32 = 45;
    // Not in objects: what GNU ld leaves in linked files.
    pub(crate) const RVC_LUI: u32 = 46;
    pub(crate) const GPREL_I: u32 = 47;
    pub(crate) const GPREL_S: u32 = 48;
    pub(crate) const RELAX: u32 = 51;
    pub(crate) const SUB6: u32 = 52;
    pub(crate) const SET6: u32 = 53;
    pub(crate) const SET8: u32 = 54;
    pub(crate) const SET16: u32 = 55;
    pub(crate) const SET32: u32 = 56;
    pub(crate) const PCREL32: u32 = 57;
    pub(crate) const IRELATIVE: u32 = 58;
    pub(crate) const PLT32: u32 = 59;
    pub(crate) const SET_ULEB128: u32 = 60;
    pub(crate) const SUB_ULEB128: u32 = 61;
    pub(crate) const TLSDESC_HI20: u32 = 62;
    pub(crate) const TLSDESC_LOAD_LO12: u32 = 63;
    pub(crate) const TLSDESC_ADD_LO12: u32 = 64;
    pub(crate) const TLSDESC_CALL: u32 = 65;
}

/// The rows of one width.
pub(super) struct RuleTable {
    rules: [RelocRule; ROWS],
    /// Row of each number, plus one; 0 is unknown.
    index: [u8; 66],
    /// What rewritten relocations compute.
    pub rewritten: Rewritten,
}

/// Rules of rewritten instructions, which are in no object file.
pub(super) struct Rewritten {
    /// Nothing is left to compute or to write.
    pub nothing: RelocRule,
    /// Nothing is left to compute; the instruction is replaced.
    pub replaced: RelocRule,
    /// An upper part by address.
    pub high: RelocRule,
    /// An upper and a lower part by address.
    pub call: RelocRule,
    /// The start of a TLS descriptor sequence, which now stands for a TP offset.
    pub tls_high: RelocRule,
    /// An instruction of that sequence that uses the offset, or any lower part whose value comes from its
    /// upper part.
    pub tls_low: RelocRule,
    /// The removed start of that sequence.
    pub tls_gone: RelocRule,
    /// `jal`.
    pub jump: RelocRule,
    /// `c.j` and `c.jal`.
    pub compressed_jump: RelocRule,
    /// `jalr` from address 0.
    pub jump_zero: RelocRule,
    /// `c.lui`.
    pub compressed_high: RelocRule,
    /// An upper part by place.
    pub relative: RelocRule,
    /// A removed upper part whose lower parts count from address 0.
    pub gone_zero: RelocRule,
    /// A removed upper part whose lower parts count from the global pointer.
    pub gone_gp: RelocRule,
    /// A lower part that holds the whole value of its upper part.
    pub paired: RelocRule,
    /// The same in a compressed instruction.
    pub compressed_paired: RelocRule,
    /// A whole address in a lower part.
    pub low_zero: RelocRule,
    /// A distance from the global pointer.
    pub low_gp: RelocRule,
    /// A whole TP offset.
    pub low_tp: RelocRule,
}

pub(super) static RV32: RuleTable = RuleTable::new(false);
pub(super) static RV64: RuleTable = RuleTable::new(true);

impl RuleTable {
    /// The table's row of a relocation.
    pub(super) fn find(&self, r_type: u32) -> Option<&RelocRule> {
        let at = *self.index.get(usize::try_from(r_type).ok()?)?;
        self.rules.get(usize::from(at.checked_sub(1)?))
    }

    #[cfg(test)]
    pub(super) fn rules(&self) -> &[RelocRule] {
        &self.rules
    }

    const fn new(is_64: bool) -> RuleTable {
        let rules = rows(is_64);
        let mut index = [0; 66];
        let mut i = 0;
        while i < ROWS {
            index[rules[i].r_type as usize] = i as u8 + 1;
            i += 1;
        }
        let high = if is_64 { High20 } else { Any };
        RuleTable {
            rules,
            index,
            rewritten: rewritten(high),
        }
    }
}

#[rustfmt::skip]
const fn rewritten(high: Range) -> Rewritten {
    Rewritten {
        nothing: row(r::NONE, "R_RISCV_NONE", Nothing, Zero, 0, Any, 1),
        replaced: row(r::NONE, "R_RISCV_NONE", Nothing, Zero, 4, Any, 1),
        high: row(r::HI20, "R_RISCV_HI20", Symbol, Zero, 4, high, 1),
        call: row(r::CALL, "R_RISCV_CALL", Symbol, Zero, 8, high, 2),
        tls_high: row(r::TPREL_HI20, "R_RISCV_TPREL_HI20", TpOffset, Zero, 4, high, 1),
        tls_low: row(r::TPREL_LO12_I, "R_RISCV_TPREL_LO12_I", PairedHigh, Zero, 4, Any, 1),
        tls_gone: row(r::TPREL_HI20, "R_RISCV_TPREL_HI20", TpOffset, Zero, 0, high, 1),
        jump: row(r::JAL, "R_RISCV_JAL", Branch, Place, 4, Signed(21), 2),
        compressed_jump: row(r::RVC_JUMP, "R_RISCV_RVC_JUMP", Branch, Place, 2, Signed(12), 2),
        jump_zero: row(r::LO12_I, "R_RISCV_LO12_I", Branch, Zero, 4, Signed(12), 2),
        compressed_high: row(r::HI20, "R_RISCV_HI20", Symbol, Zero, 2, high, 1),
        relative: row(r::PCREL_HI20, "R_RISCV_PCREL_HI20", Symbol, Place, 4, high, 1),
        gone_zero: row(r::HI20, "R_RISCV_HI20", Symbol, Zero, 0, Any, 1),
        gone_gp: row(r::HI20, "R_RISCV_HI20", Symbol, GlobalPointer, 0, Any, 1),
        paired: row(r::LO12_I, "R_RISCV_LO12_I", PairedHigh, Zero, 4, Signed(12), 1),
        compressed_paired: row(r::LO12_I, "R_RISCV_LO12_I", PairedHigh, Zero, 2, Signed(6), 1),
        low_zero: row(r::LO12_I, "R_RISCV_LO12_I", Symbol, Zero, 4, Signed(12), 1),
        low_gp: row(r::LO12_I, "R_RISCV_LO12_I", Symbol, GlobalPointer, 4, Signed(12), 1),
        low_tp: row(r::TPREL_LO12_I, "R_RISCV_TPREL_LO12_I", TpOffset, Zero, 4, Signed(12), 1),
    }
}

const ROWS: usize = 50;

/// Every relocation that may occur in an object file, by ascending number.
#[rustfmt::skip]
const fn rows(is_64: bool) -> [RelocRule; ROWS] {
    let high = if is_64 { High20 } else { Any };
    let word = if is_64 { Either(32) } else { Any };
    let near = if is_64 { Signed(32) } else { Any };
    [
        row(r::NONE, "R_RISCV_NONE", Nothing, Zero, 0, Any, 1),
        row(r::ABS32, "R_RISCV_32", Symbol, Zero, 4, word, 1),
        row(r::ABS64, "R_RISCV_64", Symbol, Zero, 8, Any, 1),
        row(r::TLS_DTPREL32, "R_RISCV_TLS_DTPREL32", DtpOffset, Zero, 4, near, 1),
        row(r::TLS_DTPREL64, "R_RISCV_TLS_DTPREL64", DtpOffset, Zero, 8, Any, 1),
        row(r::TLS_TPREL32, "R_RISCV_TLS_TPREL32", TpOffset, Zero, 4, near, 1),
        row(r::TLS_TPREL64, "R_RISCV_TLS_TPREL64", TpOffset, Zero, 8, Any, 1),
        row(r::BRANCH, "R_RISCV_BRANCH", Branch, Place, 4, Signed(13), 2),
        row(r::JAL, "R_RISCV_JAL", Branch, Place, 4, Signed(21), 2),
        row(r::CALL, "R_RISCV_CALL", Branch, Place, 8, high, 1),
        row(r::CALL_PLT, "R_RISCV_CALL_PLT", Branch, Place, 8, high, 1),
        row(r::GOT_HI20, "R_RISCV_GOT_HI20", Got, Place, 4, high, 1),
        row(r::TLS_GOT_HI20, "R_RISCV_TLS_GOT_HI20", GotTp, Place, 4, high, 1),
        row(r::TLS_GD_HI20, "R_RISCV_TLS_GD_HI20", GotTlsGd, Place, 4, high, 1),
        row(r::PCREL_HI20, "R_RISCV_PCREL_HI20", Symbol, Place, 4, high, 1),
        row(r::PCREL_LO12_I, "R_RISCV_PCREL_LO12_I", PairedHigh, Zero, 4, Any, 1),
        row(r::PCREL_LO12_S, "R_RISCV_PCREL_LO12_S", PairedHigh, Zero, 4, Any, 1),
        row(r::HI20, "R_RISCV_HI20", Symbol, Zero, 4, high, 1),
        row(r::LO12_I, "R_RISCV_LO12_I", Symbol, Zero, 4, Any, 1),
        row(r::LO12_S, "R_RISCV_LO12_S", Symbol, Zero, 4, Any, 1),
        row(r::TPREL_HI20, "R_RISCV_TPREL_HI20", TpOffset, Zero, 4, high, 1),
        row(r::TPREL_LO12_I, "R_RISCV_TPREL_LO12_I", TpOffset, Zero, 4, Any, 1),
        row(r::TPREL_LO12_S, "R_RISCV_TPREL_LO12_S", TpOffset, Zero, 4, Any, 1),
        row(r::TPREL_ADD, "R_RISCV_TPREL_ADD", Nothing, Zero, 0, Any, 1),
        row(r::ADD8, "R_RISCV_ADD8", Symbol, Zero, 1, Any, 1),
        row(r::ADD16, "R_RISCV_ADD16", Symbol, Zero, 2, Any, 1),
        row(r::ADD32, "R_RISCV_ADD32", Symbol, Zero, 4, Any, 1),
        row(r::ADD64, "R_RISCV_ADD64", Symbol, Zero, 8, Any, 1),
        row(r::SUB8, "R_RISCV_SUB8", Symbol, Zero, 1, Any, 1),
        row(r::SUB16, "R_RISCV_SUB16", Symbol, Zero, 2, Any, 1),
        row(r::SUB32, "R_RISCV_SUB32", Symbol, Zero, 4, Any, 1),
        row(r::SUB64, "R_RISCV_SUB64", Symbol, Zero, 8, Any, 1),
        row(r::GOT32_PCREL, "R_RISCV_GOT32_PCREL", Got, Place, 4, near, 1),
        row(r::ALIGN, "R_RISCV_ALIGN", Nothing, Zero, 0, Any, 1),
        row(r::RVC_BRANCH, "R_RISCV_RVC_BRANCH", Branch, Place, 2, Signed(9), 2),
        row(r::RVC_JUMP, "R_RISCV_RVC_JUMP", Branch, Place, 2, Signed(12), 2),
        row(r::RELAX, "R_RISCV_RELAX", Nothing, Zero, 0, Any, 1),
        row(r::SUB6, "R_RISCV_SUB6", Symbol, Zero, 1, Any, 1),
        row(r::SET6, "R_RISCV_SET6", Symbol, Zero, 1, Any, 1),
        row(r::SET8, "R_RISCV_SET8", Symbol, Zero, 1, Any, 1),
        row(r::SET16, "R_RISCV_SET16", Symbol, Zero, 2, Any, 1),
        row(r::SET32, "R_RISCV_SET32", Symbol, Zero, 4, Any, 1),
        row(r::PCREL32, "R_RISCV_32_PCREL", Symbol, Place, 4, near, 1),
        row(r::PLT32, "R_RISCV_PLT32", Branch, Place, 4, near, 1),
        row(r::SET_ULEB128, "R_RISCV_SET_ULEB128", Symbol, Zero, 1, Any, 1),
        row(r::SUB_ULEB128, "R_RISCV_SUB_ULEB128", Symbol, Zero, 1, Any, 1),
        row(r::TLSDESC_HI20, "R_RISCV_TLSDESC_HI20", GotTlsDesc, Place, 4, high, 1),
        row(r::TLSDESC_LOAD_LO12, "R_RISCV_TLSDESC_LOAD_LO12", PairedHigh, Zero, 4, Any, 1),
        row(r::TLSDESC_ADD_LO12, "R_RISCV_TLSDESC_ADD_LO12", PairedHigh, Zero, 4, Any, 1),
        row(r::TLSDESC_CALL, "R_RISCV_TLSDESC_CALL", Nothing, Zero, 0, Any, 1),
    ]
}
