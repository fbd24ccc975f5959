//! The output's symbol table.
//!
//! Problem: debuggers, `addr2line` and `xsys size` need names for addresses. The local symbols of
//! live sections come first, file by file, then the globals in the order in which they were first
//! mentioned.
//!
//! Spec: gABI "Symbol Table"; AAELF32 and AAELF64 for mapping symbols.

pub(super) mod encode;
pub(super) mod globals;
mod made;

use object::elf;
use rayon::prelude::*;

use self::encode::{OutputSymbol, SymbolFormat, SymbolSection};
use self::globals::{global, place};
use super::groups::OutputGroup;
use crate::elf::arch::Arch;
use crate::elf::ids::SectionId;
use crate::elf::ids::{FileId, SymbolId};
use crate::elf::layout::Addresses;
use crate::elf::object::ObjectFile;
use crate::elf::sections::refs::{SymRef, ValueSource};
use crate::options::{Discard, ElfOptions, Strip};
use crate::script::eval::OutputId;

/// `.symtab` and `.strtab`, ready to be written.
#[derive(Default)]
pub(crate) struct OutputSymtab {
    /// `.symtab`
    pub symbols: Vec<u8>,
    /// `.strtab`
    pub strings: Vec<u8>,
    /// Index of the first global symbol.
    pub first_global: u32,
    /// `.symtab_shndx`, if section numbers need more than 16 bits.
    pub extended: Vec<u8>,
    /// The indexes of symbols, if the output has relocations.
    pub indexes: SymbolIndexes,
}

/// Symbol table indexes for relocations; 0 for symbols that are not in the table.
#[derive(Default)]
pub(crate) struct SymbolIndexes {
    locals: Vec<Vec<u32>>,
    globals: Vec<u32>,
    sections: Vec<u32>,
    groups: Vec<u32>,
}

impl SymbolIndexes {
    /// The index of a symbol that is not a section.
    pub(crate) fn of(&self, symbol: SymRef) -> u32 {
        let found = match symbol {
            SymRef::Global(id) => self.globals.get(id.0 as usize),
            SymRef::Local(file, index) => self
                .locals
                .get(file.0 as usize)
                .and_then(|own| own.get(index as usize)),
        };
        found.copied().unwrap_or(0)
    }

    /// The index of an output section's symbol.
    pub(crate) fn of_section(&self, id: OutputId) -> u32 {
        self.sections.get(id.0 as usize).copied().unwrap_or(0)
    }

    /// The index of the symbol that only names the group at this position.
    pub(crate) fn of_group(&self, position: usize) -> u32 {
        self.groups.get(position).copied().unwrap_or(0)
    }
}

/// The results of earlier passes that the symbol table is made from.
pub(crate) struct SymtabContext<'g, 'l, 'a> {
    /// The instruction set.
    pub arch: &'g dyn Arch,
    /// Where everything is.
    pub addresses: &'g Addresses<'l, 'a>,
    /// Options.
    pub options: &'g ElfOptions,
    /// Byte order.
    pub endian: object::Endianness,
    /// The groups of the output, which come first in the section table.
    pub groups: &'g [OutputGroup<'a>],
    /// Output sections in the order of their headers.
    pub order: &'g [OutputId],
    /// An output section's index in the section table, by [`OutputId`].
    pub numbers: &'g [u32],
}

