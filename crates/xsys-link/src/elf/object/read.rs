//! An object's outline: header, section table, symbol table, relocation tables and groups, checked once.
//!
//! Offsets outside the file and contradictions are refused here, so that later passes need not check again.
//!
//! Spec: System V gABI, "ELF Header", "Sections", "Symbol Table", "Relocation", "Section Groups".

use object::Endianness;
use object::elf;
use object::read::elf::{FileHeader, SectionHeader as _};

use super::relocs::{RawRelocs, RelocTable};
use super::symbols::{RawSymbols, SymbolPlace, SymbolTable, c_string};
use super::{Group, ObjectError, ObjectFile, ObjectName, Section, is_compressed};

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
        // Headers that cannot be read are reported below.
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
        compressed: sections.iter().any(is_compressed),
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
                section.relocs = RelocTable::new(relocs, endian);
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
        let none = SymbolTable::new(H::no_symbols(), &[], &[], endian);
        return Ok((none, 0));
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
    let symbols = SymbolTable::new(raw, strings, extended, endian);
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
