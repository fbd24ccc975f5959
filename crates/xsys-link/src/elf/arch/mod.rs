//! Everything that depends on the instruction set.
//!
//! An architecture is a directory and two lines here (its module, its place in [`MACHINES`]). The directory has an
//! essay on the psABI, the relocations as a table, the encoders of instruction fields, thunks, rewrites (GOT and TLS
//! relaxation), and what else belongs to one machine: names of emulations and formats, build attributes, flags, byte
//! order of code, runtime objects. The rest of the linker uses [`Machine`] (before a link) and [`Arch`] (during a
//! link), and never asks which machine it is.

mod aarch64;
mod arm;
pub(crate) mod attributes;
mod avr;
pub(crate) mod deltas;
mod known;
mod machine;
mod msp430;
mod options;
mod riscv;
mod rule;
pub(crate) mod shortening;
mod small_object;
#[cfg(test)]
mod tests;
mod traits;
mod x86_64;

pub(crate) use machine::{Device, FeatureMarks, Link, Machine, Variant};
pub(crate) use options::{Emulation, MachineOptions, Target2};
use rule::row;
pub(crate) use rule::{Base, Range, Relative, RelocRule};
pub(crate) use traits::{
    Arch, CodeUnits, Errata, Gateways, Relaxation, RelocRules, Rewrites, Runtime, Thunks,
    VectorTable,
};

use super::object::Section;

/// The machines that can be linked for, by name.
pub(crate) static MACHINES: &[&dyn Machine] = &[
    &aarch64::MACHINE,
    &arm::MACHINE,
    &avr::MACHINE,
    &msp430::MACHINE,
    &riscv::MACHINE,
    &x86_64::MACHINE,
];

/// The machine of an object that fits every link (`EM_NONE`).
pub(crate) const ANY_MACHINE: u16 = object::elf::EM_NONE.0;

/// The properties of a symbol that rewrites depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SymbolFacts {
    /// Weak and defined nowhere: its value is 0 and it may be far from P.
    pub undefined_weak: bool,
    /// STT_GNU_IFUNC: must go through a GOT slot.
    pub ifunc: bool,
    /// SHN_ABS or assigned an absolute value by a script: does not move with the image.
    pub absolute: bool,
    /// The output is position independent.
    pub pic: bool,
    /// The dynamic linker decides which definition counts.
    pub preemptible: bool,
    /// The output is a shared library: where its TLS block is, is not known.
    pub shared: bool,
    /// A dynamic linker completes the output: there are TLS descriptors.
    pub dynamic: bool,
}

/// An instruction sequence that gets replaced because the link is static: GOT access by address
/// formation, general dynamic TLS by local exec, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rewrite {
    /// What is computed instead (decides whether GOT slots are needed at all).
    pub rule: &'static RelocRule,
    /// The architecture's number for the sequence, for [`Rewrites::apply_rewrite`].
    pub form: u8,
    /// The next relocation of the section belongs to the sequence and is dropped
    /// (x86-64's call to `__tls_get_addr`).
    pub skip_next: bool,
}

/// A relocation as an architecture sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// ELF relocation number.
    pub r_type: u32,
    /// Offset of the place in its section.
    pub offset: usize,
    /// A; for REL inputs already read from the place by [`RelocRules::implicit_addend`].
    pub addend: i64,
}

/// A relocation once addresses are known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FinalSite {
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
pub(crate) struct BranchTarget {
    /// S + A (or L + A), with the architecture's mode bit (ARM: bit 0 set means Thumb).
    pub addr: u64,
    /// STT_FUNC or STT_GNU_IFUNC: the mode bit is valid.
    pub is_function: bool,
}

/// The kind of thunk that a branch needs, as a number of the architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ThunkForm(pub u8);

/// A symbol that a thunk or PLT section must define so that disassemblers know the state
/// (ARM `$a`, `$t`, `$d`; AArch64 `$x`, `$d`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MappingSymbol {
    /// Offset in the thunk.
    pub offset: u32,
    /// `$x` and so on.
    pub name: &'static str,
}

/// Dynamic relocation numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DynamicTypes {
    /// `R_*_RELATIVE`
    pub relative: u32,
    /// `R_*_IRELATIVE`
    pub irelative: u32,
    /// S + A in a word.
    pub symbolic: u32,
    /// `R_*_GLOB_DAT`
    pub glob_dat: u32,
    /// `R_*_JUMP_SLOT`
    pub jump_slot: u32,
    /// `R_*_COPY`
    pub copy: u32,
    /// `R_*_DTPMOD*`
    pub tls_module: u32,
    /// `R_*_DTPOFF*`, `R_*_DTPREL*`
    pub tls_offset: u32,
    /// `R_*_TPOFF*`, `R_*_TPREL*`
    pub tp_offset: u32,
    /// `R_*_TLSDESC`
    pub tls_descriptor: u32,
    /// The psABI's dynamic tables use RELA (else REL).
    pub rela: bool,
}

/// The shape of the PLT through which other files' functions are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PltForm {
    /// Bytes of the code that calls the dynamic linker.
    pub header: usize,
    /// Bytes of an entry.
    pub entry: usize,
    /// Words at the beginning of `.got.plt` that are not slots.
    pub reserved: u64,
    /// Where the first call goes.
    pub first_call: FirstCall,
}

/// Where a slot leads before the dynamic linker has filled it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstCall {
    /// The beginning of the PLT.
    Header,
    /// Behind that many bytes of the entry.
    Entry(u64),
}

