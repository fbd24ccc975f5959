//! The interface between passes and instruction sets, one trait for each group of passes.
//!
//! [`Arch`] is one instruction set in one link: for a class, a core, a byte order and the options. Its parts:
//! [`RelocRules`] (relocations: scan and relocate), [`Rewrites`] (sequences that a static link makes cheaper),
//! [`Runtime`] (TLS, IFUNCs, dynamic relocations), [`Thunks`], [`Relaxation`] (code that gets shorter) and
//! [`Errata`]. Default methods are for machines without the feature; a new architecture begins with the others.

use super::shortening::Shortening;
use super::{
    BranchTarget, DynamicTypes, FinalSite, FirstCall, MappingSymbol, PltForm, Range, RelocRule,
    Rewrite, Site, SymbolFacts, ThunkForm, TlsVariant,
};
use crate::script::builtin::Additions;

/// One instruction set. Every method is pure.
pub(crate) trait Arch:
    Sync + RelocRules + Rewrites + Runtime + Thunks + Relaxation + Errata
{
    /// `EM_*`.
    fn machine(&self) -> u16;
    /// 64-bit ELF files.
    fn is_64(&self) -> bool;
    /// Short name as in error messages: `aarch64`, `arm`, `riscv64`, `x86_64`.
    fn name(&self) -> &'static str;
    /// Default of `-z max-page-size`.
    fn max_page_size(&self) -> u64 {
        0x1000
    }
    /// Default of `-z common-page-size`.
    fn common_page_size(&self) -> u64 {
        0x1000
    }
    /// Where a plain static executable starts when no script says so.
    fn image_base(&self) -> u64;
    /// Bytes that fill gaps in executable sections (repeated).
    fn fill(&self) -> &'static [u8];
    /// Bytes of stack that a call itself takes, besides what the caller and the callee reserve.
    fn call_pushes(&self) -> u64 {
        0
    }
    /// Merges one input's `e_flags` with those of the inputs before it.
    ///
    /// # Errors
    /// The two contradict each other; the text says how.
    fn merge_e_flags(&self, so_far: Option<u32>, next: u32) -> Result<u32, String> {
        Ok(so_far.unwrap_or(next))
    }
    /// The `e_flags` of a link: those merged from the inputs, and what the merged build attributes
    /// add.
    fn finish_e_flags(&self, merged: u32, _attributes: Option<&[u8]>) -> u32 {
        merged
    }
    /// Flags that an image has in `e_flags` besides those of its objects.
    fn image_e_flags(&self) -> u32 {
        0
    }
    /// What the machine adds to the built-in layouts.
    fn layout_additions(&self) -> Additions {
        Additions::default()
    }
    /// Unwinders find records by the index of the Arm EHABI (`.ARM.exidx`, PT_ARM_EXIDX).
    fn has_unwind_index(&self) -> bool {
        false
    }
    /// The `p_type` of the segment in which build attributes are found.
    fn attributes_segment(&self) -> Option<u32> {
        None
    }
    /// How the bytes of code are swapped when it is written, if its byte order is not that of data.
    fn code_units(&self) -> Option<CodeUnits> {
        None
    }
    /// The code through which non-secure code enters secure functions (ARMv8-M).
    fn gateways(&self) -> Option<&dyn Gateways> {
        None
    }
    /// Whether images begin with a table of vectors.
    fn vector_table(&self) -> VectorTable {
        VectorTable::None
    }
}

/// Relocations: what they compute and how values are written.
pub(crate) trait RelocRules {
    /// The table row of a relocation; `None` if the linker does not know it.
    fn rule(&self, r_type: u32) -> Option<&'static RelocRule>;
    /// The name of a relocation that has no row: one for run-time linkers, or not supported.
    fn refused(&self, _r_type: u32) -> Option<&'static str> {
        None
    }
    /// Reads the addend stored at the place, for REL inputs; 0 where all tools write RELA.
    fn implicit_addend(&self, _rule: &RelocRule, _section: &[u8], _offset: usize) -> i64 {
        0
    }
    /// Writes a value that fits into the place; `section` is the section's output bytes.
    /// Read-modify-write relocations (RISC-V ADD, SUB, SET) combine it with what is there.
    fn encode(&self, rule: &RelocRule, section: &mut [u8], offset: usize, value: i64);
    /// [`RelocRules::encode`] for [`super::Base::Branch`]: here the instruction may have to change with the
    /// state of the target (ARM `BL` and `BLX`). `target.addr` is S + A, as in [`Thunks::thunk`].
    fn encode_branch(
        &self,
        rule: &RelocRule,
        section: &mut [u8],
        offset: usize,
        value: i64,
        _target: BranchTarget,
    ) {
        self.encode(rule, section, offset, value);
    }
    /// Whether a value inside `rule.range` can be written: for fields whose values are no
    /// interval (ARM's rotated immediates). Checked after the range, before [`RelocRules::encode`].
    fn encodable(&self, _rule: &RelocRule, _value: i64) -> bool {
        true
    }
    /// The program counter's lead that addends of this branch compensate: the branch goes to
    /// S + A + bias (ARM 8, Thumb 4). A thunk's target is that sum, and a branch into a thunk has
    /// S = thunk + [`Thunks::thunk_entry`], A = −bias.
    fn branch_bias(&self, _r_type: u32) -> u64 {
        0
    }
    /// The value is further relative to the start of the segment that holds S (ARM's
    /// static-base relocations, for RWPI): the caller subtracts that address.
    fn segment_relative(&self, _r_type: u32) -> bool {
        false
    }
    /// S + A of a branch to an undefined weak symbol, if the psABI defines where it goes.
    fn undefined_weak_branch(&self, _site: Site, _p: u64) -> Option<u64> {
        None
    }
    /// The numbers of the relocations that set and then subtract a number of variable length, which
    /// must have room for the difference.
    fn uleb128_pair(&self) -> Option<(u32, u32)> {
        None
    }
}

