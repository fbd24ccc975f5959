//! The output's symbol table.
//!
//! Problem: debuggers, `addr2line` and `xsys size` want to know what is where. Local symbols of
//! live sections come first, file by file, then globals in the order in which they were first
//! mentioned; both have their final addresses.
//!
//! Spec: gABI "Symbol Table"; AAELF32 and AAELF64 for mapping symbols.

use object::elf;
use rayon::prelude::*;

use super::arch::Arch;
use super::layout::Addresses;
use super::refs::{Home, SymRef};
use super::resolve::{Definition, FileId, SymbolId};
use super::sections::SyntheticKind;
use crate::options::{Discard, ElfOptions, Strip};
use crate::script::eval::OutputId;

/// A symbol of the output.
#[derive(Clone, Debug)]
struct Entry<'a> {
    name: std::borrow::Cow<'a, [u8]>,
    value: u64,
    size: u64,
    info: u8,
    other: u8,
    home: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Undefined,
    Absolute,
    Section(OutputId),
}

/// `.symtab` and `.strtab`, ready to be written.
#[derive(Default)]
pub struct SymbolTable {
    /// `.symtab`
    pub symbols: Vec<u8>,
    /// `.strtab`
    pub strings: Vec<u8>,
    /// Index of the first global symbol.
    pub first_global: u32,
    /// `.symtab_shndx`, if section numbers need more than 16 bits.
    pub extended: Vec<u8>,
}

/// Gathers all symbols. `index_of` gives an output section's index in the section table.
pub fn build<'a>(
    arch: &dyn Arch,
    addresses: &Addresses<'_, 'a>,
    options: &ElfOptions,
    endian: object::Endianness,
    index_of: &dyn Fn(OutputId) -> u32,
) -> SymbolTable {
    if options.strip == Strip::All {
        return SymbolTable::default();
    }
    let resolution = addresses.resolution;
    let mut entries: Vec<Entry<'a>> = (0..resolution.files.len())
        .into_par_iter()
        .flat_map_iter(|file| locals(addresses, FileId(file as u32), options))
        .collect();
    entries.extend(thunk_symbols(arch, addresses));
    let mut globals = Vec::new();
    for index in 0..resolution.symbols.len() as u32 {
        if let Some(entry) = global(addresses, SymbolId(index)) {
            // A hidden symbol of a finished image is local (gABI, STV_HIDDEN).
            if entry.other == elf::STV_HIDDEN.0 || entry.other == elf::STV_INTERNAL.0 {
                entries.push(Entry {
                    info: entry.info & 0xf,
                    ..entry
                });
            } else {
                globals.push(entry);
            }
        }
    }
    let mut out = SymbolTable {
        first_global: entries.len() as u32 + 1,
        ..SymbolTable::default()
    };
    entries.extend(globals);
    encode(&entries, arch.is_64(), endian, index_of, &mut out);
    out
}

