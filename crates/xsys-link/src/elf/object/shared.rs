//! A shared library as an input: its names, with their versions, and the libraries that it needs.
//!
//! Nothing of it is linked. What the output must know is which names it defines (and where, for copies of variables),
//! under which versions, which names it expects from others, and how a process finds it.
//!
//! Spec: gABI "Dynamic Section", "Symbol Table"; LSB "Symbol Versioning" (`.gnu.version`, `.gnu.version_d`).

use std::ops::Range;

use object::Endianness;
use object::elf;
use object::read::elf::{
    Dyn as _, FileHeader, ProgramHeader as _, SectionHeader as _, SectionTable, Sym as _,
};
use object::{SectionIndex, elf::VersionIndex};

use super::{ObjectError, ObjectName};

/// A shared library.
pub(crate) struct SharedObject<'a> {
    /// Who it is.
    pub name: ObjectName<'a>,
    /// `e_machine`
    pub machine: u16,
    /// ELFCLASS64.
    pub is_64: bool,
    /// Byte order.
    pub endian: Endianness,
    /// DT_SONAME, else the path as it was given, or for `-l` the file's name: what DT_NEEDED of the output says.
    pub soname: &'a [u8],
    /// DT_NEEDED
    pub needed: Vec<&'a [u8]>,
    /// What it defines, in the order of its table.
    pub symbols: Vec<SharedSymbol<'a>>,
    /// What it expects others to define, and whether the reference is weak.
    pub references: Vec<(&'a [u8], bool)>,
    /// The names of the versions that it defines, by index.
    pub versions: Vec<&'a [u8]>,
    /// `--as-needed`: it is left out if nothing refers to it.
    pub as_needed: bool,
}

/// A definition in a shared library.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedSymbol<'a> {
    /// Its name, without the version.
    pub name: &'a [u8],
    /// The index of its version; 1 if it has none.
    pub version: u16,
    /// Only references that ask for its version get it.
    pub hidden: bool,
    /// STT_*
    pub kind: u8,
    /// STV_PROTECTED: its library uses its own copy.
    pub protected: bool,
    /// `st_value`
    pub value: u64,
    /// `st_size` in bytes
    pub size: u64,
    /// The alignment that the address is known to have, in bytes.
    pub align: u64,
    /// It is in memory that is not writable.
    pub read_only: bool,
}

/// Index of the version of symbols without one (VER_NDX_GLOBAL).
pub(crate) const NO_VERSION: u16 = 1;

impl<'a> SharedObject<'a> {
    /// Reads the dynamic symbols of a shared library.
    /// `searched` says that it was found by `-l`.
    pub(crate) fn parse(
        name: ObjectName<'a>,
        data: &'a [u8],
        searched: bool,
    ) -> Result<Self, ObjectError> {
        let own_name = match name.path.file_name() {
            Some(file) if searched => file,
            _ => name.path.as_os_str(),
        };
        let own_name = own_name.as_encoded_bytes();
        match data.get(4).copied() == Some(elf::ELFCLASS64.0) {
            true => parse::<elf::FileHeader64<Endianness>>(name, data, (true, own_name)),
            false => parse::<elf::FileHeader32<Endianness>>(name, data, (false, own_name)),
        }
    }

    /// The name of a version that it defines; `None` for symbols without one.
    pub(crate) fn version_name(&self, index: u16) -> Option<&'a [u8]> {
        let name = self.versions.get(usize::from(index))?;
        (index > NO_VERSION && !name.is_empty()).then_some(name)
    }
}

fn parse<'a, H: FileHeader<Endian = Endianness>>(
    name: ObjectName<'a>,
    data: &'a [u8],
    (is_64, soname): (bool, &'a [u8]),
) -> Result<SharedObject<'a>, ObjectError> {
    let damaged = |what: &str| ObjectError::Damaged {
        file: name.to_string(),
        what: what.to_owned(),
    };
    let header = H::parse(data).map_err(|_| damaged("the ELF header does not fit into it"))?;
    let endian = header
        .endian()
        .map_err(|_| damaged("the ELF header names no known byte order"))?;
    let sections = header
        .sections(endian, data)
        .map_err(|_| damaged("the section table ends outside the file"))?;
    let mut out = SharedObject {
        name,
        machine: header.e_machine(endian).0,
        is_64,
        endian,
        soname,
        needed: Vec::new(),
        symbols: Vec::new(),
        references: Vec::new(),
        versions: Vec::new(),
        as_needed: false,
    };
    let segments = header
        .program_headers(endian, data)
        .map_err(|_| damaged("the program headers end outside the file"))?;
    // What cannot be written, or not any more once it is relocated.
    let constant = segments.iter().filter(|segment| {
        let p_type = segment.p_type(endian);
        let writable = segment.p_flags(endian).0 & elf::PF_W.0 != 0;
        p_type == elf::PT_GNU_RELRO || p_type == elf::PT_LOAD && !writable
    });
    let constant: Vec<Range<u64>> = constant
        .map(|segment| {
            let start: u64 = segment.p_vaddr(endian).into();
            let size: u64 = segment.p_memsz(endian).into();
            start..start.saturating_add(size)
        })
        .collect();
    read_dynamic::<H>(&mut out, &sections, data, &damaged)?;
    read_symbols::<H>(&mut out, &sections, (data, &constant), &damaged)?;
    Ok(out)
}