impl FirstCall {
    /// The address.
    pub(crate) fn of(self, header: u64, entry: u64) -> u64 {
        match self {
            FirstCall::Header => header,
            FirstCall::Entry(offset) => entry + offset,
        }
    }
}

/// How TLS offsets are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsVariant {
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

/// All machines that are known, those that can be linked for first.
fn all() -> impl Iterator<Item = &'static dyn Machine> {
    let known = known::KNOWN.iter().map(|known| known as &dyn Machine);
    MACHINES.iter().copied().chain(known)
}

/// The machine of that number.
pub(crate) fn machine(number: u16) -> Option<&'static dyn Machine> {
    all().find(|machine| machine.number() == number)
}

/// The instruction set for a link; `None` if the machine cannot be linked for.
pub(crate) fn open(number: u16, link: &Link<'_>) -> Option<Box<dyn Arch>> {
    machine(number)?.open(link)
}

/// The error for a machine that cannot be linked for.
pub(crate) fn unsupported(number: u16, is_64: bool) -> xsys_diag::Diagnostic {
    let options = MachineOptions::default();
    let classes = MACHINES.iter().flat_map(|machine| {
        let classes = [false, true].into_iter();
        let linked = classes.filter(|&is_64| machine.open(&Link::of(is_64, &options)).is_some());
        linked.filter_map(|is_64| machine.name(is_64))
    });
    let names: Vec<&str> = classes.collect();
    xsys_diag::Diagnostic::error(format!("cannot link for {}", machine_name(number, is_64)))
        .note(format!("supported architectures: {}", names.join(", ")))
}

/// The name of a machine, for messages.
pub(crate) fn machine_name(number: u16, is_64: bool) -> String {
    match machine(number).and_then(|machine| machine.name(is_64)) {
        Some(name) => name.to_owned(),
        None => format!("machine {number} ({} bits)", if is_64 { 64 } else { 32 }),
    }
}

/// The names of machines whose images may be big-endian.
pub(crate) fn big_endian_names() -> String {
    let machines = MACHINES.iter().filter(|m| m.links_big_endian());
    let names: Vec<&str> = machines.filter_map(|m| m.name(false)).collect();
    names.join(", ")
}

/// The emulation of that name (`-m`).
pub(crate) fn emulation(name: &str) -> Option<Emulation> {
    all().find_map(|machine| {
        let variant = machine.emulations().iter().find(|v| v.name == name)?;
        Some(of_machine(machine, variant))
    })
}

fn of_machine(machine: &dyn Machine, variant: &Variant) -> Emulation {
    Emulation {
        name: variant.name,
        machine: machine.number(),
        is_64: variant.is_64,
        big_endian: variant.big_endian,
    }
}

/// The names of the emulations that can be linked for.
pub(crate) fn linked_emulations() -> impl Iterator<Item = &'static str> {
    let options = MachineOptions::default();
    MACHINES.iter().flat_map(move |machine| {
        let linked = |variant: &&Variant| {
            machine.open(&Link::of(variant.is_64, &options)).is_some()
                && (machine.links_big_endian() || !variant.big_endian)
        };
        let names = machine.emulations().iter().filter(linked).map(|v| v.name);
        names.collect::<Vec<_>>()
    })
}

/// The format of that name (OUTPUT_FORMAT, TARGET).
pub(crate) fn format(name: &str) -> Option<Emulation> {
    all().find_map(|machine| {
        let variant = machine.formats().iter().find(|v| v.name == name)?;
        Some(of_machine(machine, variant))
    })
}

/// The names of the formats of a machine's class.
pub(crate) fn format_names(number: u16, is_64: bool) -> impl Iterator<Item = &'static str> {
    let formats = machine(number).map_or(&[][..], |machine| machine.formats());
    let of = formats.iter().filter(move |v| v.is_64 == is_64);
    of.map(|v| v.name)
}

/// The machine that a name of OUTPUT_ARCH stands for, and its class if the name tells; `None` for names that
/// are not known.
pub(crate) fn architecture(name: &str) -> Option<(u16, Option<bool>)> {
    all().find_map(|machine| Some((machine.number(), machine.architecture(name)?)))
}

/// What `-mmcu=NAME` means to the machines whose devices are chosen by name.
pub(crate) fn device(name: &str) -> Device {
    let answers = MACHINES.iter().map(|machine| machine.device(name));
    let mut own = answers.filter(|answer| !matches!(answer, Device::Foreign));
    own.next().unwrap_or(Device::Foreign)
}

/// The machine whose build attributes a section holds (SHT_ARM_ATTRIBUTES, SHT_RISCV_ATTRIBUTES …).
pub(crate) fn attributes_of(section: &Section<'_>) -> Option<&'static dyn Machine> {
    if section.sh_type != super::consts::SHT_ATTRIBUTES {
        return None;
    }
    let named = |machine: &&dyn Machine| {
        let own = machine.attributes_section();
        own.is_some_and(|own| own.as_bytes() == section.name)
    };
    MACHINES.iter().copied().find(named)
}

/// [`Machine::mode_bit`] of a machine's functions.
pub(crate) fn mode_bit(number: u16) -> u64 {
    machine(number).map_or(0, Machine::mode_bit)
}

/// Names of segment types that PHDRS takes on some machine.
pub(crate) fn segment_types() -> impl Iterator<Item = &'static (&'static str, u32)> {
    MACHINES.iter().flat_map(|machine| machine.segment_types())
}
