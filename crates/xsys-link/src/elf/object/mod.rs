//! An ELF relocatable object, read without copying.
//!
//! Problem: objects come in two classes and two byte orders, hold hundreds of thousands of symbols
//! and relocations, and may be truncated or hostile. This module checks the outline once (header,
//! section table, symbol table, relocation tables) and keeps borrowed tables that decode one entry
//! at a time, so that nothing is copied and no later pass is generic over the class.
//!
//! Spec: System V gABI, chapters "ELF Header", "Sections", "Symbol Table", "Relocation".

pub(crate) mod eh_frame;
pub(crate) mod exidx;
mod read;
mod relocs;
pub(crate) mod shared;
mod symbols;

use std::fmt;
use std::path::Path;

use object::Endianness;
use object::elf;

pub(crate) use relocs::{Reloc, RelocTable};
pub(crate) use symbols::{ElfSymbol, SymbolPlace, SymbolTable};

/// Who an object is: a file, or a member of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ObjectName<'a> {
    /// The file on disk.
    pub path: &'a Path,
    /// The archive member, if `path` is an archive.
    pub member: Option<&'a str>,
}

impl fmt::Display for ObjectName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.member {
            Some(member) => write!(f, "{}({member})", self.path.display()),
            None => write!(f, "{}", self.path.display()),
        }
    }
}

/// Why an object cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ObjectError {
    /// Something points outside the file or contradicts itself.
    #[error("`{file}` is damaged: {what}")]
    Damaged { file: String, what: String },
    /// It is an ELF file, but not a relocatable one.
    #[error("`{file}` is {kind}, not a relocatable object")]
    NotRelocatable { file: String, kind: &'static str },
}

/// A relocatable object file.
pub(crate) struct ObjectFile<'a> {
    /// Who it is.
    pub name: ObjectName<'a>,
    /// `e_machine`
    pub machine: u16,
    /// ELFCLASS64.
    pub is_64: bool,
    /// Byte order.
    pub endian: Endianness,
    /// `e_flags`
    pub e_flags: u32,
    /// All sections; the index is ELF's.
    pub sections: Vec<Section<'a>>,
    /// The symbol table.
    pub symbols: SymbolTable<'a>,
    /// Index of the first global symbol (`sh_info` of the symbol table).
    pub first_global: usize,
    /// Section groups.
    pub groups: Vec<Group<'a>>,
    /// Some sections are compressed.
    pub compressed: bool,
}

/// A section as it stands in the file, with its relocations attached.
#[derive(Clone)]
pub(crate) struct Section<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// `sh_type`
    pub sh_type: u32,
    /// `sh_flags`
    pub flags: u64,
    /// `sh_size` in bytes
    pub size: u64,
    /// `sh_addralign`, at least 1
    pub align: u64,
    /// `sh_entsize`
    pub entsize: u64,
    /// `sh_link`
    pub link: u32,
    /// The contents; empty for SHT_NOBITS.
    pub data: &'a [u8],
    /// The relocations that apply to it.
    pub relocs: RelocTable<'a>,
}

/// A section group: its members are kept or dropped together.
pub(crate) struct Group<'a> {
    /// GRP_COMDAT: one of all groups with the same signature is kept.
    pub comdat: bool,
    /// The name of the signature symbol.
    pub signature: &'a [u8],
    /// Index of the signature symbol.
    pub symbol: u32,
    /// ELF indexes of the member sections.
    pub members: Vec<u32>,
}

/// Whether a section has to be expanded before it can be read.
pub(crate) fn is_compressed(section: &Section<'_>) -> bool {
    section.flags & elf::SHF_COMPRESSED.0 != 0 || is_old(section)
}

pub(crate) fn is_old(section: &Section<'_>) -> bool {
    section.name.starts_with(b".zdebug_") && section.data.starts_with(OLD)
}

/// The beginning of an old compressed section, before the size.
pub(crate) const OLD: &[u8] = b"ZLIB";
