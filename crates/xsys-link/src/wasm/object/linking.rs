//! The `linking` section: the symbol table, flags of segments, initialisers, COMDAT groups.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md`, "Linking Metadata Section".

use wasmparser::{ComdatSymbolKind, Linking, LinkingSectionReader, SymbolFlags, SymbolInfo};

use super::sections::{Section, sections};
use super::{Comdat, NameClass, ObjectFile, ObjectSymbol, Parsed, Place, text};
use crate::wasm::ids::SymbolKind;
use crate::wasm::name_table;

/// The names that an object defines. They are needed for archives without an index.
pub fn defined_names(bytes: &[u8]) -> Parsed<Vec<&str>> {
    let mut names = Vec::new();
    for section in sections(bytes)?.iter().filter(|section| section.id == 0) {
        let (name, contents) = section.custom()?;
        if name != "linking" {
            continue;
        }
        each_symbol(&contents, |symbol| {
            let (flags, name) = match symbol {
                SymbolInfo::Func { flags, name, .. }
                | SymbolInfo::Global { flags, name, .. }
                | SymbolInfo::Event { flags, name, .. }
                | SymbolInfo::Table { flags, name, .. } => (flags, name),
                SymbolInfo::Data { flags, name, .. } => (flags, Some(name)),
                SymbolInfo::Section { .. } => return Ok(()),
            };
            let there = !flags.intersects(SymbolFlags::UNDEFINED | SymbolFlags::BINDING_LOCAL);
            names.extend(name.filter(|_| there));
            Ok(())
        })?;
    }
    Ok(names)
}

pub(super) fn each_symbol<'a>(
    linking: &Section<'a>,
    mut each: impl FnMut(SymbolInfo<'a>) -> Parsed<()>,
) -> Parsed<()> {
    for part in LinkingSectionReader::new(linking.reader()).map_err(text)? {
        if let Linking::SymbolTable(map) = part.map_err(text)? {
            for symbol in map {
                each(symbol.map_err(text)?)?;
            }
        }
    }
    Ok(())
}

/// A missing global, table or tag cannot be replaced by anything, so such a symbol must not be weak.
fn check_weak(symbol: &ObjectSymbol<'_>) -> Parsed<()> {
    let what = match symbol.kind {
        SymbolKind::Table => "table",
        SymbolKind::Global | SymbolKind::Tag => "global",
        _ => return Ok(()),
    };
    let weak = symbol.flags.contains(SymbolFlags::BINDING_WEAK);
    match weak && symbol.place == Place::Undefined {
        true => Err(format!("undefined weak {what} symbol")),
        false => Ok(()),
    }
}

