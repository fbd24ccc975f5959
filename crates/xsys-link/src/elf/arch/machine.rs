//! A machine as a whole: what is known of it before a link begins, and what makes its [`Arch`].
//!
//! Names of emulations (`-m`), formats (OUTPUT_FORMAT, TARGET) and architectures (OUTPUT_ARCH) are GNU ld's
//! (`ld/configure.tgt`, `bfd/targets.c`, `bfd/archures.c`). A machine may be known by its names only, so that
//! it can be said which one is not linked for.

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

    /// The instruction set of a link; `None` where there is no linking for it.
    fn open(&self, _link: &Link<'_>) -> Option<Box<dyn Arch>> {
        None
    }
    /// Images may be big-endian.
    fn links_big_endian(&self) -> bool {
        false
    }
    /// Says what in a link of an image does not go together: byte order, core, options.
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
    /// Objects that belong to every program where nobody else brings them: start code, compiler helpers.
    /// Names and contents.
    fn runtime(&self, _options: &MachineOptions) -> Vec<(String, Vec<u8>)> {
        Vec::new()
    }
    /// A built-in layout of the machine's own.
    fn layout(&self, _options: &MachineOptions) -> Option<String> {
        None
    }
    /// The bit of a function's address that says how it runs, and not where it is.
    fn mode_bit(&self) -> u64 {
        0
    }
    /// What `-mmcu=NAME` means.
    fn device(&self, _name: &str) -> Device {
        Device::Foreign
    }
    /// Names of segment types that PHDRS takes.
    fn segment_types(&self) -> &'static [(&'static str, u32)] {
        &[]
    }
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

/// What [`Machine::open`] may know of a link.
#[derive(Clone, Copy)]
pub(crate) struct Link<'l> {
    /// ELFCLASS64
    pub is_64: bool,
    /// The merged build attributes.
    pub attributes: Option<&'l [u8]>,
    /// The merged `e_flags`.
    pub e_flags: u32,
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
    /// A family of devices: says nothing about one.
    Family,
    /// It is not known.
    Unknown(Diagnostic),
}
