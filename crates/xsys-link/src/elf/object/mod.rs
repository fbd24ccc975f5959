//! An ELF relocatable object, read without copying.
//!
//! Problem: objects come in two classes and two byte orders, hold hundreds of thousands of symbols
//! and relocations, and may be truncated or hostile. This module checks the outline once (header,
//! section table, symbol table, relocation tables) and keeps borrowed tables that decode one entry
//! at a time, so that nothing is copied and no later pass is generic over the class.
//!
//! Spec: System V gABI, chapters "ELF Header", "Sections", "Symbol Table", "Relocation".

pub(crate) mod eh_frame;

use std::fmt;
use std::path::Path;

use object::Endianness;
use object::elf;
use object::read::elf::{FileHeader, Rel as _, Rela as _, SectionHeader as _, Sym as _};

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

/// A section group: its members live and die together.
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

/// One symbol table entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ElfSymbol {
    name: u32,
    /// `st_value`
    pub value: u64,
    /// `st_size`
    pub size: u64,
    /// `st_info`
    pub info: u8,
    /// `st_other`
    pub other: u8,
    /// `st_shndx`, with SHN_XINDEX resolved; reserved values stay above 0xff00 as the gABI has them.
    pub place: SymbolPlace,
}

/// Where a symbol is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SymbolPlace {
    /// SHN_UNDEF
    Undefined,
    /// SHN_ABS
    Absolute,
    /// SHN_COMMON
    Common,
    /// A section of the same file.
    Section(u32),
}

impl ElfSymbol {
    /// The null symbol.
    pub(crate) const UNDEFINED: Self = Self {
        name: 0,
        value: 0,
        size: 0,
        info: 0,
        other: 0,
        place: SymbolPlace::Undefined,
    };

    /// STB_*
    pub(crate) fn binding(&self) -> u8 {
        self.info >> 4
    }
    /// STT_*
    pub(crate) fn kind(&self) -> u8 {
        self.info & 0xf
    }
    /// STV_*
    pub(crate) fn visibility(&self) -> u8 {
        self.other & 3
    }
    /// STB_WEAK
    pub(crate) fn is_weak(&self) -> bool {
        self.binding() == elf::STB_WEAK.0
    }
}

#[derive(Clone, Copy)]
enum RawSymbols<'a> {
    Elf32(&'a [elf::Sym32<Endianness>]),
    Elf64(&'a [elf::Sym64<Endianness>]),
}

/// The symbol table, decoded an entry at a time.
#[derive(Clone, Copy)]
pub(crate) struct SymbolTable<'a> {
    raw: RawSymbols<'a>,
    strings: &'a [u8],
    extended: &'a [object::U32<Endianness>],
    endian: Endianness,
    /// Definitions are addresses: the file is linked already.
    absolute: bool,
}

impl<'a> SymbolTable<'a> {
    /// A table that was made for this link.
    pub(crate) fn made(table: &'a [elf::Sym64<Endianness>], strings: &'a [u8]) -> Self {
        Self {
            raw: RawSymbols::Elf64(table),
            strings,
            extended: &[],
            endian: Endianness::Little,
            absolute: false,
        }
    }

    /// The global symbols of a linked file, as addresses.
    fn addresses(mut self, first_global: usize) -> Self {
        // Entry 0 is the null symbol, whatever it holds.
        let from = first_global.saturating_sub(1);
        self.raw = match self.raw {
            RawSymbols::Elf32(table) => RawSymbols::Elf32(table.get(from..).unwrap_or_default()),
            RawSymbols::Elf64(table) => RawSymbols::Elf64(table.get(from..).unwrap_or_default()),
        };
        (self.absolute, self.extended) = (true, &[]);
        self
    }

    /// Number of entries, the null symbol included.
    pub(crate) fn len(&self) -> usize {
        match self.raw {
            RawSymbols::Elf32(table) => table.len(),
            RawSymbols::Elf64(table) => table.len(),
        }
    }