fn locals<'a>(addresses: &Addresses<'_, 'a>, file: FileId, options: &ElfOptions) -> Vec<Entry<'a>> {
    let object = &addresses.resolution.files[file.0 as usize];
    let mut out = Vec::new();
    let mut pending_file: Option<Entry<'a>> = None;
    if options.discard == Discard::All {
        return out;
    }
    for index in 1..object.first_global as u32 {
        let symbol = object.symbols.get(index as usize);
        let name = object.symbols.name(&symbol);
        if symbol.kind() == elf::STT_FILE.0 {
            pending_file = Some(Entry {
                name: name.into(),
                value: 0,
                size: 0,
                info: symbol.info,
                other: 0,
                home: Place::Absolute,
            });
            continue;
        }
        if symbol.kind() == elf::STT_SECTION.0 || name.is_empty() {
            continue;
        }
        let assembler_local = name.starts_with(b".L");
        if assembler_local && options.discard == Discard::Locals {
            continue;
        }
        let home = SymRef::Local(file, index).home(addresses.resolution, addresses.sections);
        let entry = match home {
            Home::Section(section, offset) => {
                // Names of strings mean nothing once the strings are merged.
                if assembler_local && addresses.merge.get(section).is_some() {
                    continue;
                }
                place(addresses, section, offset, symbol.size).map(|(value, size, home)| Entry {
                    name: name.into(),
                    value,
                    size,
                    info: symbol.info,
                    other: symbol.other,
                    home,
                })
            }
            Home::Absolute(value) => Some(Entry {
                name: name.into(),
                value,
                size: symbol.size,
                info: symbol.info,
                other: symbol.other,
                home: Place::Absolute,
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

/// Address, size and output section of a place in an input section.
fn place(
    addresses: &Addresses<'_, '_>,
    section: super::sections::SectionId,
    offset: u64,
    size: u64,
) -> Option<(u64, u64, Place)> {
    let value = addresses.of_section(section, offset)?;
    let merged = addresses
        .merge
        .get(section)
        .map(|m| addresses.merged_ids[m.merged as usize]);
    let home = addresses.layout.output_of[merged.unwrap_or(section).0 as usize]?;
    let size = addresses.length(section, offset, size);
    // Thread-local symbols count from the start of the template.
    let output = addresses.layout.placement.output(home);
    let value = if output.flags & elf::SHF_TLS.0 != 0 {
        let start = addresses
            .layout
            .placement
            .outputs
            .iter()
            .zip(&addresses.layout.extents)
            .filter(|(o, _)| o.present && o.flags & elf::SHF_TLS.0 != 0)
            .map(|(_, e)| e.addr)
            .min();
        value.wrapping_sub(start.unwrap_or(0))
    } else {
        value
    };
    Some((value, size, Place::Section(home)))
}

fn global<'a>(addresses: &Addresses<'_, 'a>, id: SymbolId) -> Option<Entry<'a>> {
    let symbol = addresses.resolution.symbol(id);
    let binding = if symbol.weak {
        elf::STB_WEAK.0
    } else {
        elf::STB_GLOBAL.0
    };
    let entry = |value, size, home| Entry {
        name: symbol.name.into(),
        value,
        size,
        info: (binding << 4) | (symbol.kind & 0xf),
        other: symbol.visibility,
        home,
    };
    match symbol.definition {
        Definition::Undefined | Definition::Lazy { .. } => {
            let weak = symbol.referenced && symbol.weak && !symbol.name.is_empty();
            weak.then(|| Entry {
                info: (elf::STB_WEAK.0 << 4),
                ..entry(0, 0, Place::Undefined)
            })
        }
        Definition::Object { .. } => {
            let (_, raw) = addresses.resolution.definition_entry(id)?;
            match SymRef::Global(id).home(addresses.resolution, addresses.sections) {
                Home::Section(section, offset) => {
                    let (value, size, home) = place(addresses, section, offset, raw.size)?;
                    Some(entry(value, size, home))
                }
                Home::Absolute(value) => Some(entry(value, raw.size, Place::Absolute)),
                _ => None,
            }
        }
        Definition::Common { .. } => {
            let section = *addresses.commons.get(&id)?;
            let size = addresses
                .sections
                .outline(addresses.resolution, section)
                .size;
            let (value, size, home) = place(addresses, section, 0, size)?;
            Some(Entry {
                info: (binding << 4) | elf::STT_OBJECT.0,
                ..entry(value, size, home)
            })
        }
        Definition::Script => {
            let value = addresses.layout.values.get(&id)?;
            let home = match value.section {
                Some(output) if addresses.layout.placement.output(output).present => {
                    Place::Section(output)
                }
                _ => Place::Absolute,
            };
            Some(entry(addresses.absolute(*value), 0, home))
        }
        Definition::Linker => {
            let home = super::linker_symbols::bounded_section(addresses, symbol.name);
            let home = home.map_or(Place::Absolute, Place::Section);
            Some(entry(*addresses.linker.get(&id)?, 0, home))
        }
    }
}

/// Thunks get names, so that a disassembly can be read, and the mapping symbols of their state.
fn thunk_symbols<'a>(arch: &dyn Arch, addresses: &Addresses<'_, 'a>) -> Vec<Entry<'a>> {
    let mut out = Vec::new();
    let layout = addresses.layout;
    for (group, &section) in layout.thunk_groups.iter().zip(&layout.thunk_sections) {
        let Some(home) = layout.output_of[section.0 as usize] else {
            continue;
        };
        for thunk in &group.thunks {
            let Some(at) = addresses.of_section(section, thunk.offset) else {
                continue;
            };
            let target =
                String::from_utf8_lossy(thunk.target.name(addresses.resolution)).into_owned();
            out.push(Entry {
                name: format!("__thunk_{target}").into_bytes().into(),
                value: at + arch.thunk_entry(thunk.form),
                size: arch.thunk_size(thunk.form) as u64,
                info: elf::STT_FUNC.0,
                other: 0,
                home: Place::Section(home),
            });
            for mapping in arch.thunk_mapping(thunk.form) {
                out.push(Entry {
                    name: mapping.name.as_bytes().into(),
                    value: at + u64::from(mapping.offset),
                    size: 0,
                    info: 0,
                    other: 0,
                    home: Place::Section(home),
                });
            }
        }
    }
    if let (Some(mapping), Some(iplt)) = (
        arch.plt_mapping(),
        addresses.sections.find(SyntheticKind::Iplt),
    ) && let Some(at) = addresses.of_section(iplt, 0)
        && let Some(home) = layout.output_of[iplt.0 as usize]
    {
        out.push(Entry {
            name: mapping.name.as_bytes().into(),
            value: at + u64::from(mapping.offset),
            size: 0,
            info: 0,
            other: 0,
            home: Place::Section(home),
        });
    }
    out
}

fn encode(
    entries: &[Entry<'_>],
    is_64: bool,
    endian: object::Endianness,
    index_of: &dyn Fn(OutputId) -> u32,
    out: &mut SymbolTable,
) {
    use object::Endian;
    let entry_size = if is_64 { 24 } else { 16 };
    out.symbols = vec![0; entry_size];
    out.symbols.reserve(entries.len() * entry_size);
    out.strings = vec![0];
    let mut extended = vec![0u32];
    let mut needs_extended = false;
    for entry in entries {
        let name = out.strings.len() as u32;
        out.strings.extend_from_slice(&entry.name);
        out.strings.push(0);
        let index = match entry.home {
            Place::Undefined => 0,
            Place::Absolute => u32::from(elf::SHN_ABS.0),
            Place::Section(id) => index_of(id),
        };
        let large =
            matches!(entry.home, Place::Section(_)) && index >= u32::from(elf::SHN_LORESERVE);
        needs_extended |= large;
        extended.push(if large { index } else { 0 });
        let short = if large {
            elf::SHN_XINDEX.0
        } else {
            index as u16
        };
        let table = &mut out.symbols;
        if is_64 {
            table.extend_from_slice(&endian.write_u32(name));
            table.extend_from_slice(&[entry.info, entry.other]);
            table.extend_from_slice(&endian.write_u16(short));
            table.extend_from_slice(&endian.write_u64(entry.value));
            table.extend_from_slice(&endian.write_u64(entry.size));
        } else {
            table.extend_from_slice(&endian.write_u32(name));
            table.extend_from_slice(&endian.write_u32(entry.value as u32));
            table.extend_from_slice(&endian.write_u32(entry.size as u32));
            table.extend_from_slice(&[entry.info, entry.other]);
            table.extend_from_slice(&endian.write_u16(short));
        }
    }
    if needs_extended {
        out.extended = extended
            .into_iter()
            .flat_map(|index| endian.write_u32(index))
            .collect();
    }
}