/// Instruction sequences that become cheaper because the link is static. The default: there are none.
pub(crate) trait Rewrites {
    /// Whether the static link can replace the sequence at `site`; must give the same answer at
    /// scan and at write time, so it may only look at input bytes.
    fn rewrite(&self, _site: Site, _facts: SymbolFacts, _section: &[u8]) -> Option<Rewrite> {
        None
    }
    /// Writes a rewritten sequence with its value (`rewrite.rule` applied, A included).
    ///
    /// # Errors
    /// The value does not fit into this range.
    fn apply_rewrite(
        &self,
        _rewrite: &Rewrite,
        _site: Site,
        _section: &mut [u8],
        _value: i64,
    ) -> Result<(), Range> {
        Ok(())
    }
    /// The relocation that describes code after a rewrite or a relaxation: its type, and what is added to its place.
    /// `None` where there is none, or other linkers leave the old one.
    fn relocation_after(&self, _rewrite: &Rewrite, _r_type: u32) -> Option<(u32, i64)> {
        None
    }
    /// Relocations at which [`Self::relax_in_place`] may replace the instruction, perhaps with the next one.
    fn in_place_starts(&self) -> &'static [u32] {
        &[]
    }
    /// Whether all relocations of GOT loads in a section are in pairs.
    fn got_pairs_only(&self, _relocs: crate::elf::object::RelocTable<'_>) -> bool {
        false
    }
    /// Writes cheaper instructions of the same length if the addresses allow it. Returns how many
    /// relocations are done with that.
    fn relax_in_place(&self, _known: &FinalSite, _out: &mut [u8]) -> usize {
        0
    }
}

/// What start-up code and C libraries expect: thread-local storage, IFUNCs, dynamic relocations. The default is
/// a machine without all of it.
pub(crate) trait Runtime {
    /// How TLS offsets are counted.
    fn tls(&self) -> TlsVariant {
        TlsVariant::Two
    }
    /// Dynamic relocation numbers.
    fn dynamic(&self) -> DynamicTypes {
        DynamicTypes {
            rela: true,
            ..DynamicTypes::default()
        }
    }
    /// The usual path of the dynamic linker.
    fn dynamic_linker(&self) -> Option<&'static str> {
        None
    }
    /// The shape of the PLT; its entries have no bytes where there is no dynamic linking.
    fn plt(&self) -> PltForm {
        PltForm {
            header: 0,
            entry: 0,
            reserved: 0,
            first_call: FirstCall::Header,
        }
    }
    /// A reference of this type to another file's function may go to its PLT entry, although it is no branch.
    fn takes_plt_entry(&self, _r_type: u32) -> bool {
        false
    }
    /// Writes the beginning of the PLT at `addr`, which calls the dynamic linker through `.got.plt` at `got`.
    fn write_plt_header(&self, _out: &mut [u8], _addr: u64, _got: u64) {}
    /// Writes the PLT entry of this number that jumps through the slot. Its address comes with that of the header.
    fn write_lazy_plt_entry(
        &self,
        out: &mut [u8],
        _index: u32,
        (addr, _header): (u64, u64),
        slot: u64,
    ) {
        self.write_plt_entry(out, addr, slot);
    }
    /// Bytes of an IPLT entry.
    fn plt_entry_size(&self) -> usize {
        0
    }
    /// Writes an IPLT entry at `addr` that jumps through the GOT slot at `slot`.
    fn write_plt_entry(&self, _out: &mut [u8], _addr: u64, _slot: u64) {}
    /// What must be added to an IPLT entry's address to enter it (1 where it is Thumb code); such
    /// an address counts as a function's in [`BranchTarget`].
    fn plt_entry(&self) -> u64 {
        0
    }
    /// Mapping symbols inside an IPLT entry.
    fn plt_mapping(&self) -> &'static [MappingSymbol] {
        &[]
    }
}