    /// The entry at `index`; an undefined nameless symbol if the index is out of range.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> ElfSymbol {
        let endian = self.endian;
        let decoded = match self.raw {
            RawSymbols::Elf32(table) => table.get(index).map(|s| {
                (
                    s.st_name(endian),
                    u64::from(s.st_value(endian)),
                    u64::from(s.st_size(endian)),
                    s.st_info(),
                    s.st_other(),
                    s.st_shndx(endian),
                )
            }),
            RawSymbols::Elf64(table) => table.get(index).map(|s| {
                (
                    s.st_name(endian),
                    s.st_value(endian),
                    s.st_size(endian),
                    s.st_info(),
                    s.st_other(),
                    s.st_shndx(endian),
                )
            }),
        };
        let Some((name, value, size, info, other, shndx)) = decoded else {
            return ElfSymbol::UNDEFINED;
        };
        let place = match shndx {
            elf::SHN_UNDEF => SymbolPlace::Undefined,
            _ if self.absolute => SymbolPlace::Absolute,
            elf::SHN_ABS => SymbolPlace::Absolute,
            elf::SHN_COMMON => SymbolPlace::Common,
            elf::SHN_XINDEX => {
                SymbolPlace::Section(self.extended.get(index).map_or(u32::MAX, |x| x.get(endian)))
            }
            index => SymbolPlace::Section(u32::from(index.0)),
        };
        ElfSymbol {
            name,
            value,
            size,
            info: info.0,
            other: other.0,
            place,
        }
    }

    /// A symbol's name; empty if its offset is out of range.
    #[inline]
    pub(crate) fn name(&self, symbol: &ElfSymbol) -> &'a [u8] {
        c_string(self.strings, symbol.name as usize).unwrap_or_default()
    }
}

/// One relocation; `addend` is `None` for REL tables (it stands at the place).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reloc {
    /// Offset in the section.
    pub offset: u64,
    /// Relocation number.
    pub r_type: u32,
    /// Index in the file's symbol table.
    pub symbol: u32,
    /// The explicit addend.
    pub addend: Option<i64>,
}

/// A relocation table, decoded an entry at a time.
#[derive(Clone, Copy)]
pub(crate) struct RelocTable<'a> {
    raw: RawRelocs<'a>,
    endian: Endianness,
}

#[derive(Clone, Copy)]
enum RawRelocs<'a> {
    None,
    Rel32(&'a [elf::Rel32<Endianness>]),
    Rela32(&'a [elf::Rela32<Endianness>]),
    Rel64(&'a [elf::Rel64<Endianness>]),
    Rela64(&'a [elf::Rela64<Endianness>]),
}

impl<'a> RelocTable<'a> {
    /// A table without entries.
    pub(crate) const EMPTY: Self = Self {
        raw: RawRelocs::None,
        endian: Endianness::Little,
    };

    /// Number of entries.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self.raw {
            RawRelocs::None => 0,
            RawRelocs::Rel32(table) => table.len(),
            RawRelocs::Rela32(table) => table.len(),
            RawRelocs::Rel64(table) => table.len(),
            RawRelocs::Rela64(table) => table.len(),
        }
    }

    /// No entries.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Addends stand in the table, not at the places.
    pub(crate) fn has_addends(&self) -> bool {
        matches!(self.raw, RawRelocs::Rela32(_) | RawRelocs::Rela64(_))
    }

    /// The entry at `index`, which must be below [`len`](Self::len).
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Reloc {
        let endian = self.endian;
        match self.raw {
            RawRelocs::None => Reloc {
                offset: 0,
                r_type: 0,
                symbol: 0,
                addend: None,
            },
            RawRelocs::Rel32(table) => {
                let r = &table[index];
                Reloc {
                    offset: u64::from(r.r_offset(endian)),
                    r_type: r.r_type(endian).0,
                    symbol: r.r_sym(endian),
                    addend: None,
                }
            }
            RawRelocs::Rela32(table) => {
                let r = &table[index];
                Reloc {
                    offset: u64::from(r.r_offset(endian)),
                    r_type: r.r_type(endian).0,
                    symbol: r.r_sym(endian),
                    addend: Some(i64::from(r.r_addend(endian))),
                }
            }
            RawRelocs::Rel64(table) => {
                let r = &table[index];
                Reloc {
                    offset: r.r_offset(endian),
                    r_type: r.r_type(endian).0,
                    symbol: r.r_sym(endian),
                    addend: None,
                }
            }
            RawRelocs::Rela64(table) => {
                let r = &table[index];
                Reloc {
                    offset: r.r_offset(endian),
                    r_type: r.r_type(endian, false).0,
                    symbol: r.r_sym(endian, false),
                    addend: Some(r.r_addend(endian)),
                }
            }
        }
    }

    /// All entries in file order.
    #[inline]
    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = Reloc> + 'a {
        (0..self.len()).map(move |index| self.get(index))
    }
}

