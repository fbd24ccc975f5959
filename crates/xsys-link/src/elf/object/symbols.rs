//! The symbol table of an object.
//!
//! Problem: it may have hundreds of thousands of entries, in two layouts and two byte orders, of which most passes
//! need a few. So an entry is decoded when it is needed, and its name is looked up only then.
//!
//! Spec: System V gABI, "Symbol Table"; "String Table".

use object::Endianness;
use object::elf;
use object::read::elf::Sym as _;

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

/// The entries as they stand in the file.
#[derive(Clone, Copy)]
pub(super) enum RawSymbols<'a> {
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
    /// The table of an object.
    pub(super) fn new(
        raw: RawSymbols<'a>,
        strings: &'a [u8],
        extended: &'a [object::U32<Endianness>],
        endian: Endianness,
    ) -> Self {
        Self {
            raw,
            strings,
            extended,
            endian,
            absolute: false,
        }
    }

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
    pub(super) fn addresses(mut self, first_global: usize) -> Self {
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

/// The zero-terminated string at `offset`.
pub(super) fn c_string(strings: &[u8], offset: usize) -> Option<&[u8]> {
    if offset == 0 && strings.is_empty() {
        return Some(&[]);
    }
    let tail = strings.get(offset..)?;
    // SIMD search is worth it: this is the hottest loop of symbol resolution.
    let end = memchr::memchr(0, tail)?;
    Some(&tail[..end])
}