/// Branches that cannot reach, or whose target runs in another state. The default: none.
pub(crate) trait Thunks {
    /// A branch may need a thunk even where it reaches, because its target runs in another state.
    fn changes_state(&self) -> bool {
        false
    }
    /// Whether the branch itself can enter the state in which its target runs. Asked before layout
    /// with nothing of the address but the mode bit.
    fn enters(&self, _r_type: u32, _target: BranchTarget) -> bool {
        true
    }
    /// The most bytes of code that may lie between two thunk sections, where the shortest branch of
    /// the link that takes thunks has a signed distance of `shortest` bits (`None` if there is no
    /// branch); `None` if no thunks are needed.
    fn thunk_spacing(&self, _shortest: Option<u8>) -> Option<u64> {
        None
    }
    /// The thunk that a branch at `p` to `target` needs, if any.
    fn thunk(&self, _site: Site, _p: u64, _target: BranchTarget) -> Option<ThunkForm> {
        None
    }
    /// Words in data may need thunks, too (AVR's function pointers).
    fn thunks_for_data(&self) -> bool {
        false
    }
    /// The thunk to use instead of `form` if code must not be read as data.
    fn execute_only_thunk(&self, form: ThunkForm) -> ThunkForm {
        form
    }
    /// Bytes of a thunk.
    fn thunk_size(&self, _form: ThunkForm) -> usize {
        0
    }
    /// Alignment of a thunk in bytes.
    fn thunk_align(&self, _form: ThunkForm) -> u64 {
        4
    }
    /// What a branch must add to a thunk's address to enter it (ARM: 1 for thunks in Thumb code).
    fn thunk_entry(&self, _form: ThunkForm) -> u64 {
        0
    }
    /// Whether a branch at `p` can use an existing thunk of this form at `thunk` (address without
    /// the mode bit).
    fn thunk_reaches(&self, _site: Site, _p: u64, _form: ThunkForm, _thunk: u64) -> bool {
        false
    }
    /// Writes a thunk at `addr` that goes to `target` (with the mode bit).
    fn write_thunk(&self, _form: ThunkForm, _out: &mut [u8], _addr: u64, _target: BranchTarget) {}
    /// Mapping symbols inside a thunk.
    fn thunk_mapping(&self, _form: ThunkForm) -> &'static [MappingSymbol] {
        &[]
    }
}

/// Code that gets shorter once addresses are known. The default: it does not.
pub(crate) trait Relaxation {
    /// How code of this architecture gets shorter, where it can.
    fn shortening(&self) -> Option<&dyn Shortening> {
        None
    }
    /// Code of this alignment stays aligned when bytes in front of it are removed, in objects with
    /// these `e_flags`.
    fn survives_shrinking(&self, _align: u64, _e_flags: u32) -> bool {
        true
    }
    /// Bytes that [`super::Base::Nothing`] alignment markers ask to be removed: RISC-V R_RISCV_ALIGN at
    /// `site` whose place would be at address `p`. Returns (bytes kept, bytes removed).
    fn align_padding(&self, _site: Site, _p: u64) -> Option<(u64, u64)> {
        None
    }
    /// Writes the NOPs that an alignment marker keeps.
    fn write_padding(&self, _out: &mut [u8]) {}
}

/// Instructions that some cores execute wrongly in some places. The default: none.
pub(crate) trait Errata {
    /// Some instructions have to be moved into patches.
    fn has_erratum_patches(&self) -> bool {
        false
    }
    /// The offsets of such instructions in a section, if all of it is code. They have no relocation.
    fn erratum_sites(&self, _section: &[u8]) -> Vec<u64> {
        Vec::new()
    }
    /// Writes a plain jump at `p`. Returns whether it reaches.
    fn write_jump(&self, _out: &mut [u8], _offset: usize, _p: u64, _to: u64) -> bool {
        false
    }
    /// Rewrites affected instructions of a relocated code section at `p`, if `is_code` confirms that an
    /// instruction is there. Returns the places that it cannot fix.
    fn avoid_errata(&self, _out: &mut [u8], _p: u64, _is_code: &dyn Fn(u64) -> bool) -> Vec<u64> {
        Vec::new()
    }
}

/// The size of the units whose bytes are swapped, by the mapping symbol before them; 1 for data.
pub(crate) type CodeUnits = fn(&[u8]) -> Option<usize>;

/// The code through which non-secure code enters secure functions.
pub(crate) trait Gateways {
    /// The core of this link has them.
    fn supported(&self) -> bool;
    /// Bytes of one.
    fn size(&self) -> u64;
    /// Writes one at `addr`. Returns whether the target is in reach.
    fn write(&self, out: &mut [u8], addr: u64, target: u64) -> bool;
    /// Fills the place of one that is not needed any more.
    fn fill(&self, out: &mut [u8]);
}

/// Whether an image begins with a table of vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VectorTable {
    /// No.
    None,
    /// It does if a section has the usual name.
    Usual,
    /// It must, since the core reads it.
    Read,
}
