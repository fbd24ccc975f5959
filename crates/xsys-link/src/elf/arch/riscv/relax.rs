//! Relaxation: shorter instructions for marked calls and addresses.
//!
//! | marked | becomes | if |
//! |---|---|---|
//! | `auipc`, `jalr` | `c.j`, `c.jal` (RV32) | ±2 KiB, object with compressed code |
//! | | `jal` | ±1 MiB |
//! | | `jalr` from `x0` | target within 2 KiB of address 0 |
//! | `lui`, lower parts | lower parts from `x0` or `gp` | all of them within 2 KiB |
//! | | `c.lui`, lower parts | upper part of 6 bits, compressed code |
//! | `auipc`, lower parts | lower parts from `x0` or `gp` | symbol within 2 KiB |
//! | `auipc`, GOT load | `c.li` or `addi` from `x0` | symbol within 2 KiB of address 0 |
//! | | `addi` from `gp` | symbol within 2 KiB |
//! | | `auipc`, `addi` | symbol within 2 GiB |
//! | `lui`, `add`, lower parts of a TP offset | lower parts from `tp` | offset of 12 bits |
//! | TLS descriptor | `lui`, `addi` | the output has no dynamic linker |
//! | | `addi` | offset of 12 bits |
//!
//! A compressed jump is used only if the *object* has compressed code (`e_flags`): other objects of
//! the link may be for cores without it.
//!
//! Instructions that write `gp` are not changed, since they set it up.
//!
//! Spec: RISC-V psABI, "Linker Relaxation"; instruction set manual, "C" extension.

use super::pairs::{GP, Pairs, candidate, kind, rd, sets_gp, word};
use super::rules::r;
use super::{FORM_NOP, FORM_TLS_HIGH, Riscv, encode};
use crate::elf::arch::deltas::Deltas;
use crate::elf::arch::shortening::{AddressView, Anchor, Candidate, Marked, Shortening};
use crate::elf::arch::{Range, Relaxation, RelocRule, Rewrite, Site};
use crate::elf::object::{Reloc, Section};

const EF_RISCV_RVC: u32 = 1;

/// [`Rewrite::form`]s of relaxed instructions, beside those of `super`.
pub(super) mod form {
    pub(crate) const GONE: u8 = 16;
    pub(crate) const JAL: u8 = 17;
    pub(crate) const C_J: u8 = 18;
    pub(crate) const C_JAL: u8 = 19;
    pub(crate) const JALR_ZERO: u8 = 20;
    pub(crate) const C_LUI: u8 = 21;
    pub(crate) const HIGH: u8 = 22;
    pub(crate) const LOW_ZERO: u8 = 23;
    pub(crate) const LOW_GP: u8 = 24;
    pub(crate) const LOW_TP: u8 = 25;
    /// A GOT load becomes `addi` of the same registers.
    pub(crate) const ADDI: u8 = 26;
    pub(crate) const LI: u8 = 27;
    pub(crate) const C_LI: u8 = 28;
    pub(crate) const ADDI_GP: u8 = 29;
}

/// The register from which 12 bits reach an address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BaseRegister {
    Zero,
    Gp,
}

/// The replacement of a load from the GOT.
enum GotReplacement {
    Zero,
    Gp,
    Relative,
}

/// One section in one round.
struct Round<'s> {
    riscv: &'s Riscv,
    section: &'s Section<'s>,
    view: &'s dyn AddressView,
    compressed: bool,
    deltas: Deltas,
}

