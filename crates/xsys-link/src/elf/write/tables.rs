//! The tables after the contents: groups, symbols, relocations of `-r` and `--emit-relocs`, section names.
//!
//! Problem: they refer to each other by the numbers of their headers, and which of them exist depends on the
//! options and on each other.
//!
//! Spec: gABI "Sections" (`sh_link` and `sh_info`), "Section Groups", "String Table".

use std::borrow::Cow;

use object::Endian as _;
use object::elf;

use super::{HeaderOrder, Image};
use crate::elf::relocatable::relocs::{self, RelocSection};
use crate::elf::sections::refs::SymRef;
use crate::elf::synthetic::symtab::{OutputSymtab, SymbolIndexes};
use crate::script::eval::OutputId;

/// A section of the section header table beyond the output sections.
pub(super) struct TableSection {
    pub name: Cow<'static, str>,
    pub sh_type: u32,
    pub flags: u64,
    pub bytes: Vec<u8>,
    pub link: u32,
    pub info: u32,
    pub align: u64,
    pub entsize: u64,
}

impl TableSection {
    fn of_strings(name: &'static str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            sh_type: elf::SHT_STRTAB.0,
            flags: 0,
            bytes,
            link: 0,
            info: 0,
            align: 1,
            entsize: 0,
        }
    }
}

/// The numbers of the headers of tables that others refer to.
struct Numbers {
    symbols: u32,
    strings: u32,
}

impl Image<'_, '_> {
    /// All tables, groups first and the section names last; and the offset of each section's name.
    pub(super) fn tables(
        &self,
        shape: &HeaderOrder<'_>,
        symbols: OutputSymtab,
    ) -> (Vec<TableSection>, Vec<u32>) {
        let first = (shape.groups.len() + shape.order.len()) as u32 + 1;
        let numbers = Numbers {
            symbols: first,
            strings: first + if symbols.extended.is_empty() { 1 } else { 2 },
        };
        let kept = match self.options.keeps_relocations() {
            true => self.kept_relocations(shape, &symbols.indexes),
            false => Vec::new(),
        };
        let mut tables = self.group_tables(shape, &kept, &numbers, &symbols.indexes);
        if !symbols.symbols.is_empty() {
            self.add_symbols(symbols, &numbers, &mut tables);
        }
        let relocations = kept
            .into_iter()
            .map(|kept| self.relocation_table(kept, shape, &numbers));
        tables.extend(relocations);
        let (names, offsets) = self.section_names(shape, &tables);
        tables.push(TableSection::of_strings(NAMES, names));
        (tables, offsets)
    }

    fn kept_relocations(
        &self,
        shape: &HeaderOrder<'_>,
        indexes: &SymbolIndexes,
    ) -> Vec<RelocSection> {
        let given = relocs::RelocTables {
            relocator: &self.relocator,
            frames: (self.frames, &self.made.eh_frame),
            indexes,
            endian: self.endian,
        };
        relocs::tables(&given, shape.order)
    }

    /// Groups, whose headers stand before those of their members, as the gABI wants it.
    fn group_tables(
        &self,
        shape: &HeaderOrder<'_>,
        relocations: &[RelocSection],
        numbers: &Numbers,
        indexes: &SymbolIndexes,
    ) -> Vec<TableSection> {
        // The header index of an output section's relocations.
        let header_of = |id: OutputId| -> Option<u32> {
            let position = relocations.iter().position(|table| table.target == id)?;
            Some(numbers.strings + 1 + position as u32)
        };
        let groups = shape.groups.iter().enumerate();
        groups
            .map(|(position, group)| {
                let members = group.members.iter().flat_map(|id| {
                    std::iter::once(shape.numbers[id.0 as usize]).chain(header_of(*id))
                });
                TableSection {
                    name: ".group".into(),
                    sh_type: elf::SHT_GROUP.0,
                    flags: 0,
                    bytes: std::iter::once(group.flags)
                        .chain(members)
                        .flat_map(|word| self.endian.write_u32(word))
                        .collect(),
                    link: numbers.symbols,
                    info: match (group.own_name, group.signature) {
                        (Some(_), _) => indexes.of_group(position),
                        (None, signature) => self.signature(signature, indexes),
                    },
                    align: 4,
                    entsize: 4,
                }
            })
            .collect()
    }

    /// The symbol table index of a group's signature.
    fn signature(&self, symbol: SymRef, indexes: &SymbolIndexes) -> u32 {
        match indexes.of(symbol) {
            0 => relocs::section_target(self.addresses(), symbol, 0)
                .map_or(0, |(output, _)| indexes.of_section(output)),
            index => index,
        }
    }

    fn add_symbols(
        &self,
        symbols: OutputSymtab,
        numbers: &Numbers,
        tables: &mut Vec<TableSection>,
    ) {
        tables.push(TableSection {
            name: ".symtab".into(),
            sh_type: elf::SHT_SYMTAB.0,
            flags: 0,
            bytes: symbols.symbols,
            link: numbers.strings,
            info: symbols.first_global,
            align: self.word() as u64,
            entsize: if self.arch().is_64() { 24 } else { 16 },
        });
        if !symbols.extended.is_empty() {
            tables.push(TableSection {
                name: ".symtab_shndx".into(),
                sh_type: elf::SHT_SYMTAB_SHNDX.0,
                flags: 0,
                bytes: symbols.extended,
                link: numbers.symbols,
                info: 0,
                align: 4,
                entsize: 4,
            });
        }
        tables.push(TableSection::of_strings(".strtab", symbols.strings));
    }

    fn relocation_table(
        &self,
        kept: RelocSection,
        shape: &HeaderOrder<'_>,
        numbers: &Numbers,
    ) -> TableSection {
        let target = self.addresses().layout.placement.output(kept.target);
        let (prefix, sh_type, words) = match kept.has_addends {
            true => (".rela", elf::SHT_RELA, 3),
            false => (".rel", elf::SHT_REL, 2),
        };
        let mut groups = shape.groups.iter();
        let in_group = groups.any(|group| group.members.contains(&kept.target));
        TableSection {
            name: format!("{prefix}{}", target.name).into(),
            sh_type: sh_type.0,
            flags: elf::SHF_INFO_LINK.0 | if in_group { elf::SHF_GROUP.0 } else { 0 },
            bytes: kept.bytes,
            link: numbers.symbols,
            info: shape.numbers[kept.target.0 as usize],
            align: self.word() as u64,
            entsize: (words * self.word()) as u64,
        }
    }

    /// The names of all sections in the order of their headers, and the offset of each.
    fn section_names(
        &self,
        shape: &HeaderOrder<'_>,
        tables: &[TableSection],
    ) -> (Vec<u8>, Vec<u32>) {
        let placement = &self.addresses().layout.placement;
        let (groups, others) = tables.split_at(shape.groups.len());
        let outputs = shape.order.iter();
        let names = groups
            .iter()
            .map(|table| &*table.name)
            .chain(outputs.map(|id| placement.output(*id).name.as_str()))
            .chain(others.iter().map(|table| &*table.name))
            .chain([NAMES]);
        let mut bytes = vec![0u8];
        let mut offsets = Vec::new();
        for name in names {
            offsets.push(bytes.len() as u32);
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(0);
        }
        (bytes, offsets)
    }
}

/// The table of section names.
const NAMES: &str = ".shstrtab";