impl<'a> ObjectFile<'a> {
    pub(super) fn read_linking(&mut self, section: &Section<'a>) -> Parsed<()> {
        for part in LinkingSectionReader::new(section.reader()).map_err(text)? {
            match part.map_err(text)? {
                Linking::SegmentInfo(map) => {
                    for (at, item) in map.into_iter().enumerate() {
                        let item = item.map_err(text)?;
                        let segment = self
                            .segments
                            .get_mut(at)
                            .ok_or("it describes more segments than it has")?;
                        if item.alignment > 31 {
                            return Err(format!("segment `{}` has no sane alignment", item.name));
                        }
                        segment.name = item.name;
                        segment.align = item.alignment;
                        segment.strings = item.flags.bits() & 1 != 0;
                        // Objects from older compilers, and those made by `wasm-ld -r`, do not have the flag: the
                        // name decides.
                        segment.tls = item.flags.bits() & 2 != 0
                            || [".tdata", ".tbss"]
                                .iter()
                                .any(|name| item.name.starts_with(name));
                        segment.retain = item.flags.bits() & 4 != 0;
                    }
                }
                Linking::InitFuncs(map) => {
                    for item in map {
                        let item = item.map_err(text)?;
                        self.init_functions.push((item.priority, item.symbol_index));
                    }
                }
                Linking::ComdatInfo(map) => {
                    for item in map {
                        let comdat = self.comdat(item.map_err(text)?)?;
                        self.comdats.push(comdat);
                    }
                }
                Linking::SymbolTable(map) => {
                    // A symbol takes at least three bytes.
                    let most = section.payload.len() / 3;
                    self.symbols.reserve((map.count() as usize).min(most));
                    self.kinds.reserve((map.count() as usize).min(most));
                    for symbol in map {
                        let mut symbol = self.symbol(symbol.map_err(text)?)?;
                        check_weak(&symbol)?;
                        symbol.class = NameClass::of(symbol.name);
                        if !symbol.flags.contains(SymbolFlags::BINDING_LOCAL) {
                            symbol.hash = name_table::hash(symbol.name);
                        }
                        self.kinds.push(symbol.kind);
                        self.symbols.push(symbol);
                    }
                }
                _ => {}
            }
        }
        self.check_tables()?;
        self.legacy_table = matches!(&self.imports.tables[..], [(name, _)]
            if name.field == "__indirect_function_table")
            && !self.symbols.iter().any(|s| s.kind == SymbolKind::Table);
        let of_tables = self.kinds.iter().filter(|kind| **kind == SymbolKind::Table);
        let (symbols, tables) = (
            of_tables.count(),
            self.imports.tables.len() + self.tables.len(),
        );
        if symbols != tables && !self.legacy_table {
            return Err(format!(
                "it has {tables} tables, but {symbols} symbols for them"
            ));
        }
        for &(_, symbol) in &self.init_functions {
            match self.symbols.get(symbol as usize) {
                Some(symbol) if symbol.kind == SymbolKind::Function => {}
                _ => return Err(format!("its initialiser {symbol} is not a function")),
            }
        }
        Ok(())
    }

    /// Compilers for targets without reference types write no table symbols. Then there may only be one table: the
    /// indirect function table, which is imported.
    fn check_tables(&self) -> Parsed<()> {
        let is_table = |symbol: &&ObjectSymbol<'_>| symbol.kind == SymbolKind::Table;
        let symbols = self.symbols.iter().filter(is_table).count();
        let count = self.imports.tables.len() + self.tables.len();
        if count == symbols {
            return Ok(());
        }
        if symbols > 0 {
            return Err(format!(
                "expected one symbol table entry for each of the {count} table(s) present, but got \
                 {symbols} symbol(s) instead"
            ));
        }
        if !self.tables.is_empty() {
            return Err(
                "unexpected table definition(s) without corresponding symbol-table entries".into(),
            );
        }
        match &self.imports.tables[..] {
            [(name, _)] if name.field != "__indirect_function_table" => Err(format!(
                "table import {} is missing a symbol table entry",
                name.field
            )),
            [_] => Ok(()),
            _ => Err("multiple table imports, but no corresponding symbol-table entries".into()),
        }
    }