impl Shortening for Riscv {
    fn global_pointer(&self) -> &'static [u8] {
        b"__global_pointer$"
    }

    fn sets_global_pointer(&self, section: &Section<'_>, reloc: Reloc) -> bool {
        let upper = matches!(reloc.r_type, r::HI20 | r::PCREL_HI20 | r::GOT_HI20);
        upper && sets_gp(section.data, reloc)
    }

    fn candidates(
        &self,
        marked: Marked<'_, '_>,
        relax: bool,
        anchor: &dyn Fn(u32) -> Option<Anchor>,
    ) -> Vec<Candidate> {
        let section = marked.section;
        let mut out = Vec::new();
        let pairs = relax.then(|| Pairs::find(marked, self.is_64, anchor));
        for (index, reloc) in section.relocs.iter().enumerate() {
            let at = index as u32;
            if reloc.r_type == r::ALIGN {
                out.push(candidate(at, kind::ALIGN, 0));
                continue;
            }
            let Some(pairs) = &pairs else { continue };
            let found = match reloc.r_type {
                r::TLSDESC_LOAD_LO12 => pairs
                    .upper_of(at)
                    .map(|upper| candidate(at, kind::DESC_LOAD, upper)),
                r::TLSDESC_ADD_LO12 => pairs
                    .upper_of(at)
                    .map(|upper| candidate(at, kind::DESC_ADD, upper)),
                _ if !pairs.is_marked(index) => None,
                r::CALL | r::CALL_PLT => Some(candidate(at, kind::CALL, 0)),
                r::HI20 | r::TPREL_HI20 | r::TPREL_ADD => Some(pairs.upper_absolute(at, reloc)),
                r::LO12_I | r::LO12_S if !pairs.sets_gp(reloc) => Some(candidate(at, kind::LOW, 0)),
                r::TPREL_LO12_I | r::TPREL_LO12_S => Some(candidate(at, kind::TP_LOW, 0)),
                r::PCREL_HI20 | r::GOT_HI20 => pairs.upper_relative(at, reloc),
                r::PCREL_LO12_I | r::PCREL_LO12_S => pairs.upper_of(at).and_then(|upper| {
                    let high = pairs.upper_relative(upper, section.relocs.get(upper as usize))?;
                    let low = match high.kind {
                        kind::GOT_HIGH => kind::GOT_LOW,
                        _ => kind::PC_LOW,
                    };
                    Some(candidate(at, low, upper))
                }),
                r::TLSDESC_HI20 => Some(candidate(at, kind::DESC_HIGH, 0)),
                _ => None,
            };
            out.extend(found.filter(|c| c.kind != kind::NONE));
        }
        // Assemblers write relocations by ascending offset, but the psABI does not require it.
        let offset = |c: &Candidate| section.relocs.get(c.reloc as usize).offset;
        if !out.is_sorted_by_key(offset) {
            out.sort_by_key(offset);
        }
        out
    }

    fn shorten(
        &self,
        marked: Marked<'_, '_>,
        candidates: &[Candidate],
        view: &dyn AddressView,
    ) -> Option<Deltas> {
        let mut round = Round {
            riscv: self,
            section: marked.section,
            view,
            compressed: marked.object.e_flags & EF_RISCV_RVC != 0,
            deltas: Deltas::default(),
        };
        for candidate in candidates {
            let reloc = marked.section.relocs.get(candidate.reloc as usize);
            round.candidate(candidate, reloc);
        }
        round.deltas.finish()
    }
}