impl<'a> ObjectFile<'a> {
    /// Reads the outline of a relocatable object; contents stay where they are.
    pub(crate) fn parse(name: ObjectName<'a>, data: &'a [u8]) -> Result<Self, ObjectError> {
        let class = data.get(4).copied().unwrap_or(0);
        if class == elf::ELFCLASS64.0 {
            parse::<elf::FileHeader64<Endianness>>(name, data)
        } else {
            parse::<elf::FileHeader32<Endianness>>(name, data)
        }
    }

    /// Reads only the symbols of an image; their values are addresses.
    pub(crate) fn parse_symbols(name: ObjectName<'a>, data: &'a [u8]) -> Result<Self, ObjectError> {
        let class = data.get(4).copied().unwrap_or(0);
        let mut file = if class == elf::ELFCLASS64.0 {
            parse_any::<elf::FileHeader64<Endianness>>(name, data)?
        } else {
            parse_any::<elf::FileHeader32<Endianness>>(name, data)?
        };
        file.symbols = file.symbols.addresses(file.first_global);
        file.first_global = file.symbols.len().min(1);
        file.sections.clear();
        file.groups.clear();
        Ok(file)
    }
}

fn parse<'a, H: ClassTables<'a>>(
    name: ObjectName<'a>,
    data: &'a [u8],
) -> Result<ObjectFile<'a>, ObjectError> {
    let e_type = H::parse(data)
        .and_then(|header| Ok(header.e_type(header.endian()?)))
        .ok();
    let kind = match e_type {
        // What cannot be read at all is told by who reads it.
        None | Some(elf::ET_REL) => None,
        Some(elf::ET_EXEC) => Some("an executable"),
        Some(elf::ET_DYN) => Some("a shared object or position-independent executable"),
        Some(elf::ET_CORE) => Some("a core file"),
        Some(_) => Some("of an unknown ELF type"),
    };
    if let Some(kind) = kind {
        return Err(ObjectError::NotRelocatable {
            file: name.to_string(),
            kind,
        });
    }
    parse_any::<H>(name, data)
}

fn parse_any<'a, H: ClassTables<'a>>(
    name: ObjectName<'a>,
    data: &'a [u8],
) -> Result<ObjectFile<'a>, ObjectError> {
    let damaged = |what: String| ObjectError::Damaged {
        file: name.to_string(),
        what,
    };
    let header = H::parse(data).map_err(|_| {
        damaged(format!(
            "the ELF header does not fit into its {} bytes",
            data.len()
        ))
    })?;
    let endian = header
        .endian()
        .map_err(|_| damaged("the ELF header names no known byte order".into()))?;
    let table = header.section_headers(endian, data).map_err(|_| {
        let at: u64 = header.e_shoff(endian).into();
        damaged(format!(
            "the section table at {at:#x} ends outside the file of {:#x} bytes",
            data.len()
        ))
    })?;
    let names = match table.get(header.shstrndx(endian, data).unwrap_or(0) as usize) {
        Some(section) => section.data(endian, data).unwrap_or_default(),
        None => &[],
    };

    let mut sections = Vec::with_capacity(table.len());
    for (index, raw) in table.iter().enumerate() {
        let section_name = c_string(names, raw.sh_name(endian) as usize).ok_or_else(|| {
            damaged(format!(
                "section {index} has a name outside the string table"
            ))
        })?;
        let size: u64 = raw.sh_size(endian).into();
        let contents = raw.data(endian, data).map_err(|_| {
            let at: u64 = raw.sh_offset(endian).into();
            let name = String::from_utf8_lossy(section_name);
            damaged(format!(
                "section `{name}` ({size:#x} bytes at {at:#x}) ends outside the file of {:#x} bytes",
                data.len()
            ))
        })?;
        let align: u64 = raw.sh_addralign(endian).into();
        if align > 1 && !align.is_power_of_two() {
            let name = String::from_utf8_lossy(section_name);
            return Err(damaged(format!(
                "section `{name}` has alignment {align:#x}, which is not a power of two"
            )));
        }
        sections.push(Section {
            name: section_name,
            sh_type: raw.sh_type(endian).0,
            flags: raw.sh_flags(endian).0,
            size,
            align: align.max(1),
            entsize: raw.sh_entsize(endian).into(),
            link: raw.sh_link(endian),
            data: contents,
            relocs: RelocTable::EMPTY,
        });
    }
    attach_relocations::<H>(&mut sections, table, endian, data, &damaged)?;

    let (symbols, first_global) = symbol_table::<H>(&sections, table, endian, data, &damaged)?;
    let mut file = ObjectFile {
        name,
        machine: header.e_machine(endian).0,
        is_64: H::IS_64,
        endian,
        e_flags: header.e_flags(endian).0,
        symbols,
        first_global,
        compressed: sections.iter().any(self::is_compressed),
        sections,
        groups: Vec::new(),
    };
    file.groups = groups::<H>(&file, table, endian, &damaged)?;
    Ok(file)
}

