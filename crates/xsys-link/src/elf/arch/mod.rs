//! What differs between instruction sets.
//!
//! An architecture is one file: an essay on its psABI, a table of relocations as data, the encoders
//! of its instruction fields, its thunks and its rewrites (GOT and TLS relaxation). Everything else
//! in the linker is generic over [`Arch`] and never asks which one it is.
//!
//! Vocabulary (psABI): S is the symbol's value, A the addend, P the place, GOT(S) the address of
//! the symbol's GOT slot, L the address of its PLT entry, TP the thread pointer.

pub mod aarch64;
pub mod arm;
pub mod attributes;
pub mod avr;
pub mod cuts;
pub mod msp430;
pub mod riscv;
pub mod shortening;
mod small_object;
#[cfg(test)]
mod tests;
pub mod x86_64;

/// What a relocation computes, as the sum of two independent choices: which address
/// ([`Base`]) and relative to what ([`Relative`]). The value is `relative(base(S) + A)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// ELF relocation number.
    pub r_type: u32,
    /// The psABI's name, with `R_`.
    pub name: &'static str,
    /// Which address.
    pub base: Base,
    /// Relative to what.
    pub relative: Relative,
    /// Bytes read and written at the place (0 for markers).
    pub size: u8,
    /// Which values fit; checked before [`Arch::encode`].
    pub range: Range,
    /// The value must be a multiple of this (1: any).
    pub align: u8,
}

/// A row of a relocation table.
const fn row(
    r_type: u32,
    name: &'static str,
    base: Base,
    relative: Relative,
    size: u8,
    range: Range,
    align: u8,
) -> Rule {
    Rule {
        r_type,
        name,
        base,
        relative,
        size,
        range,
        align,
    }
}

/// Which address a relocation starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing is computed; a marker (NONE, RELAX, V4BX, TLSDESC_CALL that was not rewritten).
    Nothing,
    /// S.
    Symbol,
    /// L where the symbol has a PLT entry, else S: the target of a branch, which may go through a
    /// thunk.
    Branch,
    /// Address of a GOT slot that holds S.
    Got,
    /// Address of the GOT itself (`_GLOBAL_OFFSET_TABLE_`); S is ignored.
    GotBase,
    /// S as offset from the thread pointer (local exec).
    TpOffset,
    /// S as offset in its module's TLS block (local dynamic), biased as the psABI says.
    DtpOffset,
    /// Address of a GOT slot that holds the TP offset of S (initial exec).
    GotTp,
    /// Address of a GOT pair {module, DTP offset} (general dynamic).
    GotTlsGd,
    /// Address of the GOT pair {module, 0} (local dynamic).
    GotTlsLd,
    /// Address of a TLS descriptor in the GOT.
    GotTlsDesc,
    /// The section-relative label of another relocation, whose value is used: RISC-V's PCREL_LO12
    /// and TLSDESC_LOAD_LO12 … refer to the AUIPC that carries the high part.
    PairedHigh,
    /// The size of the symbol.
    Size,
    /// S, to be subtracted from what the next relocation, at the same place, computes; A is
    /// ignored (MSP430 SYM_DIFF).
    Subtrahend,
}

/// Relative to what a relocation's address is expressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relative {
    /// Absolute.
    Zero,
    /// − P.
    Place,
    /// Page(X) − Page(P) with 4 KiB pages.
    Page,
    /// − GOT.
    GotBase,
    /// − Page(GOT) (AArch64 `LD64_GOTPAGE_LO15`).
    GotPage,
    /// − the global pointer (RISC-V relaxation).
    GlobalPointer,
    /// − (P rounded down to 4) (Thumb `ADR`, literal loads).
    PlaceAlign4,
}

/// Which values fit a field; bits count the value, before any scaling by the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Truncated without a check (`_NC` and arithmetic relocations).
    Any,
    /// −2^(n−1) … 2^(n−1) − 1
    Signed(u8),
    /// 0 … 2^n − 1
    Unsigned(u8),
    /// −2^(n−1) … 2^n − 1
    Either(u8),
    /// 2 − 2^(n−1) … 2^(n−1) + 1: counted from the instruction after a branch of two bytes, while
    /// the value is counted from the branch itself (AVR, MSP430).
    SignedFromNext(u8),
    /// −(2^n − 1) … 2^n − 1: a magnitude of n bits beside a sign bit (ARM's literal loads).
    Magnitude(u8),
    /// −2^31 − 0x800 … 2^31 − 0x800 − 1: an upper part that the sign-extended low 12 bits of a
    /// second instruction correct (RISC-V's `auipc` and `lui`).
    High20,
}

