//! ARM and Thumb, 32 bits (`EM_ARM`).
//!
//! Spec: "ELF for the Arm Architecture" (AAELF32) 2023Q3; "Addenda to, and Errata in, the ABI for
//! the Arm Architecture" for TLS; the Arm Architecture Reference Manuals for encodings.
//!
//! **Two instruction sets, one address bit.** A function's state is bit 0 of its address: set
//! for Thumb. `st_value` of Thumb functions carries it, labels inside functions do not. `BX`, `POP
//! {pc}` and loads into PC obey the bit; `B` never changes state; `BL` changes it only when
//! rewritten into `BLX`, which the linker has to do, since the compiler cannot know the callee's
//! state. AAELF32 allows that for functions only: a branch to a plain label stays as it is, which
//! is why [`RelocRules::encode_branch`] wants to know what the target is.
//!
//! **REL.** Addends live in the instructions, including the PC's lead (8 in ARM, 4 in Thumb
//! state) as −8 or −4: the formulas use P and never mention the lead. Thumb's literal loads and
//! `ADR` count from P rounded down to a word.
//!
//! **Reach.** ARM `B`/`BL` ±32 MiB; Thumb `BL`/`B.W` ±16 MiB, ±4 MiB before ARMv6T2 and ARMv6-M;
//! conditional `B.W` ±1 MiB. Farther targets, and state changes that the instruction cannot make,
//! go through thunks (`thunk.rs`). What a core can execute is read from `.ARM.attributes`; hence
//! [`Arm`] carries a [`Core`].
//!
//! **TLS** is variant I with two words of TCB. Code gets at the offsets through literals next to
//! it; AAELF32 defines no rewriting of the classic general dynamic model, so that a static link
//! fills {module 1, offset} pairs in the GOT.
//!
//! **Static base.** SBREL and `_BREL_` relocations are relative to B(S), the start of the
//! segment that holds S, which RWPI code keeps in r9 ([`RelocRules::segment_relative`]).

mod attributes;
mod be8;
mod encode;
mod machine;
mod rules;
#[cfg(test)]
mod tests;
mod thunk;

use self::be8::swap;
use super::{
    Arch, Base, BranchTarget, CodeUnits, DynamicTypes, Errata, FirstCall, Gateways, MappingSymbol,
    PltForm, Range, Relaxation, RelocRule, RelocRules, Rewrite, Rewrites, Runtime, Site,
    SymbolFacts, Target2, ThunkForm, Thunks, TlsVariant, VectorTable,
};
use crate::script::builtin::Additions;
use encode::Field;
use object::elf::EM_ARM;
use rules::r;
use thunk::Sequence;

/// Architecture versions, as far as a linker can tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Core {
    /// ARMv4T and before: `BL` cannot change state.
    V4T,
    /// ARMv5T to ARMv6K: `BLX`.
    V5T,
    /// ARMv6T2, ARMv7-A/R, ARMv8-A/R in AArch32 state: Thumb-2 beside ARM.
    V7,
    /// ARMv6-M: Thumb without `MOVW`.
    V6M,
    /// ARMv8-M Baseline: ARMv6-M with `MOVW` and `B.W`.
    V8MBaseline,
    /// ARMv7-M, ARMv7E-M, ARMv8-M Mainline: Thumb-2 only.
    V7M,
}

impl Core {
    /// Executes ARM instructions.
    pub(super) fn has_arm_state(self) -> bool {
        !matches!(self, Core::V6M | Core::V8MBaseline | Core::V7M)
    }

    /// `BL` can be made to change state.
    pub(super) fn has_blx(self) -> bool {
        matches!(self, Core::V5T | Core::V7)
    }

    /// `MOVW` and `MOVT`, in each state the core has.
    pub(super) fn has_movw(self) -> bool {
        matches!(self, Core::V7 | Core::V7M | Core::V8MBaseline)
    }

    /// Thumb `BL` uses J1 and J2: ±16 MiB instead of ±4 MiB.
    pub(super) fn has_long_thumb_branches(self) -> bool {
        !matches!(self, Core::V4T | Core::V5T)
    }
}

