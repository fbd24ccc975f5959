//! Programs for an operating system that lack start code: found after the link, before they are run.
//!
//! Our own linker refuses an image whose entry is undefined. The platform's linkers only warn, and rustc hides that:
//! `-nostartfiles` without a `_start` gives a program that begins at address 0, or wherever its code happens to begin,
//! and ends in a segmentation fault.
//!
//! Spec: gABI, "ELF Header" (`e_entry`: zero means no entry) and "Program Interpreter".

use std::path::Path;

use object::read::elf::{FileHeader, ProgramHeader};
use object::{FileKind, Object, ObjectSymbol, elf};
use xsys_diag::Diagnostic;

/// Refuses a dynamic program without start code.
pub(super) fn check(path: &Path, content: &[u8]) -> Result<(), Diagnostic> {
    let asks_for_loader = match FileKind::parse(content) {
        Ok(FileKind::Elf32) => has_interpreter::<elf::FileHeader32<object::Endianness>>(content),
        Ok(FileKind::Elf64) => has_interpreter::<elf::FileHeader64<object::Endianness>>(content),
        _ => false,
    };
    if !asks_for_loader || starts(content) {
        return Ok(());
    }
    Err(Diagnostic::error(format!("`{}` has no start code", path.display()))
        .note("nothing defines `_start`, which calls `main` with the program's arguments: the system would jump to an address where no program begins")
        .help("leave out what keeps the C library's start code (`crt1.o`) away: `-nostartfiles` and `-nostdlib` among the arguments for the linker")
        .help("or define it: `#[unsafe(no_mangle)] extern \"C\" fn _start() -> !`, in a program that is `#![no_main]`"))
}

fn has_interpreter<H: FileHeader<Endian = object::Endianness>>(content: &[u8]) -> bool {
    let Ok(header) = H::parse(content) else {
        return false;
    };
    let Ok(endian) = header.endian() else {
        return false;
    };
    let segments = header.program_headers(endian, content).unwrap_or_default();
    segments
        .iter()
        .any(|segment| segment.p_type(endian) == elf::PT_INTERP)
}

/// Whether a symbol is at the entry.
fn starts(content: &[u8]) -> bool {
    let Ok(file) = object::File::parse(content) else {
        return true;
    };
    if file.entry() == 0 {
        return false;
    }
    // A stripped program cannot be checked.
    let mut symbols = file
        .symbols()
        .filter(|symbol| symbol.is_definition())
        .peekable();
    if symbols.peek().is_none() {
        return true;
    }
    // Linkers that find no entry use the first function. `main` is not an entry.
    symbols.any(|symbol| {
        let name = symbol.name().unwrap_or_default();
        name == "_start"
            || symbol.is_global() && symbol.address() & !1 == file.entry() & !1 && name != "main"
    })
}