impl Range {
    /// Whether `value` fits.
    pub fn contains(self, value: i64) -> bool {
        let (low, high) = self.bounds();
        (low..=high).contains(&i128::from(value))
    }

    /// Lowest and highest value that fit.
    pub fn bounds(self) -> (i128, i128) {
        match self {
            Range::Any => (i128::from(i64::MIN), i128::from(u64::MAX)),
            Range::Signed(n) => (-(1 << (n - 1)), (1 << (n - 1)) - 1),
            Range::SignedFromNext(n) => (2 - (1 << (n - 1)), (1 << (n - 1)) + 1),
            Range::Unsigned(n) => (0, (1 << n) - 1),
            Range::Either(n) => (-(1 << (n - 1)), (1 << n) - 1),
            Range::Magnitude(n) => (1 - (1 << n), (1 << n) - 1),
            Range::High20 => (-(1 << 31) - 0x800, (1 << 31) - 0x801),
        }
    }
}

/// What [`Arch::rewrite`] may know of a relocation's symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SymbolFacts {
    /// Weak and defined nowhere: its value is 0 and it may be far from P.
    pub undefined_weak: bool,
    /// STT_GNU_IFUNC: must go through a GOT slot.
    pub ifunc: bool,
    /// SHN_ABS or assigned an absolute value by a script: does not move with the image.
    pub absolute: bool,
    /// The output is position independent (static-pie).
    pub pic: bool,
}

/// An instruction sequence that gets replaced because the link is static: GOT access by address
/// formation, general dynamic TLS by local exec, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// What is computed instead (decides whether GOT slots are needed at all).
    pub rule: &'static Rule,
    /// The architecture's own number of the sequence, handed back to [`Arch::apply_rewrite`].
    pub form: u8,
    /// The next relocation of the section belongs to the sequence and is dropped
    /// (x86-64's call to `__tls_get_addr`).
    pub skip_next: bool,
}

/// A relocation as an architecture sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// ELF relocation number.
    pub r_type: u32,
    /// Offset of the place in its section.
    pub offset: usize,
    /// A; for REL inputs already read from the place by [`Arch::implicit_addend`].
    pub addend: i64,
}

/// A relocation once addresses are known.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    /// At its place in the output.
    pub site: Site,
    /// The next one, if it is of the same symbol.
    pub next: Option<Site>,
    /// The symbol's address.
    pub s: u64,
    /// Address of the place.
    pub p: u64,
    /// Its symbol.
    pub facts: SymbolFacts,
    /// All GOT loads of the section stand in pairs.
    pub got_pairs_only: bool,
}

/// A branch that cannot reach, or whose target runs in another instruction set state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchTarget {
    /// S + A (or L + A), with the architecture's mode bit (ARM: bit 0 set means Thumb).
    pub addr: u64,
    /// STT_FUNC or STT_GNU_IFUNC: the mode bit means something.
    pub is_function: bool,
}

/// Which thunk a branch needs: an architecture's own number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ThunkForm(pub u8);

/// A symbol that a thunk or PLT section must define so that disassemblers know the state
/// (ARM `$a`, `$t`, `$d`; AArch64 `$x`, `$d`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MappingSymbol {
    /// Offset in the thunk.
    pub offset: u32,
    /// `$x` and so on.
    pub name: &'static str,
}

/// Dynamic relocation numbers for static-pie and IFUNC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DynamicTypes {
    /// `R_*_RELATIVE`
    pub relative: u32,
    /// `R_*_IRELATIVE`
    pub irelative: u32,
    /// The psABI's dynamic tables use RELA (else REL).
    pub rela: bool,
}