/// Byte orders of an image. Objects of the two big-endian ones are the same: all is big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Everything is little-endian.
    Little,
    /// Data is big-endian, code little-endian (`be8.rs` swaps it after relocation).
    Be8,
    /// Everything is big-endian, as before ARMv6.
    Be32,
}

/// The instruction set, for a core and an output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arm {
    /// What the code that is linked may execute.
    pub core: Core,
    /// Byte order.
    pub order: Order,
    /// `R_ARM_TARGET1` is relative, `--target1-rel`.
    pub target1_rel: bool,
    /// Meaning of `R_ARM_TARGET2`.
    pub target2: Target2,
    /// ARMv4 without T has no `BX`: marked ones become `MOV pc`, `--fix-v4bx`.
    pub fix_v4bx: bool,
    /// Thunks must not contain addresses.
    pub pic: bool,
    /// The core has the security extension of ARMv8-M.
    pub secure: bool,
}

impl Arm {
    /// A core, for outputs at a fixed address.
    pub(super) const fn new(core: Core) -> Arm {
        Arm {
            core,
            order: Order::Little,
            target1_rel: false,
            target2: Target2::GotRel,
            fix_v4bx: false,
            pic: false,
            secure: false,
        }
    }

    /// Calls `work` for a place as if the object were little-endian.
    fn at<R>(
        &self,
        r_type: u32,
        section: &mut [u8],
        offset: usize,
        work: impl FnOnce(&mut [u8], usize) -> R,
    ) -> R {
        if self.order == Order::Little {
            return work(section, offset);
        }
        let (size, unit) = encode::shape(encode::field(r_type));
        let mut copy = [0; 4];
        let end = offset.saturating_add(size);
        if let (Some(to), Some(from)) = (copy.get_mut(..size), section.get(offset..end)) {
            to.copy_from_slice(from);
        }
        let place = copy.get_mut(..size).unwrap_or_default();
        swap(place, unit);
        let result = work(place, 0);
        swap(place, unit);
        if let Some(to) = section.get_mut(offset..end) {
            to.copy_from_slice(place);
        }
        result
    }

    /// Swaps the bytes of code that the linker has written little-endian, by its mapping symbols.
    fn turn(&self, out: &mut [u8], mapping: &[MappingSymbol]) {
        if self.order == Order::Little {
            return;
        }
        let ends = mapping.iter().skip(1).map(|m| m.offset as usize);
        for (mark, end) in mapping.iter().zip(ends.chain([out.len()])) {
            let unit = match mark.name {
                // Literals are words.
                "$d" => 4,
                _ if self.order == Order::Be8 => 1,
                "$t" => 2,
                _ => 4,
            };
            if let Some(part) = out.get_mut(mark.offset as usize..end) {
                swap(part, unit);
            }
        }
    }

    /// The state of a branch's target, where the mode bit means something.
    fn target_state(&self, target: BranchTarget) -> Option<bool> {
        if !self.core.has_arm_state() {
            // Symbols that scripts assign lose the bit, but this core has only one state.
            Some(true)
        } else if target.is_function {
            Some(target.addr & 1 != 0)
        } else {
            None
        }
    }

    /// Whether the branch itself can enter the target's state.
    fn can_enter(&self, r_type: u32, target: BranchTarget) -> bool {
        let from_thumb = is_thumb(r_type);
        match self.target_state(target) {
            Some(to_thumb) if to_thumb != from_thumb => {
                self.core.has_blx()
                    && matches!(r_type, r::CALL | r::XPC25 | r::THM_CALL | r::THM_XPC22)
            }
            _ => true,
        }
    }

    fn reaches(&self, r_type: u32, p: u64, target: BranchTarget) -> bool {
        let Some(rule) = self.rule(r_type) else {
            return true;
        };
        let value = target.addr.wrapping_sub(p) as i64;
        let to_arm = self.target_state(target) == Some(false);
        if is_thumb(r_type) && to_arm {
            return rule.range.contains(encode::blx_offset(value & !1));
        }
        rule.range.contains(value & !1)
    }
}

