//! The entries of a symbol table as bytes.
//!
//! Spec: gABI "Symbol Table"; "Section Indexes" (SHN_XINDEX).

use object::elf;
use object::{Endian as _, Endianness};

use super::OutputSymtab;
use crate::elf::sections::refs::SymRef;
use crate::script::eval::OutputId;

/// A symbol of the output.
#[derive(Clone, Debug)]
pub(in crate::elf::synthetic) struct OutputSymbol<'a> {
    pub name: std::borrow::Cow<'a, [u8]>,
    pub value: u64,
    pub size: u64,
    pub info: u8,
    pub other: u8,
    pub home: SymbolSection,
    /// The symbol that this entry is for, if relocations may refer to it.
    pub of: Option<SymRef>,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::elf::synthetic) enum SymbolSection {
    Undefined,
    Absolute,
    Common,
    Section(OutputId),
    /// A section header by its index: that of a group.
    Header(u32),
}

/// How entries are written.
#[derive(Clone, Copy)]
pub(in crate::elf::synthetic) struct SymbolFormat<'n> {
    pub is_64: bool,
    pub endian: Endianness,
    /// An output section's index in the section table, by [`OutputId`].
    pub numbers: &'n [u32],
}

impl SymbolFormat<'_> {
    /// Bytes of an entry.
    pub(in crate::elf::synthetic) fn entry_size(self) -> usize {
        if self.is_64 { 24 } else { 16 }
    }

    /// The section's number, if it needs more than 16 bits.
    fn large(self, entry: &OutputSymbol<'_>) -> Option<u32> {
        let SymbolSection::Section(id) = entry.home else {
            return None;
        };
        let index = self.numbers[id.0 as usize];
        (index >= u32::from(elf::SHN_LORESERVE)).then_some(index)
    }

    /// Appends an entry whose name stands at `name` in the string table.
    pub(in crate::elf::synthetic) fn put(
        self,
        entry: &OutputSymbol<'_>,
        name: u32,
        table: &mut Vec<u8>,
    ) {
        let endian = self.endian;
        let short = match entry.home {
            SymbolSection::Undefined => 0,
            SymbolSection::Absolute => elf::SHN_ABS.0,
            SymbolSection::Common => elf::SHN_COMMON.0,
            SymbolSection::Section(_) if self.large(entry).is_some() => elf::SHN_XINDEX.0,
            SymbolSection::Section(id) => self.numbers[id.0 as usize] as u16,
            SymbolSection::Header(index) => index as u16,
        };
        table.extend_from_slice(&endian.write_u32(name));
        if self.is_64 {
            table.extend_from_slice(&[entry.info, entry.other]);
            table.extend_from_slice(&endian.write_u16(short));
            table.extend_from_slice(&endian.write_u64(entry.value));
            table.extend_from_slice(&endian.write_u64(entry.size));
        } else {
            table.extend_from_slice(&endian.write_u32(entry.value as u32));
            table.extend_from_slice(&endian.write_u32(entry.size as u32));
            table.extend_from_slice(&[entry.info, entry.other]);
            table.extend_from_slice(&endian.write_u16(short));
        }
    }
}

/// `.symtab` and its strings.
pub(super) fn encode(
    entries: &[OutputSymbol<'_>],
    format: SymbolFormat<'_>,
    out: &mut OutputSymtab,
) {
    let entry_size = format.entry_size();
    out.symbols = vec![0; entry_size];
    out.symbols.reserve(entries.len() * entry_size);
    out.strings = vec![0];
    for entry in entries {
        let name = out.strings.len() as u32;
        out.strings.extend_from_slice(&entry.name);
        out.strings.push(0);
        format.put(entry, name, &mut out.symbols);
    }
    let mut large = entries.iter().map(|entry| format.large(entry));
    if large.clone().any(|index| index.is_some()) {
        let null = std::iter::once(None);
        let all = null.chain(large.by_ref());
        let words = all.flat_map(|index| format.endian.write_u32(index.unwrap_or(0)));
        out.extended = words.collect();
    }
}