impl Round<'_> {
    fn candidate(&mut self, candidate: &Candidate, reloc: Reloc) {
        let addend = reloc.addend.unwrap_or(0);
        let rewritten = &self.riscv.table().rewritten;
        let is_descriptor = matches!(
            candidate.kind,
            kind::DESC_HIGH | kind::DESC_LOAD | kind::DESC_ADD
        );
        if is_descriptor && self.view.facts(reloc.symbol).dynamic {
            return;
        }
        match candidate.kind {
            kind::ALIGN => self.align(reloc),
            kind::CALL => self.call(candidate.reloc, reloc),
            kind::HIGH | kind::HIGH_ALONE => self.high(candidate, reloc),
            kind::LOW => {
                let near = self.symbol(reloc.symbol, addend);
                match near.and_then(|s| self.near(s)) {
                    Some(BaseRegister::Zero) => {
                        self.keep(candidate.reloc, form::LOW_ZERO, &rewritten.low_zero);
                    }
                    Some(BaseRegister::Gp) => {
                        self.keep(candidate.reloc, form::LOW_GP, &rewritten.low_gp)
                    }
                    None => {}
                }
            }
            kind::PC_HIGH => match self.pc_near(candidate.reloc) {
                Some(BaseRegister::Zero) => {
                    self.cut(candidate.reloc, reloc, 0, 4, &rewritten.gone_zero)
                }
                Some(BaseRegister::Gp) => {
                    self.cut(candidate.reloc, reloc, 0, 4, &rewritten.gone_gp)
                }
                None => {}
            },
            kind::PC_LOW => match self.pc_near(candidate.partner) {
                Some(BaseRegister::Zero) => {
                    self.keep(candidate.reloc, form::LOW_ZERO, &rewritten.paired)
                }
                Some(BaseRegister::Gp) => {
                    self.keep(candidate.reloc, form::LOW_GP, &rewritten.paired)
                }
                None => {}
            },
            kind::GOT_HIGH => match self.got(candidate.reloc) {
                Some(GotReplacement::Zero) => {
                    self.cut(candidate.reloc, reloc, 0, 4, &rewritten.gone_zero)
                }
                Some(GotReplacement::Gp) => {
                    self.cut(candidate.reloc, reloc, 0, 4, &rewritten.gone_gp)
                }
                Some(GotReplacement::Relative) => {
                    self.keep(candidate.reloc, form::HIGH, &rewritten.relative);
                }
                None => {}
            },
            kind::GOT_LOW => self.got_load(candidate, reloc),
            kind::TP_HIGH | kind::TP_ADD => {
                let near = |addend| self.tp_near(reloc.symbol, addend);
                if near(candidate.low) && near(candidate.high) && self.may_lose(candidate.reloc, 4)
                {
                    self.cut(candidate.reloc, reloc, 0, 4, &rewritten.nothing);
                }
            }
            kind::TP_LOW if self.tp_near(reloc.symbol, addend) => {
                self.keep(candidate.reloc, form::LOW_TP, &rewritten.low_tp);
            }
            kind::DESC_HIGH => self.cut(candidate.reloc, reloc, 0, 4, &rewritten.tls_gone),
            kind::DESC_LOAD => self.cut(candidate.reloc, reloc, 0, 4, &rewritten.nothing),
            kind::DESC_ADD => {
                let high = self.section.relocs.get(candidate.partner as usize);
                if self.tp_near(high.symbol, high.addend.unwrap_or(0))
                    && self.may_lose(candidate.reloc, 4)
                {
                    self.cut(candidate.reloc, reloc, 0, 4, &rewritten.nothing);
                }
            }
            _ => {}
        }
    }

    /// The value of a register as a signed number: RV32 wraps at 32 bits.
    fn signed(&self, value: u64) -> i64 {
        if self.riscv.is_64 {
            value as i64
        } else {
            i64::from(value as i32)
        }
    }

    fn fits(&self, bits: u8, value: u64) -> bool {
        Range::Signed(bits).contains(self.signed(value))
    }

    fn symbol(&self, symbol: u32, addend: i64) -> Option<u64> {
        self.view.symbol(symbol, addend)
    }

    fn may_lose(&self, reloc: u32, bytes: u64) -> bool {
        self.view.limit(reloc) >= bytes
    }

    /// Replaces an instruction by one of the same length.
    fn keep(&mut self, reloc: u32, form: u8, rule: &'static RelocRule) {
        self.deltas.change(reloc, 0, rewrite(form, rule));
    }

    /// Removes `length` bytes after the first `skip` of an instruction; the caller replaces the rest, if any.
    fn cut(&mut self, index: u32, reloc: Reloc, skip: u64, length: u64, rule: &'static RelocRule) {
        self.cut_to(index, reloc, skip, length, form::GONE, rule);
    }

    fn cut_to(
        &mut self,
        index: u32,
        reloc: Reloc,
        skip: u64,
        length: u64,
        form: u8,
        rule: &'static RelocRule,
    ) {
        let Some(start) = reloc.offset.checked_add(skip) else {
            return;
        };
        let inside = start
            .checked_add(length)
            .is_some_and(|end| end <= self.section.data.len() as u64);
        if inside && self.deltas.remove(start, length) {
            self.deltas.change(index, length as u8, rewrite(form, rule));
        }
    }

    fn align(&mut self, reloc: Reloc) {
        let site = Site {
            r_type: reloc.r_type,
            offset: reloc.offset as usize,
            addend: reloc.addend.unwrap_or(0),
        };
        let p = self
            .view
            .base()
            .wrapping_add(reloc.offset)
            .wrapping_sub(self.deltas.total());
        let Some((kept, cut)) = self.riscv.align_padding(site, p) else {
            return;
        };
        let end = reloc.offset.checked_add(kept + cut);
        if cut > 0 && end.is_some_and(|end| end <= self.section.data.len() as u64) {
            self.deltas.remove(reloc.offset + kept, cut);
        }
    }

    fn call(&mut self, index: u32, reloc: Reloc) {
        let Some(jalr) = word(self.section.data, reloc.offset.wrapping_add(4)) else {
            return;
        };
        let Some(target) = self.view.branch(reloc.symbol, reloc.addend.unwrap_or(0)) else {
            return;
        };
        let p = self
            .view
            .base()
            .wrapping_add(reloc.offset)
            .wrapping_sub(self.deltas.total());
        let distance = target.wrapping_sub(p);
        let rewritten = &self.riscv.table().rewritten;
        let short = match rd(jalr) {
            0 => Some(form::C_J),
            1 if !self.riscv.is_64 => Some(form::C_JAL),
            _ => None,
        };
        if let Some(short) = short
            && self.compressed
            && self.fits(12, distance)
            && self.may_lose(index, 6)
        {
            self.cut_to(index, reloc, 0, 6, short, &rewritten.compressed_jump);
        } else if self.fits(21, distance) && self.may_lose(index, 4) {
            self.cut_to(index, reloc, 0, 4, form::JAL, &rewritten.jump);
        } else if self.fits(12, target)
            && !self.view.facts(reloc.symbol).pic
            && self.may_lose(index, 4)
        {
            self.cut_to(index, reloc, 0, 4, form::JALR_ZERO, &rewritten.jump_zero);
        }
    }

    /// The register from which 12 bits reach an address.
    fn near(&self, address: u64) -> Option<BaseRegister> {
        if self.fits(12, address) {
            return Some(BaseRegister::Zero);
        }
        let gp = self.view.global_pointer()?;
        self.fits(12, address.wrapping_sub(gp))
            .then_some(BaseRegister::Gp)
    }

    fn high(&mut self, candidate: &Candidate, reloc: Reloc) {
        let rewritten = &self.riscv.table().rewritten;
        let at = |addend| self.symbol(reloc.symbol, addend);
        if candidate.kind == kind::HIGH
            && let (Some(low), Some(high)) = (at(candidate.low), at(candidate.high))
            && let Some(near) = self.near(low)
            && self.near(high) == Some(near)
            && self.may_lose(candidate.reloc, 4)
        {
            return self.cut(candidate.reloc, reloc, 0, 4, &rewritten.nothing);
        }
        let (Some(s), Some(lui)) = (
            at(reloc.addend.unwrap_or(0)),
            word(self.section.data, reloc.offset),
        ) else {
            return;
        };
        let upper = self.signed(s).wrapping_add(0x800) >> 12;
        if self.compressed
            && upper != 0
            && Range::Signed(6).contains(upper)
            && lui & 0x7f == super::LUI
            && !matches!(rd(lui), 0 | 2)
            && self.may_lose(candidate.reloc, 2)
        {
            self.cut_to(
                candidate.reloc,
                reloc,
                2,
                2,
                form::C_LUI,
                &rewritten.compressed_high,
            );
        }
    }

    /// Whether a PC-relative upper part can be removed, and which register its lower parts then use.
    fn pc_near(&self, upper: u32) -> Option<BaseRegister> {
        let reloc = self.section.relocs.get(upper as usize);
        let s = self.symbol(reloc.symbol, reloc.addend.unwrap_or(0))?;
        let near = self.near(s).filter(|_| self.may_lose(upper, 4))?;
        let facts = self.view.facts(reloc.symbol);
        // A position-independent image has no fixed distance to either.
        let certain = !facts.preemptible;
        (certain && !facts.pic
            || certain && near == BaseRegister::Gp && !facts.absolute && !facts.undefined_weak)
            .then_some(near)
    }

    /// The replacement of a GOT load, if there is one.
    fn got(&self, upper: u32) -> Option<GotReplacement> {
        let reloc = self.section.relocs.get(upper as usize);
        let facts = self.view.facts(reloc.symbol);
        let fixed = facts.absolute || facts.undefined_weak;
        // An addend would count from the slot.
        if facts.ifunc || facts.preemptible || reloc.addend.unwrap_or(0) != 0 || facts.pic && fixed
        {
            return None;
        }
        let s = self.symbol(reloc.symbol, 0)?;
        match self.near(s).filter(|_| self.may_lose(upper, 4)) {
            Some(BaseRegister::Zero) if !facts.pic => return Some(GotReplacement::Zero),
            Some(BaseRegister::Gp) => return Some(GotReplacement::Gp),
            _ => {}
        }
        let distance = self.signed(s.wrapping_sub(self.view.place(reloc.offset)));
        let reach = Range::High20.contains(distance) || !self.riscv.is_64;
        reach.then_some(GotReplacement::Relative)
    }

    fn got_load(&mut self, candidate: &Candidate, reloc: Reloc) {
        let rewritten = &self.riscv.table().rewritten;
        match self.got(candidate.partner) {
            Some(GotReplacement::Zero) => {
                let high = self.section.relocs.get(candidate.partner as usize);
                let value = self.symbol(high.symbol, 0);
                let insn = word(self.section.data, reloc.offset).unwrap_or(0);
                let short = value.is_some_and(|value| self.fits(6, value));
                if self.compressed && short && rd(insn) != 0 && self.may_lose(candidate.reloc, 2) {
                    let rule = &rewritten.compressed_paired;
                    self.cut_to(candidate.reloc, reloc, 2, 2, form::C_LI, rule);
                } else {
                    self.keep(candidate.reloc, form::LI, &rewritten.paired);
                }
            }
            Some(GotReplacement::Gp) => {
                self.keep(candidate.reloc, form::ADDI_GP, &rewritten.paired)
            }
            Some(GotReplacement::Relative) => {
                self.keep(candidate.reloc, form::ADDI, &rewritten.tls_low)
            }
            None => {}
        }
    }

    fn tp_near(&self, symbol: u32, addend: i64) -> bool {
        let offset = self.view.tp_offset(symbol, addend);
        offset.is_some_and(|offset| self.fits(12, offset))
    }
}