/// Gathers all symbols.
pub(crate) fn build(given: &SymtabContext<'_, '_, '_>) -> OutputSymtab {
    let &SymtabContext {
        arch,
        addresses,
        options,
        endian,
        ..
    } = given;
    let keeps_relocations = options.keeps_relocations();
    if options.symbols.strip == Strip::All && !keeps_relocations {
        return OutputSymtab::default();
    }
    let resolution = addresses.resolution;
    let relocatable = options.kind.is_object();
    let mut entries = Vec::new();
    if keeps_relocations {
        entries.extend(given.order.iter().map(|id| section_symbol(addresses, *id)));
        entries.extend(group_symbols(given.groups));
    }
    entries.par_extend(
        (0..resolution.files.len())
            .into_par_iter()
            .flat_map_iter(|file| locals(addresses, FileId(file as u32), options)),
    );
    entries.extend(made::thunk_symbols(arch, addresses));
    let mut globals = Vec::new();
    let wanted = relocatable.then(|| wanted_elsewhere(addresses, options));
    for index in 0..resolution.symbols.len() as u32 {
        if let Some(entry) = global(addresses, SymbolId(index), options) {
            let idle = |wanted: &Vec<bool>| !wanted[index as usize];
            if matches!(entry.home, SymbolSection::Undefined) && wanted.as_ref().is_some_and(idle) {
                continue;
            }
            // A hidden symbol of a finished image is local (gABI, STV_HIDDEN).
            let hidden = entry.other == elf::STV_HIDDEN.0
                || entry.other == elf::STV_INTERNAL.0
                || resolution.symbol(SymbolId(index)).local;
            if hidden && !relocatable {
                entries.push(OutputSymbol {
                    info: entry.info & 0xf,
                    ..entry
                });
            } else {
                globals.push(entry);
            }
        }
    }
    if let Some(retained) = &options.symbols.retain_symbols {
        // Symbols that relocations or other objects need must stay.
        let stays = |entry: &OutputSymbol<'_>| {
            keeps_relocations
                || matches!(entry.home, SymbolSection::Undefined)
                || retained
                    .iter()
                    .any(|name| name.as_bytes() == entry.name.as_ref())
        };
        entries.retain(stays);
        globals.retain(stays);
    }
    let mut out = OutputSymtab {
        first_global: entries.len() as u32 + 1,
        ..OutputSymtab::default()
    };
    entries.extend(globals);
    let format = SymbolFormat {
        is_64: arch.is_64(),
        endian,
        numbers: given.numbers,
    };
    encode::encode(&entries, format, &mut out);
    if keeps_relocations {
        out.indexes = indexes(given, &entries);
    }
    out
}

/// The symbol that stands for an output section.
fn section_symbol<'a>(addresses: &Addresses<'_, 'a>, id: OutputId) -> OutputSymbol<'a> {
    OutputSymbol {
        name: (&b""[..]).into(),
        value: addresses.layout.extents[id.0 as usize].addr,
        size: 0,
        info: elf::STT_SECTION.0,
        other: 0,
        home: SymbolSection::Section(id),
        of: None,
    }
}

/// Signatures of groups that are not symbols otherwise.
fn group_symbols<'a>(groups: &[OutputGroup<'a>]) -> impl Iterator<Item = OutputSymbol<'a>> {
    let own = groups
        .iter()
        .enumerate()
        .filter_map(|(position, group)| Some((position, group.own_name?)));
    own.map(|(position, name)| OutputSymbol {
        name: name.into(),
        value: 0,
        size: 0,
        info: elf::STT_NOTYPE.0,
        other: 0,
        // Group headers are the first ones after the null header.
        home: SymbolSection::Header(position as u32 + 1),
        of: None,
    })
}

fn indexes(given: &SymtabContext<'_, '_, '_>, entries: &[OutputSymbol<'_>]) -> SymbolIndexes {
    let resolution = given.addresses.resolution;
    let mut out = SymbolIndexes {
        locals: resolution
            .files
            .iter()
            .map(|file| vec![0; file.first_global])
            .collect(),
        globals: vec![0; resolution.symbols.len()],
        sections: vec![0; given.numbers.len()],
        groups: vec![0; given.groups.len()],
    };
    for (position, entry) in entries.iter().enumerate() {
        let index = position as u32 + 1;
        match (entry.of, entry.home) {
            (Some(SymRef::Global(id)), _) => out.globals[id.0 as usize] = index,
            (Some(SymRef::Local(file, own)), _) => {
                out.locals[file.0 as usize][own as usize] = index;
            }
            (None, SymbolSection::Section(id)) if entry.info == elf::STT_SECTION.0 => {
                out.sections[id.0 as usize] = index;
            }
            (None, SymbolSection::Header(header)) => out.groups[header as usize - 1] = index,
            _ => {}
        }
    }
    out
}