fn attach_relocations<'a, H: ClassTables<'a>>(
    sections: &mut [Section<'a>],
    table: &'a [H::SectionHeader],
    endian: Endianness,
    data: &'a [u8],
    damaged: &dyn Fn(String) -> ObjectError,
) -> Result<(), ObjectError> {
    for (index, raw) in table.iter().enumerate() {
        let sh_type = raw.sh_type(endian);
        if sh_type != elf::SHT_REL && sh_type != elf::SHT_RELA {
            continue;
        }
        let relocs = H::relocs(raw, endian, data).ok_or_else(|| {
            damaged(format!(
                "relocation section {index} is not a whole number of entries"
            ))
        })?;
        let target = raw.sh_info(endian) as usize;
        match sections.get_mut(target) {
            Some(section) if target != 0 => {
                section.relocs = RelocTable {
                    raw: relocs,
                    endian,
                }
            }
            _ => {
                return Err(damaged(format!(
                    "relocation section {index} applies to section {target}, which does not exist"
                )));
            }
        }
    }
    Ok(())
}

fn symbol_table<'a, H: ClassTables<'a>>(
    sections: &[Section<'a>],
    table: &'a [H::SectionHeader],
    endian: Endianness,
    data: &'a [u8],
    damaged: &dyn Fn(String) -> ObjectError,
) -> Result<(SymbolTable<'a>, usize), ObjectError> {
    let Some(index) = sections.iter().position(|s| s.sh_type == elf::SHT_SYMTAB.0) else {
        let raw = H::no_symbols();
        return Ok((
            SymbolTable {
                raw,
                strings: &[],
                extended: &[],
                endian,
                absolute: false,
            },
            0,
        ));
    };
    let raw = H::symbols(&table[index], endian, data)
        .ok_or_else(|| damaged("the symbol table is not a whole number of entries".into()))?;
    let strings = sections
        .get(sections[index].link as usize)
        .map(|s| s.data)
        .ok_or_else(|| damaged("the symbol table's string table does not exist".into()))?;
    let extended = sections
        .iter()
        .find(|s| s.sh_type == elf::SHT_SYMTAB_SHNDX.0 && s.link as usize == index)
        .and_then(|s| object::pod::slice_from_all_bytes(s.data).ok())
        .unwrap_or_default();
    let symbols = SymbolTable {
        raw,
        strings,
        extended,
        endian,
        absolute: false,
    };
    let first_global = table[index].sh_info(endian) as usize;
    if first_global > symbols.len() {
        return Err(damaged(format!(
            "the symbol table says that its first global symbol is number {first_global}, but it has {} entries",
            symbols.len()
        )));
    }
    for symbol in 0..symbols.len() {
        if let SymbolPlace::Section(section) = symbols.get(symbol).place
            && section as usize >= sections.len()
            && section < u32::from(elf::SHN_LORESERVE)
        {
            return Err(damaged(format!(
                "symbol {symbol} is defined in section {section}, which does not exist"
            )));
        }
    }
    Ok((symbols, first_global))
}

fn groups<'a, H: ClassTables<'a>>(
    file: &ObjectFile<'a>,
    table: &'a [H::SectionHeader],
    endian: Endianness,
    damaged: &dyn Fn(String) -> ObjectError,
) -> Result<Vec<Group<'a>>, ObjectError> {
    let mut groups = Vec::new();
    for (section, raw) in file.sections.iter().zip(table) {
        if section.sh_type != elf::SHT_GROUP.0 {
            continue;
        }
        let words: &[object::U32<Endianness>] = object::pod::slice_from_all_bytes(section.data)
            .map_err(|_| damaged("a section group is not a whole number of words".into()))?;
        let Some((flag, members)) = words.split_first() else {
            return Err(damaged("a section group is empty".into()));
        };
        let symbol = file.symbols.get(raw.sh_info(endian) as usize);
        let mut signature = file.symbols.name(&symbol);
        if signature.is_empty()
            && let SymbolPlace::Section(index) = symbol.place
        {
            signature = file
                .sections
                .get(index as usize)
                .map_or(signature, |s| s.name);
        }
        groups.push(Group {
            comdat: flag.get(endian) & elf::GRP_COMDAT.0 != 0,
            signature,
            symbol: raw.sh_info(endian),
            members: members.iter().map(|m| m.get(endian)).collect(),
        });
    }
    Ok(groups)
}

/// The zero-terminated string at `offset`.
fn c_string(strings: &[u8], offset: usize) -> Option<&[u8]> {
    if offset == 0 && strings.is_empty() {
        return Some(&[]);
    }
    let tail = strings.get(offset..)?;
    // SIMD search pays: this is the hottest loop of symbol resolution.
    let end = memchr::memchr(0, tail)?;
    Some(&tail[..end])
}

/// The tables whose layout differs between the two ELF classes.
trait ClassTables<'a>: FileHeader<Endian = Endianness> {
    const IS_64: bool;
    fn no_symbols() -> RawSymbols<'a>;
    fn symbols(
        section: &Self::SectionHeader,
        endian: Endianness,
        data: &'a [u8],
    ) -> Option<RawSymbols<'a>>;
    fn relocs(
        section: &Self::SectionHeader,
        endian: Endianness,
        data: &'a [u8],
    ) -> Option<RawRelocs<'a>>;
}

