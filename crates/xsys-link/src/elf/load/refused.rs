//! Objects that are whole and yet cannot be linked.
//!
//! Problem: an object that holds only GCC's intermediate code looks like an empty one, and the program would lack its
//! functions without a word. A section whose type nobody here knows may need more than to be copied.
//!
//! Spec: gABI "Sections" (`sh_type`, SHF_OS_NONCONFORMING); types as lld refuses them. GCC's `lto-streamer.h` on slim
//! objects.

use object::elf;
use xsys_diag::Diagnostic;

use crate::elf::object::{ObjectFile, Section};

/// The last type of section that the gABI gives objects.
const LAST_GENERAL: u32 = elf::SHT_SYMTAB_SHNDX.0;
/// SHF_OS_NONCONFORMING
const NONCONFORMING: u64 = 0x100;

/// Why an object cannot be linked, if so.
pub(super) fn refusal(object: &ObjectFile<'_>) -> Option<Diagnostic> {
    let mut intermediate = false;
    for section in &object.sections {
        if is_unknown(section) {
            return Some(unknown(object, section));
        }
        intermediate |= section.name.starts_with(b".gnu.lto_");
    }
    (intermediate && is_slim(object)).then(|| {
        Diagnostic::error(format!(
            "cannot link `{}`: it is GCC's intermediate code",
            object.name
        ))
        .help("compile it without `-flto`, or with `-ffat-lto-objects`")
    })
}

/// Whether all of an object's code is intermediate; others have machine code beside it.
fn is_slim(object: &ObjectFile<'_>) -> bool {
    let symbols = &object.symbols;
    (object.first_global..symbols.len())
        .any(|index| symbols.name(&symbols.get(index)) == b"__gnu_lto_slim")
}

fn is_unknown(section: &Section<'_>) -> bool {
    match section.sh_type {
        // Reserved by the gABI.
        12 | 13 => true,
        ..=LAST_GENERAL => false,
        0x6000_0000..=0x6fff_ffff => section.flags & NONCONFORMING != 0,
        // The machine's: what the linker has to know is known where it is used.
        0x7000_0000..=0x7fff_ffff => false,
        // Programs' own are for tools that read files.
        0x8000_0000.. => section.flags & elf::SHF_ALLOC.0 != 0,
        _ => true,
    }
}

fn unknown(object: &ObjectFile<'_>, section: &Section<'_>) -> Diagnostic {
    Diagnostic::error(format!(
        "section `{}` of `{}` has the type {:#x}, which the linker does not know",
        String::from_utf8_lossy(section.name),
        object.name,
        section.sh_type
    ))
}