/// Which global symbols an object needs from others: those that its remaining sections or `-u` refer
/// to.
fn wanted_elsewhere(addresses: &Addresses<'_, '_>, options: &ElfOptions) -> Vec<bool> {
    let resolution = addresses.resolution;
    let mut out = vec![false; resolution.symbols.len()];
    let asked = options
        .symbols
        .undefined
        .iter()
        .chain(&options.symbols.require_defined);
    for id in asked.filter_map(|name| resolution.find(name.as_bytes())) {
        out[id.0 as usize] = true;
    }
    for id in (0..addresses.sections.input_count() as u32).map(SectionId) {
        let placed = addresses.layout.output_of[id.0 as usize].is_some();
        if let (true, Some((file, index))) = (placed, addresses.sections.origin(id)) {
            let section = &resolution.files[file.0 as usize].sections[index as usize];
            for reloc in section.relocs.iter() {
                if let Some(id) = resolution.global(file, reloc.symbol) {
                    out[id.0 as usize] = true;
                }
            }
        }
    }
    out
}

/// Which local symbols of a file its relocations name.
fn named_by_relocations(object: &ObjectFile<'_>) -> Vec<bool> {
    let mut out = vec![false; object.first_global];
    for reloc in object.sections.iter().flat_map(|s| s.relocs.iter()) {
        if let Some(named) = out.get_mut(reloc.symbol as usize) {
            *named = true;
        }
    }
    out
}

fn locals<'a>(
    addresses: &Addresses<'_, 'a>,
    file: FileId,
    options: &ElfOptions,
) -> Vec<OutputSymbol<'a>> {
    let object = &addresses.resolution.files[file.0 as usize];
    let mut out = Vec::new();
    let mut pending_file: Option<OutputSymbol<'a>> = None;
    let named = match options.keeps_relocations() {
        true => named_by_relocations(object),
        false if options.symbols.discard == Discard::All => return out,
        false => Vec::new(),
    };
    for index in 1..object.first_global as u32 {
        let symbol = object.symbols.get(index as usize);
        let name = object.symbols.name(&symbol);
        if symbol.kind() == elf::STT_FILE.0 {
            pending_file = Some(OutputSymbol {
                name: name.into(),
                value: 0,
                size: 0,
                info: symbol.info,
                other: 0,
                home: SymbolSection::Absolute,
                of: None,
            });
            continue;
        }
        if symbol.kind() == elf::STT_SECTION.0 || name.is_empty() {
            continue;
        }
        let of = SymRef::Local(file, index);
        let is_named = named.get(index as usize).copied().unwrap_or(false);
        let assembler_local = name.starts_with(b".L");
        let discarded = match options.symbols.discard {
            Discard::None => false,
            Discard::Locals => assembler_local,
            Discard::All => true,
        };
        if discarded && !is_named {
            continue;
        }
        let home = of.value_source(addresses.resolution, addresses.sections);
        let entry = match home {
            ValueSource::Section(section, offset) => {
                // Assemblers keep such names only in mergeable sections; an image does not need them.
                if assembler_local && !is_named && is_mergeable(addresses, section) {
                    continue;
                }
                place(addresses, section, offset, symbol.size).map(|(value, size, home)| {
                    OutputSymbol {
                        name: name.into(),
                        value,
                        size,
                        info: symbol.info,
                        other: symbol.other,
                        home,
                        of: Some(of),
                    }
                })
            }
            ValueSource::Absolute(value) => Some(OutputSymbol {
                name: name.into(),
                value,
                size: symbol.size,
                info: symbol.info,
                other: symbol.other,
                home: SymbolSection::Absolute,
                of: Some(of),
            }),
            _ => None,
        };
        if let Some(entry) = entry {
            out.extend(pending_file.take());
            out.push(entry);
        }
    }
    out
}

fn is_mergeable(addresses: &Addresses<'_, '_>, section: SectionId) -> bool {
    let input = addresses.sections.input(addresses.resolution, section);
    input.is_some_and(|input| input.flags & elf::SHF_MERGE.0 != 0)
}