/// The relocation belongs to Thumb code.
fn is_thumb(r_type: u32) -> bool {
    matches!(
        r_type,
        r::THM_CALL
            | r::THM_XPC22
            | r::THM_JUMP24
            | r::THM_JUMP19
            | r::THM_JUMP11
            | r::THM_JUMP8
            | r::THM_JUMP6
    )
}

/// Branches for which thunks are made; shorter ones do not reach the nearest thunk section.
fn takes_thunks(r_type: u32) -> bool {
    matches!(
        r_type,
        r::PC24
            | r::XPC25
            | r::PLT32
            | r::CALL
            | r::JUMP24
            | r::THM_CALL
            | r::THM_XPC22
            | r::THM_JUMP24
            | r::THM_JUMP19
    )
}

/// How far from a conditional branch its target may be for a plain branch within the conditional
/// one's reach (1 MiB) to get there (16 MiB), with room for code that still grows.
const NEAR: u64 = 14 << 20;

/// EHABI: unwind records, and the index over them.
const UNWIND_SECTIONS: &str = "\
  .ARM.extab : { *(.ARM.extab .ARM.extab.*) }
  .ARM.exidx : {
    PROVIDE_HIDDEN(__exidx_start = .);
    *(.ARM.exidx .ARM.exidx.*)
    PROVIDE_HIDDEN(__exidx_end = .);
  }
";

/// The machine.
pub(super) static MACHINE: machine::ArmMachine = machine::ArmMachine;

impl Arch for Arm {
    fn machine(&self) -> u16 {
        EM_ARM.0
    }

    fn is_64(&self) -> bool {
        false
    }

    fn name(&self) -> &'static str {
        "arm"
    }

    fn max_page_size(&self) -> u64 {
        0x1_0000
    }

    fn image_base(&self) -> u64 {
        0x1_0000
    }

    fn fill(&self) -> &'static [u8] {
        // Undefined in both states: `udf` as ARM, and as Thumb a branch to the next `udf`.
        match self.order {
            Order::Be32 => &[0xe7, 0xff, 0xde, 0xff],
            _ => &[0xff, 0xde, 0xff, 0xe7],
        }
    }

    fn merge_e_flags(&self, so_far: Option<u32>, next: u32) -> Result<u32, String> {
        merge_e_flags(so_far, next)
    }

    fn finish_e_flags(&self, merged: u32, attributes: Option<&[u8]>) -> u32 {
        const FLOAT: u32 = EF_ARM_ABI_FLOAT_SOFT | EF_ARM_ABI_FLOAT_HARD;
        if merged & EF_ARM_EABIMASK != EF_ARM_EABI_VER5 || merged & FLOAT != 0 {
            return merged;
        }
        let arguments = attributes.map_or(Some(0), self::attributes::arm_vfp_arguments);
        merged
            | match arguments {
                None | Some(0) => EF_ARM_ABI_FLOAT_SOFT,
                Some(1) => EF_ARM_ABI_FLOAT_HARD,
                Some(_) => 0,
            }
    }

    fn image_e_flags(&self) -> u32 {
        match self.order {
            Order::Be8 => EF_ARM_BE8,
            _ => 0,
        }
    }

    fn layout_additions(&self) -> Additions {
        Additions {
            read_only: UNWIND_SECTIONS,
            ..Additions::default()
        }
    }

    fn has_unwind_index(&self) -> bool {
        true
    }

    fn code_units(&self) -> Option<CodeUnits> {
        (self.order == Order::Be8).then_some(be8::unit)
    }

    fn gateways(&self) -> Option<&dyn Gateways> {
        Some(self)
    }

    fn vector_table(&self) -> VectorTable {
        match self.core.has_arm_state() {
            true => VectorTable::Usual,
            false => VectorTable::Read,
        }
    }
}

/// Secure gateway veneers of ARMv8-M.
impl Gateways for Arm {
    fn supported(&self) -> bool {
        self.secure
    }