/// The type of the relocation that describes a changed instruction, as GNU ld has it. Where the new base is zero, the low
/// part is still that of the address.
pub(super) fn relocation_after(rewrite: &Rewrite, old: u32) -> Option<u32> {
    match (rewrite.form, old) {
        (form::JAL | form::C_J | form::C_JAL, _) => Some(rewrite.rule.r_type),
        (form::C_LUI, _) => Some(r::RVC_LUI),
        (form::LOW_ZERO, r::LO12_I | r::LO12_S) => Some(old),
        (form::LOW_TP, r::TPREL_LO12_I | r::TPREL_LO12_S) => Some(old),
        (form::LOW_GP, r::LO12_I) => Some(r::GPREL_I),
        (form::LOW_GP, r::LO12_S) => Some(r::GPREL_S),
        _ => None,
    }
}

fn rewrite(form: u8, rule: &'static RelocRule) -> Rewrite {
    Rewrite {
        rule,
        form,
        skip_next: false,
    }
}

/// Writes a relaxed instruction over what is left of it in `section`. Returns whether `form` is one of
/// this file's.
pub(super) fn apply(rewrite: &Rewrite, site: Site, section: &mut [u8], value: i64) -> bool {
    const REGISTERS: u32 = 0x000f_8f80;
    const TP: u32 = 4;
    let offset = site.offset;
    let lower = |base: u32| {
        move |insn: u32| {
            let insn = insn & !(31 << 15) | base << 15;
            match site.r_type {
                r::LO12_S | r::PCREL_LO12_S | r::TPREL_LO12_S => encode::s_type(insn, value),
                _ => encode::i_type(insn, value),
            }
        }
    };
    let upper = (value.wrapping_add(0x800) >> 12) as u16;
    match rewrite.form {
        form::GONE => {}
        form::JAL => encode::change32(section, offset, |jalr| {
            encode::j_type(0x6f | jalr & 0xf80, value)
        }),
        form::C_J => encode::change16(section, offset, |_| encode::cj_type(0xa001, value)),
        form::C_JAL => encode::change16(section, offset, |_| encode::cj_type(0x2001, value)),
        form::JALR_ZERO => encode::change32(section, offset, |jalr| {
            encode::i_type(0x67 | jalr & 0xf80, value)
        }),
        form::C_LUI => encode::change16(section, offset, |lui| {
            encode::ci_type(0x6001 | lui & 0xf80, upper)
        }),
        form::HIGH => encode::change32(section, offset, |insn| encode::u_type(insn, value)),
        form::LOW_ZERO => encode::change32(section, offset, lower(0)),
        form::LOW_GP => encode::change32(section, offset, lower(GP)),
        form::LOW_TP => encode::change32(section, offset, lower(TP)),
        form::ADDI => encode::change32(section, offset, |load| {
            encode::i_type(0x13 | load & REGISTERS, value)
        }),
        form::LI => encode::change32(section, offset, |load| {
            encode::i_type(0x13 | load & 0xf80, value)
        }),
        form::ADDI_GP => encode::change32(section, offset, |load| {
            encode::i_type(0x13 | GP << 15 | load & 0xf80, value)
        }),
        form::C_LI => encode::change16(section, offset, |load| {
            encode::ci_type(0x4001 | load & 0xf80, value as u16)
        }),
        _ => return false,
    }
    true
}

/// Forms of `super` that relaxed sequences share.
const _: () = assert!(FORM_NOP < form::GONE && FORM_TLS_HIGH < form::GONE);
