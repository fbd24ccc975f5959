//! Common symbols that something else defines, too.
//!
//! Problem: `int x;` of old C and Fortran's COMMON blocks ask for memory without a definition, and the definition may
//! be in an archive, where nothing refers to it otherwise. Such a member is linked, as GNU ld and mold do it, wherever
//! the archive stands (`--fortran-common`); a member that has only a common symbol of the name is not.
//!
//! Spec: gABI "Symbol Table", STT_COMMON and SHN_COMMON; GNU ld manual, `--warn-common`.

use xsys_diag::Diagnostic;

use crate::elf::load::LazyMember;
use crate::elf::object::{ObjectName, SymbolPlace};

/// Whether an archive member defines a name, and not only as a common symbol. One that cannot be read does not: if it
/// is needed, it is reported then.
pub(super) fn defines(member: &LazyMember<'_>, name: &[u8]) -> bool {
    let Some(object) = member.outline() else {
        return false;
    };
    (object.first_global..object.symbols.len()).any(|index| {
        let entry = object.symbols.get(index);
        !matches!(entry.place, SymbolPlace::Undefined | SymbolPlace::Common)
            && object.symbols.name(&entry) == name
    })
}

/// `--warn-common`: a common symbol met another definition of its name, in another file.
pub(super) fn warning(name: &[u8], files: [&ObjectName<'_>; 2]) -> Diagnostic {
    let name = crate::elf::names::demangle(name);
    Diagnostic::warning(format!("common symbol `{name}` has several definitions"))
        .note(format!("one is in {}", files[0]))
        .note(format!("another one is in {}", files[1]))
        .help("define it in one file, and declare it `extern` in the others")
}