    fn size(&self) -> u64 {
        thunk::GATEWAY_SIZE as u64
    }

    fn write(&self, out: &mut [u8], addr: u64, target: u64) -> bool {
        thunk::write_gateway(out, addr, target)
    }

    fn fill(&self, out: &mut [u8]) {
        thunk::fill_gateways(out);
    }
}

impl RelocRules for Arm {
    fn rule(&self, r_type: u32) -> Option<&'static RelocRule> {
        match (r_type, self.target2) {
            (r::TARGET1, _) if self.target1_rel => return Some(&rules::TARGET1_REL),
            (r::TARGET2, Target2::Rel) => return Some(&rules::TARGET2_REL),
            (r::TARGET2, Target2::Abs) => return Some(&rules::TARGET2_ABS),
            (r::THM_CALL, _) if !self.core.has_long_thumb_branches() => {
                return Some(&rules::THM_CALL_SHORT);
            }
            _ => {}
        }
        rules::find(r_type)
    }

    fn refused(&self, r_type: u32) -> Option<&'static str> {
        rules::refused(r_type)
    }

    fn implicit_addend(&self, rule: &RelocRule, section: &[u8], offset: usize) -> i64 {
        let field = encode::field(rule.r_type);
        if self.order == Order::Little {
            return encode::read(field, section, offset);
        }
        let (size, unit) = encode::shape(field);
        let mut copy = [0; 4];
        let end = offset.saturating_add(size);
        if let (Some(to), Some(from)) = (copy.get_mut(..size), section.get(offset..end)) {
            to.copy_from_slice(from);
            swap(to, unit);
        }
        encode::read(field, &copy, 0)
    }

    fn encode(&self, rule: &RelocRule, section: &mut [u8], offset: usize, value: i64) {
        // Nothing is known of the target, so only a mode bit that is set tells its state.
        let to_thumb = (value & 1 != 0).then_some(true);
        self.at(rule.r_type, section, offset, |section, offset| {
            write(rule, section, offset, value, to_thumb);
        });
    }

    fn encode_branch(
        &self,
        rule: &RelocRule,
        section: &mut [u8],
        offset: usize,
        value: i64,
        target: BranchTarget,
    ) {
        let to_thumb = self.target_state(target);
        self.at(rule.r_type, section, offset, |section, offset| {
            write(rule, section, offset, value, to_thumb);
        });
    }

    fn encodable(&self, rule: &RelocRule, value: i64) -> bool {
        match rule.r_type {
            r::ALU_PC_G0_NC | r::ALU_PC_G1_NC | r::ALU_SB_G0_NC | r::ALU_SB_G1_NC => true,
            other => encode::group_fits(encode::field(other), value),
        }
    }

    fn branch_bias(&self, r_type: u32) -> u64 {
        if is_thumb(r_type) { 4 } else { 8 }
    }

    fn segment_relative(&self, r_type: u32) -> bool {
        rules::segment_relative(r_type)
    }
}

impl Rewrites for Arm {
    fn rewrite(&self, site: Site, facts: SymbolFacts, _section: &[u8]) -> Option<Rewrite> {
        if site.r_type == r::V4BX {
            return self.fix_v4bx.then_some(Rewrite {
                rule: &rules::V4BX_FIX,
                form: 0,
                skip_next: false,
            });
        }
        // AAELF32, "Weak references": a branch to an undefined symbol goes to the next instruction.
        let branch = self.rule(site.r_type)?.base == Base::Branch;
        (branch && facts.undefined_weak).then_some(Rewrite {
            rule: &rules::NO_BRANCH,
            form: 0,
            skip_next: false,
        })
    }

