//! What is known of a machine before a link begins, and how its [`Arch`] is made.
//!
//! Names of emulations (`-m`), formats (OUTPUT_FORMAT, TARGET) and architectures (OUTPUT_ARCH) are GNU ld's
//! (`ld/configure.tgt`, `bfd/targets.c`, `bfd/archures.c`). Machines that cannot be linked for have names, too,
//! for messages.

use object::Endianness;
use xsys_diag::Diagnostic;

use super::attributes::Conflict;
use super::{Arch, MachineOptions};

/// A machine (`EM_*`) with all its classes and byte orders.
pub(crate) trait Machine: Sync {
    /// `EM_*`
    fn number(&self) -> u16;
    /// What messages call it; `None` for a number.
    fn name(&self, is_64: bool) -> Option<&'static str>;
    /// What `-m` takes.
    fn emulations(&self) -> &'static [Variant] {
        &[]
    }
    /// What OUTPUT_FORMAT and TARGET take, by name.
    fn formats(&self) -> &'static [Variant] {
        &[]
    }
    /// Whether OUTPUT_ARCH means this machine by that name: then the class, if the name tells.
    fn architecture(&self, _name: &str) -> Option<Option<bool>> {
        None
    }

    /// The instruction set for a link; `None` if the machine cannot be linked for.
    fn open(&self, _link: &Link<'_>) -> Option<Box<dyn Arch>> {
        None
    }
    /// Images may be big-endian.
    fn links_big_endian(&self) -> bool {
        false
    }
    /// Reports byte order, core and options that do not fit each other in an image.
    fn check(&self, _link: &Link<'_>, _diagnostics: &mut Vec<Diagnostic>) {}
    /// The section of build attributes.
    fn attributes_section(&self) -> Option<&'static str> {
        None
    }
    /// Merges build attributes (file, contents).
    fn merge_attributes(
        &self,
        _inputs: &[(&str, &[u8])],
        _options: &MachineOptions,
    ) -> (Vec<u8>, Vec<Conflict>) {
        Default::default()
    }
    /// Names and contents of objects that every program needs and that may be missing: start code, compiler
    /// helpers. They are linked like members of an archive.
    fn runtime(&self, _options: &MachineOptions) -> Vec<(String, Vec<u8>)> {
        Vec::new()
    }
    /// A built-in layout of the machine's own.
    fn layout(&self, _options: &MachineOptions) -> Option<String> {
        None
    }
    /// The bit of a function's address that says in which state it runs (Thumb), not where it is.
    fn mode_bit(&self) -> u64 {
        0
    }
    /// What `-mmcu=NAME` means.
    fn device(&self, _name: &str) -> Device {
        Device::Foreign
    }
    /// Marks of objects that are made for checks by the processor.
    fn feature_marks(&self) -> Option<&'static FeatureMarks> {
        None
    }
    /// Names of segment types that PHDRS takes.
    fn segment_types(&self) -> &'static [(&'static str, u32)] {
        &[]
    }
}

/// The property of objects that says for which checks of the processor they are made.
pub(crate) struct FeatureMarks {
    /// Its number (GNU_PROPERTY_…_FEATURE_1_AND).
    pub number: u32,
    /// Other properties have x86's numbers.
    pub x86_numbers: bool,
    /// Its bits.
    pub marks: &'static [FeatureMark],
}

/// One check.
pub(crate) struct FeatureMark {
    /// What the psABI calls it.
    pub name: &'static str,
    /// Its bit.
    pub bit: u32,
}

/// A name of a class and a byte order of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    /// The name.
    pub name: &'static str,
    /// ELFCLASS64
    pub is_64: bool,
    /// ELFDATA2MSB
    pub big_endian: bool,
}

/// A [`Variant`] of 32 or 64 bits, `b'L'` or `b'B'`.
pub(super) const fn variant(name: &'static str, bits: u8, order: u8) -> Variant {
    Variant {
        name,
        is_64: bits == 64,
        big_endian: order == b'B',
    }
}

/// What [`Machine::open`] needs to know of a link.
#[derive(Clone, Copy)]
pub(crate) struct Link<'l> {
    /// ELFCLASS64
    pub is_64: bool,
    /// The merged build attributes.
    pub attributes: Option<&'l [u8]>,
    /// The merged `e_flags`.
    pub e_flags: u32,
    /// The [`FeatureMarks`] that all objects have.
    pub features: u32,
    /// Byte order of the data.
    pub endian: Endianness,
    /// The image may be loaded anywhere.
    pub pic: bool,
    /// What the command line says.
    pub options: &'l MachineOptions,
}

impl<'l> Link<'l> {
    /// A link of which only the class is known.
    pub(crate) fn of(is_64: bool, options: &'l MachineOptions) -> Self {
        Self {
            is_64,
            attributes: None,
            e_flags: 0,
            features: 0,
            endian: Endianness::Little,
            pic: false,
            options,
        }
    }
}

/// What a device's name means for a machine.
pub(crate) enum Device {
    /// Devices are not chosen by name here.
    Foreign,
    /// This one.
    Known(&'static str),
    /// It is a family of devices, so nothing is known about memories.
    Family,
    /// It is not known.
    Unknown(Diagnostic),
}