macro_rules! class_tables {
    ($header:ident, $is_64:literal, $symbols:ident, $rel:ident, $rela:ident) => {
        impl<'a> ClassTables<'a> for elf::$header<Endianness> {
            const IS_64: bool = $is_64;
            fn no_symbols() -> RawSymbols<'a> {
                RawSymbols::$symbols(&[])
            }
            fn symbols(
                section: &Self::SectionHeader,
                endian: Endianness,
                data: &'a [u8],
            ) -> Option<RawSymbols<'a>> {
                section
                    .data_as_array(endian, data)
                    .ok()
                    .map(RawSymbols::$symbols)
            }
            fn relocs(
                section: &Self::SectionHeader,
                endian: Endianness,
                data: &'a [u8],
            ) -> Option<RawRelocs<'a>> {
                if section.sh_type(endian) == elf::SHT_RELA {
                    section
                        .data_as_array(endian, data)
                        .ok()
                        .map(RawRelocs::$rela)
                } else {
                    section
                        .data_as_array(endian, data)
                        .ok()
                        .map(RawRelocs::$rel)
                }
            }
        }
    };
}
class_tables!(FileHeader32, false, Elf32, Rel32, Rela32);
class_tables!(FileHeader64, true, Elf64, Rel64, Rela64);

/// Whether a section has to be expanded before it can be read.
pub(crate) fn is_compressed(section: &Section<'_>) -> bool {
    section.flags & elf::SHF_COMPRESSED.0 != 0 || is_old(section)
}

pub(crate) fn is_old(section: &Section<'_>) -> bool {
    section.name.starts_with(b".zdebug_") && section.data.starts_with(OLD)
}

/// The begin of an old compressed section, before the size.
pub(crate) const OLD: &[u8] = b"ZLIB";