    fn apply_rewrite(
        &self,
        _rewrite: &Rewrite,
        site: Site,
        section: &mut [u8],
        _value: i64,
    ) -> Result<(), Range> {
        self.at(site.r_type, section, site.offset, |section, offset| {
            if site.r_type == r::V4BX {
                let insn = encode::read32(section, offset);
                if insn & 0x0fff_fff0 == 0x012f_ff10 {
                    let mov = insn & 0xf000_000f | 0x01a0_f000;
                    encode::write32(section, offset, mov);
                }
                return;
            }
            match encode::field(site.r_type) {
                // mov r0, r0
                Field::ArmBranch => encode::write32(section, offset, 0xe1a0_0000),
                Field::ThumbBranch | Field::ThumbBranch19 => {
                    encode::write16(section, offset, thunk::T_NOP);
                    encode::write16(section, offset + 2, thunk::T_NOP);
                }
                _ => encode::write16(section, offset, thunk::T_NOP),
            }
        });
        Ok(())
    }
}

impl Runtime for Arm {
    fn tls(&self) -> TlsVariant {
        TlsVariant::One {
            tcb: 8,
            tp_bias: 0,
            dtp_bias: 0,
        }
    }

    fn dynamic(&self) -> DynamicTypes {
        DynamicTypes {
            relative: r::RELATIVE,
            irelative: r::IRELATIVE,
            symbolic: r::ABS32,
            glob_dat: 21,
            jump_slot: 22,
            copy: 20,
            tls_module: r::TLS_DTPMOD32,
            tls_offset: r::TLS_DTPOFF32,
            tp_offset: r::TLS_TPOFF32,
            tls_descriptor: 13,
            rela: false,
        }
    }

    fn dynamic_linker(&self) -> Option<&'static str> {
        Some("/lib/ld-linux-armhf.so.3")
    }

    fn plt(&self) -> PltForm {
        PltForm {
            header: 32,
            entry: thunk::plt_entry_size(self.core),
            reserved: 3,
            first_call: FirstCall::Header,
        }
    }

    fn takes_plt_entry(&self, r_type: u32) -> bool {
        // Personality routines in unwind tables are called.
        r_type == r::PREL31
    }

    fn write_plt_header(&self, out: &mut [u8], addr: u64, got: u64) {
        thunk::write_plt_header(out, addr, got);
        self.turn(
            out,
            &[
                MappingSymbol {
                    offset: 0,
                    name: "$a",
                },
                MappingSymbol {
                    offset: 16,
                    name: "$d",
                },
            ],
        );
    }

    fn plt_entry_size(&self) -> usize {
        thunk::plt_entry_size(self.core)
    }

    fn write_plt_entry(&self, out: &mut [u8], addr: u64, slot: u64) {
        thunk::write_plt_entry(self.core, out, addr, slot);
        self.turn(out, thunk::plt_mapping(self.core));
    }

    fn plt_entry(&self) -> u64 {
        u64::from(!self.core.has_arm_state())
    }

    fn plt_mapping(&self) -> &'static [MappingSymbol] {
        thunk::plt_mapping(self.core)
    }
}

impl Thunks for Arm {
    fn changes_state(&self) -> bool {
        self.core.has_arm_state()
    }

    fn enters(&self, r_type: u32, target: BranchTarget) -> bool {
        self.can_enter(r_type, target)
    }

    fn thunk_spacing(&self, shortest: Option<u8>) -> Option<u64> {
        let reach = 1u64 << shortest?.clamp(2, 32).saturating_sub(1);
        // The thunks themselves take room, too.
        Some(reach - reach / 64)
    }

    fn thunk(&self, site: Site, p: u64, target: BranchTarget) -> Option<ThunkForm> {
        if !takes_thunks(site.r_type)
            || self.can_enter(site.r_type, target) && self.reaches(site.r_type, p, target)
        {
            return None;
        }
        let from_thumb = is_thumb(site.r_type);
        let to_thumb = self.target_state(target).unwrap_or(from_thumb);
        // A conditional branch reaches less far than the plain one that its thunk can be.
        let near = site.r_type == r::THM_JUMP19
            && to_thumb
            && self.core.has_long_thumb_branches()
            && target.addr.wrapping_sub(p).wrapping_add(NEAR) < 2 * NEAR;
        let form = match near {
            true => Sequence::ThumbShort,
            false => Sequence::choose(self.core, from_thumb, to_thumb, self.pic),
        };
        Some(form.number())
    }