/// How TLS offsets are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVariant {
    /// Variant I: TP points `tcb` bytes before the block (aligned up to the block's alignment), and
    /// `tp_bias` is subtracted from TP offsets, `dtp_bias` from DTP offsets.
    One {
        tcb: u64,
        tp_bias: u64,
        dtp_bias: u64,
    },
    /// Variant II: the block ends at TP; offsets are negative.
    Two,
}

/// One instruction set. Implementations are unit structs; every method is pure.
pub trait Arch: Sync {
    /// `EM_*`.
    fn machine(&self) -> u16;
    /// 64-bit ELF files.
    fn is_64(&self) -> bool;
    /// Short name as in error messages: `aarch64`, `arm`, `riscv64`, `x86_64`.
    fn name(&self) -> &'static str;
    /// S + A of a branch to an undefined weak symbol, if the psABI says where it goes.
    fn undefined_weak_branch(&self, _site: Site, _p: u64) -> Option<u64> {
        None
    }
    /// Default of `-z max-page-size`.
    fn max_page_size(&self) -> u64;
    /// Default of `-z common-page-size`.
    fn common_page_size(&self) -> u64 {
        0x1000
    }
    /// Where a plain static executable starts when no script says so.
    fn image_base(&self) -> u64;
    /// Bytes that fill gaps in executable sections (repeated).
    fn fill(&self) -> &'static [u8];
    /// The table row of a relocation; `None` if the linker does not know it.
    fn rule(&self, r_type: u32) -> Option<&'static Rule>;
    /// The name of a relocation that has no row: one for run-time linkers, or not supported.
    fn refused(&self, _r_type: u32) -> Option<&'static str> {
        None
    }
    /// Reads the addend stored at the place, for REL inputs.
    fn implicit_addend(&self, rule: &Rule, section: &[u8], offset: usize) -> i64;
    /// Writes a value that fits into the place; `section` is the section's output bytes.
    /// For read-modify-write relocations (RISC-V ADD, SUB, SET) it combines.
    fn encode(&self, rule: &Rule, section: &mut [u8], offset: usize, value: i64);
    /// [`Arch::encode`] for [`Base::Branch`]: here the instruction may have to change with the
    /// state of the target (ARM `BL` and `BLX`). `target.addr` is S + A, as in [`Arch::thunk`].
    fn encode_branch(
        &self,
        rule: &Rule,
        section: &mut [u8],
        offset: usize,
        value: i64,
        _target: BranchTarget,
    ) {
        self.encode(rule, section, offset, value);
    }
    /// Whether a value inside `rule.range` can be written: for fields whose values are no
    /// interval (ARM's rotated immediates). Checked after the range, before [`Arch::encode`].
    fn encodable(&self, _rule: &Rule, _value: i64) -> bool {
        true
    }
    /// The program counter's lead that addends of this branch compensate: the branch goes to
    /// S + A + bias (ARM 8, Thumb 4). A thunk's target is that sum, and a branch into a thunk has
    /// S = thunk + [`Arch::thunk_entry`], A = −bias.
    fn branch_bias(&self, _r_type: u32) -> u64 {
        0
    }
    /// The value is further relative to the start of the segment that holds S (ARM's
    /// static-base relocations, for RWPI): the caller subtracts that address.
    fn segment_relative(&self, _r_type: u32) -> bool {
        false
    }

    /// Bytes of stack that a call itself takes, besides what the caller and the callee reserve.
    fn call_pushes(&self) -> u64 {
        0
    }

    /// Whether the static link can replace the sequence at `site`; must give the same answer at
    /// scan and at write time, so it may only look at input bytes.
    fn rewrite(&self, site: Site, facts: SymbolFacts, section: &[u8]) -> Option<Rewrite>;
    /// Writes a rewritten sequence with its value (`rewrite.rule` applied, A included).
    /// `Err` is a value that does not fit, with the range.
    fn apply_rewrite(
        &self,
        rewrite: &Rewrite,
        site: Site,
        section: &mut [u8],
        value: i64,
    ) -> Result<(), Range>;

    /// Relocations whose instruction, maybe with the next one, [`Arch::relax_settled`] makes cheaper.
    fn settled_starts(&self) -> &'static [u32] {
        &[]
    }
    /// Whether in a section all relocations of GOT loads stand in pairs.
    fn got_pairs_only(&self, _relocs: crate::elf::object::RelocTable<'_>) -> bool {
        false
    }
    /// Writes cheaper instructions of the same length where the addresses allow it; how many
    /// relocations it has served.
    fn relax_settled(&self, _known: &Settled, _out: &mut [u8]) -> usize {
        0
    }

    /// How TLS offsets are counted.
    fn tls(&self) -> TlsVariant;
    /// Dynamic relocation numbers.
    fn dynamic(&self) -> DynamicTypes;

    /// Size of an IPLT entry in bytes.
    fn plt_entry_size(&self) -> usize;
    /// Writes an IPLT entry at `addr` that jumps through the GOT slot at `slot`.
    fn write_plt_entry(&self, out: &mut [u8], addr: u64, slot: u64);
    /// What must be added to an IPLT entry's address to enter it (1 where it is Thumb code); such
    /// an address counts as a function's in [`BranchTarget`].
    fn plt_entry(&self) -> u64 {
        0
    }

    /// The most bytes of code that may lie between two thunk sections, where the shortest branch of
    /// the link that takes thunks has a signed distance of `shortest` bits (`None` if there is no
    /// branch); `None` if no thunks are needed.
    fn thunk_spacing(&self, _shortest: Option<u8>) -> Option<u64> {
        None
    }
    /// A branch may need a thunk even where it reaches, because its target runs in another state.
    fn changes_state(&self) -> bool {
        false
    }
    /// Whether the branch itself can enter the state in which its target runs. Asked before layout
    /// with nothing of the address but the mode bit.
    fn enters(&self, _r_type: u32, _target: BranchTarget) -> bool {
        true
    }
    /// The thunk that a branch at `p` to `target` needs, if any.
    fn thunk(&self, _site: Site, _p: u64, _target: BranchTarget) -> Option<ThunkForm> {
        None
    }
    /// Words in data may need thunks, too (AVR's function pointers).
    fn thunks_for_data(&self) -> bool {
        false
    }
    /// The thunk to take in place of `form` where code must not be read as data.
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
    /// Mapping symbols inside an IPLT entry.
    fn plt_mapping(&self) -> &'static [MappingSymbol] {
        &[]
    }

    /// The numbers of the relocations that set and then subtract a number of variable length, which
    /// must have room for the difference.
    fn uleb128_pair(&self) -> Option<(u32, u32)> {
        None
    }
    /// How code of this architecture gets shorter, where it can.
    fn shortening(&self) -> Option<&dyn shortening::Shortening> {
        None
    }
    /// Code of this alignment stays aligned when bytes in front of it are removed, in objects with
    /// these `e_flags`.
    fn survives_shrinking(&self, _align: u64, _e_flags: u32) -> bool {
        true
    }
    /// Bytes that [`Base::Nothing`] alignment markers ask to be removed: RISC-V R_RISCV_ALIGN at
    /// `site` whose place would be at address `p`. Returns (bytes kept, bytes removed).
    fn align_padding(&self, _site: Site, _p: u64) -> Option<(u64, u64)> {
        None
    }
    /// Writes the NOPs that an alignment marker keeps.
    fn write_padding(&self, _out: &mut [u8]) {}

    /// Some instructions must not stand where they stand.
    fn wants_detours(&self) -> bool {
        false
    }
    /// The offsets of such instructions in a section, if all of it is code. They have no relocation.
    fn detour_sites(&self, _section: &[u8]) -> Vec<u64> {
        Vec::new()
    }
    /// Writes a plain jump from `p`; whether it reaches.
    fn write_jump(&self, _out: &mut [u8], _offset: usize, _p: u64, _to: u64) -> bool {
        false
    }

    /// Rewrites instructions of a relocated code section at `p` that a core gets wrong, where
    /// `is_code` confirms that an instruction is there. Returns the places that it cannot help.
    fn avoid_errata(&self, _out: &mut [u8], _p: u64, _is_code: &dyn Fn(u64) -> bool) -> Vec<u64> {
        Vec::new()
    }

    /// Checks one input's `e_flags` against those gathered so far and returns the merged value, or
    /// says in a few words what contradicts.
    fn merge_e_flags(&self, so_far: Option<u32>, next: u32) -> Result<u32, String>;

    /// The image's `e_flags`: those merged from the inputs, and what the merged build attributes
    /// add.
    fn finish_e_flags(&self, merged: u32, _attributes: Option<&[u8]>) -> u32 {
        merged
    }
}