    pub(super) fn comdat(&self, item: wasmparser::Comdat<'a>) -> Parsed<Comdat<'a>> {
        let mut comdat = Comdat {
            name: item.name,
            functions: Vec::new(),
            segments: Vec::new(),
            customs: Vec::new(),
        };
        for member in item.symbols {
            let member = member.map_err(text)?;
            match member.kind {
                ComdatSymbolKind::Data => comdat.segments.push(member.index),
                ComdatSymbolKind::Func => comdat.functions.extend(
                    member
                        .index
                        .checked_sub(self.imports.functions.len() as u32),
                ),
                ComdatSymbolKind::Section => {
                    let found = self.custom(member.index);
                    comdat.customs.extend(found.map(|at| at as u32));
                }
                _ => return Err(format!("group `{}` has an unusual member", item.name)),
            }
        }
        Ok(comdat)
    }

    pub(super) fn symbol(&self, info: SymbolInfo<'a>) -> Parsed<ObjectSymbol<'a>> {
        match info {
            SymbolInfo::Func { flags, index, name } => {
                self.item(SymbolKind::Function, flags, index, name)
            }
            SymbolInfo::Global { flags, index, name } => {
                self.item(SymbolKind::Global, flags, index, name)
            }
            SymbolInfo::Table { flags, index, name } => {
                self.item(SymbolKind::Table, flags, index, name)
            }
            SymbolInfo::Event { flags, index, name } => {
                self.item(SymbolKind::Tag, flags, index, name)
            }
            SymbolInfo::Data {
                flags,
                name,
                symbol,
            } => {
                let place = match symbol {
                    None => Place::Undefined,
                    Some(data) if flags.contains(SymbolFlags::ABSOLUTE) => {
                        Place::Absolute(data.offset)
                    }
                    Some(data) => {
                        let segment = self.segments.get(data.index as usize).ok_or_else(|| {
                            let count = self.segments.len();
                            format!("symbol `{name}` is in segment {} of {count}", data.index)
                        })?;
                        if data.offset as usize > segment.data.len() {
                            return Err(format!("symbol `{name}` is past its segment's end"));
                        }
                        Place::Data {
                            segment: data.index,
                            offset: data.offset,
                        }
                    }
                };
                Ok(ObjectSymbol {
                    name,
                    kind: SymbolKind::Data,
                    flags,
                    place,
                    index: symbol.map_or(0, |data| data.size),
                    signature: &[],
                    hash: 0,
                    called: false,
                    class: NameClass::None,
                })
            }
            SymbolInfo::Section { flags, section } => {
                // Sections that were left out (bitcode) get a number that no list contains.
                let at = self.custom(section);
                Ok(ObjectSymbol {
                    name: "",
                    kind: SymbolKind::Section,
                    flags: flags | SymbolFlags::BINDING_LOCAL,
                    place: Place::Item(at.map_or(u32::MAX, |at| at as u32)),
                    index: 0,
                    signature: &[],
                    hash: 0,
                    called: false,
                    class: NameClass::None,
                })
            }
        }
    }

    /// The symbol of a function, global, table or tag.
    fn item(
        &self,
        kind: SymbolKind,
        flags: SymbolFlags,
        index: u32,
        name: Option<&'a str>,
    ) -> Parsed<ObjectSymbol<'a>> {
        let imports = &self.imports;
        let (imported, own, what) = match kind {
            SymbolKind::Function => (imports.functions.len(), self.functions.len(), "function"),
            SymbolKind::Global => (imports.globals.len(), self.globals.len(), "global"),
            SymbolKind::Table => (imports.tables.len(), self.tables.len(), "table"),
            _ => (imports.tags.len(), self.tags.len(), "tag"),
        };
        let at = index as usize;
        let signature = |at: usize, import: bool| match (kind, import) {
            (SymbolKind::Function, false) => Ok(self.functions[at].signature),
            (SymbolKind::Function, true) => self.signature(imports.functions[at].1),
            (SymbolKind::Tag, false) => self.signature(self.tags[at]),
            (SymbolKind::Tag, true) => self.signature(imports.tags[at].1),
            _ => Ok(&[][..]),
        };
        let out_of_range = || format!("a symbol names {what} {index} of {}", imported + own);
        if !flags.contains(SymbolFlags::UNDEFINED) {
            if at < imported || at - imported >= own {
                return Err(out_of_range());
            }
            return Ok(ObjectSymbol {
                name: name.unwrap_or_default(),
                kind,
                flags,
                place: Place::Item(index - imported as u32),
                index,
                signature: signature(at - imported, false)?,
                hash: 0,
                called: false,
                class: NameClass::None,
            });
        }
        if flags.contains(SymbolFlags::BINDING_WEAK)
            && matches!(kind, SymbolKind::Global | SymbolKind::Table)
        {
            return Err(format!(
                "{what} {index} is weak, but only functions and data can be missing"
            ));
        }
        let import = match kind {
            SymbolKind::Function => imports.functions.get(at).map(|import| import.0),
            SymbolKind::Global => imports.globals.get(at).map(|import| import.0),
            SymbolKind::Table => imports.tables.get(at).map(|import| import.0),
            _ => imports.tags.get(at).map(|import| import.0),
        };
        let import = import.ok_or_else(out_of_range)?;
        Ok(ObjectSymbol {
            name: name.unwrap_or(import.field),
            kind,
            flags,
            place: Place::Undefined,
            index,
            signature: signature(at, true)?,
            hash: 0,
            called: false,
            class: NameClass::None,
        })
    }
}