    fn execute_only_thunk(&self, form: ThunkForm) -> ThunkForm {
        match Sequence::of(form) {
            Sequence::ThumbStack => Sequence::ThumbStackImmediate.number(),
            _ => form,
        }
    }

    fn thunk_align(&self, form: ThunkForm) -> u64 {
        Sequence::of(form).align()
    }

    fn thunk_size(&self, form: ThunkForm) -> usize {
        Sequence::of(form).size()
    }

    fn thunk_entry(&self, form: ThunkForm) -> u64 {
        u64::from(Sequence::of(form).is_thumb())
    }

    fn thunk_reaches(&self, site: Site, p: u64, form: ThunkForm, thunk: u64) -> bool {
        let entry = thunk.wrapping_add(self.thunk_entry(form));
        let target = BranchTarget {
            addr: entry.wrapping_sub(self.branch_bias(site.r_type)),
            is_function: true,
        };
        self.can_enter(site.r_type, target) && self.reaches(site.r_type, p, target)
    }

    fn write_thunk(&self, form: ThunkForm, out: &mut [u8], addr: u64, target: BranchTarget) {
        let form = Sequence::of(form);
        // Labels and symbols of scripts have no state: the caller's is kept.
        let to_thumb = self.target_state(target).unwrap_or(form.is_thumb());
        form.write(out, addr, target.addr & !1 | u64::from(to_thumb));
        self.turn(out, form.mapping());
    }

    fn thunk_mapping(&self, form: ThunkForm) -> &'static [MappingSymbol] {
        Sequence::of(form).mapping()
    }
}

impl Relaxation for Arm {}

impl Errata for Arm {}

/// Writes a field; branches with the state of their target, where it is known.
fn write(rule: &RelocRule, section: &mut [u8], offset: usize, value: i64, to_thumb: Option<bool>) {
    match encode::field(rule.r_type) {
        Field::ArmBranch => encode::write_arm_branch(section, offset, value, to_thumb),
        Field::ThumbBranch => encode::write_thumb_branch(section, offset, value, to_thumb),
        field => encode::write(field, section, offset, value),
    }
}

const EF_ARM_EABIMASK: u32 = 0xff00_0000;
const EF_ARM_EABI_VER5: u32 = 0x0500_0000;
const EF_ARM_ABI_FLOAT_SOFT: u32 = 0x200;
const EF_ARM_ABI_FLOAT_HARD: u32 = 0x400;
const EF_ARM_BE8: u32 = 0x0080_0000;

/// AAELF32, "ELF Header": the version must agree; the float bits say something only where they
/// are set, most objects leave it to the build attributes.
fn merge_e_flags(so_far: Option<u32>, next: u32) -> Result<u32, String> {
    let Some(mut merged) = so_far else {
        return Ok(next);
    };
    let (old, new) = (merged & EF_ARM_EABIMASK, next & EF_ARM_EABIMASK);
    match (old >> 24, new >> 24) {
        (_, 0) => {}
        (0, _) => merged |= new,
        (a, b) if a == b => {}
        (a, b) => {
            return Err(format!(
                "ARM EABI version {b} cannot be linked with version {a}"
            ));
        }
    }
    if (merged ^ next) & EF_ARM_BE8 != 0 {
        return Err("BE8 code cannot be linked with little-endian code".to_owned());
    }
    const FLOAT: u32 = EF_ARM_ABI_FLOAT_SOFT | EF_ARM_ABI_FLOAT_HARD;
    match (merged & FLOAT, next & FLOAT) {
        (EF_ARM_ABI_FLOAT_SOFT, EF_ARM_ABI_FLOAT_HARD) => {
            Err("hard-float ABI cannot be linked with soft-float ABI".to_owned())
        }
        (EF_ARM_ABI_FLOAT_HARD, EF_ARM_ABI_FLOAT_SOFT) => {
            Err("soft-float ABI cannot be linked with hard-float ABI".to_owned())
        }
        _ => Ok(merged | next & 0x00ff_ffff),
    }
}