/// The dynamic section: the names of the library and of those that it needs.
fn read_dynamic<'a, H: FileHeader<Endian = Endianness>>(
    out: &mut SharedObject<'a>,
    sections: &SectionTable<'a, H>,
    data: &'a [u8],
    damaged: &dyn Fn(&str) -> ObjectError,
) -> Result<(), ObjectError> {
    let (name, endian) = (out.name, out.endian);
    if let Some((entries, link)) = sections
        .dynamic(endian, data)
        .map_err(|_| damaged("the dynamic section ends outside the file"))?
    {
        let names = sections
            .strings(endian, data, link)
            .map_err(|_| damaged("the names of the dynamic section end outside the file"))?;
        for entry in entries {
            let tag = entry.tag(endian);
            if tag == elf::DT_NULL {
                break;
            }
            if tag == elf::DT_FLAGS_1 {
                let flags: u64 = entry.d_val(endian).into();
                if flags & elf::DF_1_PIE.0 != 0 {
                    return Err(ObjectError::NotRelocatable {
                        file: name.to_string(),
                        kind: "a position-independent executable",
                    });
                }
            }
            if tag != elf::DT_SONAME && tag != elf::DT_NEEDED {
                continue;
            }
            let text = entry
                .string(endian, names)
                .map_err(|_| damaged("a name of the dynamic section is outside its strings"))?;
            match tag == elf::DT_SONAME {
                true => out.soname = text,
                false => out.needed.push(text),
            }
        }
    }
    Ok(())
}

/// The dynamic symbols and their versions.
fn read_symbols<'a, H: FileHeader<Endian = Endianness>>(
    out: &mut SharedObject<'a>,
    sections: &SectionTable<'a, H>,
    (data, constant): (&'a [u8], &[Range<u64>]),
    damaged: &dyn Fn(&str) -> ObjectError,
) -> Result<(), ObjectError> {
    let endian = out.endian;
    let table = sections
        .symbols(endian, data, elf::SHT_DYNSYM)
        .map_err(|_| damaged("the dynamic symbol table ends outside the file"))?;
    let strings = table.strings();
    let versions = sections
        .versions(endian, data)
        .map_err(|_| damaged("its table of versions is broken"))?;
    for (index, symbol) in table.enumerate() {
        let symbol_name = symbol
            .name(endian, strings)
            .map_err(|_| damaged("a symbol's name is outside the string table"))?;
        let weak = symbol.st_bind() == elf::STB_WEAK;
        if symbol.is_undefined(endian) {
            if symbol.st_bind() != elf::STB_LOCAL && !symbol_name.is_empty() {
                out.references.push((symbol_name, weak));
            }
            continue;
        }
        let mut version = NO_VERSION;
        let mut hidden = false;
        if let Some(table) = &versions {
            let own = table.version_index(endian, index);
            (version, hidden) = (own.index().0, own.is_hidden());
        }
        let local = symbol.st_bind() == elf::STB_LOCAL || version == elf::VER_NDX_LOCAL.0;
        let unseen = matches!(symbol.st_visibility(), elf::STV_HIDDEN | elf::STV_INTERNAL);
        let kind = symbol.st_type();
        if local || unseen || kind == elf::STT_SECTION || kind == elf::STT_FILE {
            continue;
        }
        let value: u64 = symbol.st_value(endian).into();
        let home = sections.section(SectionIndex(usize::from(symbol.st_shndx(endian).0)));
        let align = home.map_or(1, |home| home.sh_addralign(endian).into());
        out.symbols.push(SharedSymbol {
            name: symbol_name,
            version,
            hidden,
            kind: kind.0,
            protected: symbol.st_visibility() == elf::STV_PROTECTED,
            value,
            size: symbol.st_size(endian).into(),
            align: known_alignment(value, align),
            read_only: constant.iter().any(|range| range.contains(&value)),
        });
    }
    if let Some(table) = &versions {
        let last = out.symbols.iter().map(|symbol| symbol.version).max();
        let indexes = 0..=last.unwrap_or(0);
        out.versions = indexes
            .map(|index| {
                let found = table.version(VersionIndex(index));
                found
                    .ok()
                    .flatten()
                    .map_or(&[][..], |version| version.name())
            })
            .collect();
    }
    Ok(())
}

/// The alignment of an address in a section of this alignment.
fn known_alignment(value: u64, section: u64) -> u64 {
    let section = match section.is_power_of_two() {
        true => section,
        false => 1,
    };
    match value {
        0 => section,
        _ => section.min(1 << value.trailing_zeros()),
    }
}