/// The instruction set for a machine; `None` if the linker does not know it. `attributes` are the
/// merged build attributes, from which ARM learns what the core can execute; `e_flags` are the merged
/// ones, from which AVR does.
pub fn find(
    machine: u16,
    is_64: bool,
    attributes: Option<&[u8]>,
    e_flags: u32,
    endian: object::Endianness,
    options: &crate::options::ElfOptions,
) -> Option<Box<dyn Arch>> {
    use crate::options::{OutputKind, Target2};
    Some(match (object::elf::Machine(machine), is_64) {
        (object::elf::EM_AARCH64, true) => Box::new(aarch64::Aarch64 {
            fix_843419: options.fix_cortex_a53_843419,
            fix_835769: options.fix_cortex_a53_835769,
            relax: options.relax != Some(false),
        }),
        (object::elf::EM_X86_64, true) => Box::new(x86_64::X86_64 {
            relax: options.relax != Some(false),
        }),
        (object::elf::EM_RISCV, is_64) => Box::new(if is_64 {
            riscv::RISCV64
        } else {
            riscv::RISCV32
        }),
        (object::elf::EM_ARM, false) => {
            let core = attributes.map_or(arm::Core::V7, arm::attributes::arm_core);
            let target2 = match options.target2 {
                Target2::Rel => arm::Target2::Rel,
                Target2::Abs => arm::Target2::Abs,
                Target2::GotRel => arm::Target2::GotRel,
            };
            let pic = options.pic_thunks || options.kind == OutputKind::StaticPie;
            Box::new(arm::Arm {
                order: match (endian, options.be8) {
                    (object::Endianness::Little, _) => arm::Order::Little,
                    (object::Endianness::Big, true) => arm::Order::Be8,
                    (object::Endianness::Big, false) => arm::Order::Be32,
                },
                target1_rel: options.target1_rel,
                fix_v4bx: options.fix_v4bx,
                target2,
                pic,
                ..arm::Arm::new(core)
            })
        }
        (object::elf::EM_AVR, false) => Box::new(avr::Avr::new(e_flags)),
        (object::elf::EM_MSP430, false) => Box::new(msp430::Msp430::new(attributes, e_flags)),
        _ => return None,
    })
}

