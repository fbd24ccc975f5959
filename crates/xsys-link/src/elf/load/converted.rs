//! Inputs that are turned into objects: data (`--format=binary`) and linked images of which only
//! the symbols are used (`--just-symbols`).
//!
//! Data becomes an object with one `.data` section and the three symbols that GNU ld names after the
//! file. An image becomes an object without sections and with absolute symbols, such as those of a
//! boot loader or a ROM that a program calls.
//!
//! Spec: GNU ld manual, `--format`, "BFD" (`_binary_FILE_start`), `--just-symbols`.

use std::path::PathBuf;

use object::{Endianness, elf, pod};
use xsys_diag::Diagnostic;

use crate::elf::arch::ANY_MACHINE;
use crate::elf::object::{ObjectFile, ObjectName, RelocTable, Section, SymbolTable};
use crate::input::map::{FileStore, InputFile};

/// A file's bytes as an object.
pub(crate) fn data<'a>(file: &'a InputFile, store: &'a FileStore) -> ObjectFile<'a> {
    let bytes = file.bytes();
    let stem: String = file
        .path
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let mut strings = vec![0u8];
    let mut symbols = vec![0u8; 24];
    let size = bytes.len() as u64;
    let absolute = elf::SHN_ABS.0;
    for (suffix, section, value) in [("start", 1, 0), ("end", 1, size), ("size", absolute, size)] {
        let name = strings.len() as u32;
        strings.extend_from_slice(format!("_binary_{stem}_{suffix}\0").as_bytes());
        symbols.extend(symbol(name, section, value));
    }
    let keep = |what: &str, bytes: Vec<u8>| {
        let path = PathBuf::from(format!("{} ({what})", file.path.display()));
        store.add(InputFile::from_bytes(path, bytes)).bytes()
    };
    let raw = pod::slice_from_all_bytes(keep("symbols", symbols)).unwrap_or_default();
    let none = Section {
        name: b"",
        sh_type: elf::SHT_NULL.0,
        flags: 0,
        size: 0,
        align: 1,
        entsize: 0,
        link: 0,
        data: &[],
        relocs: RelocTable::EMPTY,
    };
    let contents = Section {
        name: b".data",
        sh_type: elf::SHT_PROGBITS.0,
        flags: elf::SHF_ALLOC.0 | elf::SHF_WRITE.0,
        size,
        align: 8,
        data: bytes,
        ..none.clone()
    };
    ObjectFile {
        name: ObjectName {
            path: &file.path,
            member: None,
        },
        machine: ANY_MACHINE,
        is_64: true,
        endian: Endianness::Little,
        e_flags: 0,
        sections: vec![none, contents],
        symbols: SymbolTable::made(raw, keep("names", strings)),
        first_global: 1,
        groups: Vec::new(),
        compressed: false,
    }
}

/// A global symbol's entry (gABI, Elf64_Sym).
fn symbol(name: u32, section: u16, value: u64) -> Vec<u8> {
    let mut out = name.to_le_bytes().to_vec();
    out.extend([elf::STB_GLOBAL.0 << 4, elf::STV_DEFAULT.0]);
    out.extend(section.to_le_bytes());
    out.extend(value.to_le_bytes());
    out.extend(0u64.to_le_bytes());
    out
}

/// An image's symbols as an object.
///
/// # Errors
/// The file is not an ELF image with a symbol table.
pub(crate) fn just_symbols(file: &InputFile) -> Result<ObjectFile<'_>, Diagnostic> {
    let name = ObjectName {
        path: &file.path,
        member: None,
    };
    ObjectFile::parse_symbols(name, file.bytes()).map_err(|error| {
        Diagnostic::error(error.to_string())
            .help("`--just-symbols` takes an ELF image that still has its symbols")
    })
}