/// What to say about a machine that [`find`] does not know.
pub fn unsupported(machine: u16, is_64: bool) -> xsys_diag::Diagnostic {
    xsys_diag::Diagnostic::error(format!("cannot link for {}", machine_name(machine, is_64)))
        .note("supported architectures: aarch64, arm, avr, msp430, riscv32, riscv64, x86_64")
}

/// A machine for messages.
pub fn machine_name(machine: u16, is_64: bool) -> String {
    let name = match (object::elf::Machine(machine), is_64) {
        (object::elf::EM_AARCH64, _) => "aarch64",
        (object::elf::EM_ARM, _) => "arm",
        (object::elf::EM_X86_64, _) => "x86_64",
        (object::elf::EM_386, _) => "x86 (32 bits)",
        (object::elf::EM_RISCV, true) => "riscv64",
        (object::elf::EM_RISCV, false) => "riscv32",
        (object::elf::EM_AVR, _) => "avr",
        (object::elf::EM_MSP430, _) => "msp430",
        (object::elf::EM_MIPS, _) => "mips",
        (object::elf::EM_PPC, _) => "powerpc",
        (object::elf::EM_PPC64, _) => "powerpc64",
        (object::elf::EM_S390, _) => "s390x",
        (object::elf::EM_LOONGARCH, _) => "loongarch",
        (object::elf::EM_SPARC | object::elf::EM_SPARCV9, _) => "sparc",
        (object::elf::EM_68K, _) => "m68k",
        (object::elf::EM_HEXAGON, _) => "hexagon",
        _ => return format!("machine {machine} ({} bits)", if is_64 { 64 } else { 32 }),
    };
    name.to_owned()
}
