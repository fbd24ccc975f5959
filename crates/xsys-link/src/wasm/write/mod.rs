//! Write: lists the pieces of the output.
//!
//! Each body, data segment and custom section is a piece whose size is known; [`self::fill`] writes their bytes.

mod build_id;
mod dylink;
mod fill;
mod names;

use wasmparser::ExternalKind;

use crate::wasm::ids::SymbolKind;
use crate::wasm::index::OwnGlobal;
use crate::wasm::layout::module::{Module, Piece, Planned};
use crate::wasm::leb;
use crate::wasm::live::externals::import_name;
use crate::wasm::object::MAGIC;
use crate::wasm::relocatable;
use crate::wasm::symbols::LinkerSymbol;
use crate::wasm::synthetic::code;

const HAS_MAX: u8 = 1;
const IS_SHARED: u8 = 2;
const IS_64: u8 = 4;
const CUSTOM_PAGE_SIZE: u8 = 8;
const PASSIVE: u8 = 1;
const FUNCREF: u8 = 0x70;
const I32: u8 = 0x7f;
const I64: u8 = 0x7e;
const END: u8 = 0x0b;

/// Lists the pieces of the output.
pub(super) fn plan<'m, 's, 'a>(module: &'m Module<'s, 'a>) -> Planned<'m, 's, 'a> {
    let pieces = module.pieces().into_iter();
    let pieces = pieces.map(|piece| {
        let size = module.size(&piece);
        (piece, size)
    });
    Planned::new(module, pieces.collect())
}

impl<'s, 'a> Module<'s, 'a> {
    fn pieces(&self) -> Vec<Piece<'s, 'a>> {
        let mut pieces = vec![Piece::Bytes(MAGIC.to_vec())];
        let sections = [
            (0, dylink::contents(self)),
            (1, self.types()),
            (2, self.imports()),
            (3, self.functions()),
            (4, self.tables()),
            (5, self.memory()),
            (13, self.tags()),
            (6, self.globals()),
            (7, self.exports()),
            (8, self.start()),
            (9, self.elements()),
            (12, self.data_count()),
        ];
        for (id, contents) in sections {
            if let Some(contents) = contents {
                let mut section = vec![id];
                leb::uleb(&mut section, contents.len() as u64);
                section.extend(contents);
                pieces.push(Piece::Bytes(section));
            }
        }
        self.code(&mut pieces);
        self.data(&mut pieces);
        self.customs(&mut pieces);
        pieces
    }

    fn types(&self) -> Option<Vec<u8>> {
        let types = &self.layout.indexes.types;
        list(types, |out, signature| out.extend_from_slice(signature))
    }

    fn imports(&self) -> Option<Vec<u8>> {
        let mut items: Vec<Vec<u8>> = Vec::new();
        if let Some((from, name)) = &self.options.memory.import {
            let mut item = Vec::new();
            leb::string(&mut item, from);
            leb::string(&mut item, name);
            item.push(2);
            self.memory_limits(&mut item);
            items.push(item);
        }
        for &id in &self.layout.indexes.imports {
            let symbol = self.resolved.symbol(id);
            let from = import_name(symbol);
            let mut item = Vec::new();
            leb::string(&mut item, from.module);
            leb::string(&mut item, from.field);
            match symbol.kind {
                SymbolKind::Function => {
                    item.push(0);
                    self.type_number(&mut item, symbol.signature);
                }
                SymbolKind::Table => {
                    item.push(1);
                    match symbol.file {
                        Some(file) if symbol.name != "__indirect_function_table" => {
                            let tables = &self.resolved.file(file).imports.tables;
                            item.extend_from_slice(&tables[symbol.import_index as usize].1);
                        }
                        _ => self.table_limits(&mut item, false),
                    }
                }
                SymbolKind::Tag => {
                    item.extend([4, 0]);
                    self.type_number(&mut item, symbol.signature);
                }
                _ => {
                    item.push(3);
                    item.extend(symbol.global_type);
                }
            }
            items.push(item);
        }
        // `DynamicLinking.md`: a mutable global that contains the address, or the slot of a function.
        let pointer = if self.options.is64() { I64 } else { I32 };
        for &id in &self.layout.indexes.imported_addresses {
            let symbol = self.resolved.symbol(id);
            let mut item = Vec::new();
            let from = match symbol.kind {
                SymbolKind::Function => "GOT.func",
                _ => "GOT.mem",
            };
            leb::string(&mut item, from);
            leb::string(&mut item, symbol.name);
            item.extend([3, pointer, 1]);
            items.push(item);
        }
        list(&items, |out, item| out.extend_from_slice(item))
    }

    fn type_number(&self, out: &mut Vec<u8>, signature: crate::wasm::object::Signature<'a>) {
        let number = self.layout.indexes.type_number(signature).unwrap_or(0);
        leb::uleb(out, u64::from(number));
    }

    fn functions(&self) -> Option<Vec<u8>> {
        list(&self.layout.indexes.functions, |out, &function| {
            self.type_number(out, self.resolved.signature(function));
        })
    }

    fn tables(&self) -> Option<Vec<u8>> {
        let indexes = &self.layout.indexes;
        let mut items = Vec::new();
        let mut own = indexes.own_function_table.then(|| {
            let mut item = Vec::new();
            self.table_limits(&mut item, !self.options.table.growable);
            item
        });
        if indexes.function_table_first {
            items.extend(own.take());
        }
        for &(file, at) in &indexes.tables {
            items.push(self.resolved.file(file).tables[at as usize].to_vec());
        }
        items.extend(own);
        list(&items, |out, item| out.extend_from_slice(item))
    }

    fn table_limits(&self, out: &mut Vec<u8>, fixed: bool) {
        let slots = self.layout.indexes.elements.len() as u64;
        let size = u64::from(self.options.table.base) + slots;
        let is64 = if self.options.is64() { IS_64 } else { 0 };
        out.extend([FUNCREF, u8::from(fixed) | is64]);
        leb::uleb(out, size);
        if fixed {
            leb::uleb(out, size);
        }
    }

    fn memory(&self) -> Option<Vec<u8>> {
        if self.options.memory.import.is_some() {
            return None;
        }
        let mut out = vec![1];
        self.memory_limits(&mut out);
        Some(out)
    }

    fn memory_limits(&self, out: &mut Vec<u8>) {
        let memory = &self.layout.memory;
        let page_size = self.options.memory.page_size;
        let mut flags = 0;
        if memory.max_pages.is_some() {
            flags |= HAS_MAX;
        }
        if memory.shared {
            flags |= IS_SHARED;
        }
        if self.options.is64() {
            flags |= IS_64;
        }
        if page_size != 65536 {
            flags |= CUSTOM_PAGE_SIZE;
        }
        out.push(flags);
        leb::uleb(out, memory.pages);
        if let Some(max) = memory.max_pages {
            leb::uleb(out, max);
        }
        if page_size != 65536 {
            leb::uleb(out, u64::from(page_size.trailing_zeros()));
        }
    }

    fn tags(&self) -> Option<Vec<u8>> {
        list(&self.layout.indexes.tags, |out, &(file, at)| {
            let object = self.resolved.file(file);
            out.push(0);
            self.type_number(out, object.types[object.tags[at as usize] as usize]);
        })
    }

    fn globals(&self) -> Option<Vec<u8>> {
        list(&self.layout.indexes.globals, |out, global| {
            let memory = &self.layout.memory;
            let (mutable, value) = match *global {
                OwnGlobal::Object(file, at) => {
                    let bytes = self.resolved.file(file).globals[at as usize].bytes;
                    match self.options.shrink.compat {
                        true => global_anew(out, bytes),
                        false => out.extend_from_slice(bytes),
                    }
                    return;
                }
                OwnGlobal::Linker(LinkerSymbol::StackPointer) => (1, memory.stack_pointer()),
                // Each thread sets its own.
                OwnGlobal::Linker(LinkerSymbol::TlsBase) if memory.shared => (1, 0),
                OwnGlobal::Linker(LinkerSymbol::TlsSize) => (0, memory.tls_size()),
                OwnGlobal::Linker(LinkerSymbol::TlsAlign) => (0, memory.tls_align()),
                OwnGlobal::Linker(_) => (0, memory.tls_base()),
                OwnGlobal::Exported(id) => {
                    let symbol = self.resolved.symbol(id);
                    (0, memory.symbol_address(symbol, 0).unwrap_or(0))
                }
                OwnGlobal::AddressOf(id) => {
                    let symbol = self.resolved.symbol(id);
                    if symbol.kind == SymbolKind::Function {
                        // The address of a function that traps in place of an undefined one is null.
                        let slot = self.layout.indexes.slot(id, symbol);
                        (0, if symbol.stub { 0 } else { u64::from(slot) })
                    } else if memory.shared && symbol.is_tls() {
                        // Each thread adds its `__tls_base`.
                        (1, memory.symbol_address(symbol, 0).unwrap_or(0))
                    } else {
                        (0, memory.plain_address(symbol, 0).unwrap_or(0))
                    }
                }
            };
            out.extend([if self.options.is64() { I64 } else { I32 }, mutable]);
            self.constant(out, value);
        })
    }

    fn exports(&self) -> Option<Vec<u8>> {
        list(&self.layout.exports, |out, export| {
            leb::string(out, export.name);
            out.push(match export.kind {
                ExternalKind::Table => 1,
                ExternalKind::Memory => 2,
                ExternalKind::Global => 3,
                ExternalKind::Tag => 4,
                _ => 0,
            });
            leb::uleb(out, u64::from(export.index));
        })
    }

    fn start(&self) -> Option<Vec<u8>> {
        let start = self.layout.start?;
        let mut out = Vec::new();
        leb::uleb(&mut out, u64::from(start));
        Some(out)
    }

    fn elements(&self) -> Option<Vec<u8>> {
        let indexes = &self.layout.indexes;
        if indexes.elements.is_empty() {
            return None;
        }
        let table = indexes.function_table();
        let mut out = vec![1];
        if table == 0 {
            out.push(0);
        } else {
            out.push(2);
            leb::uleb(&mut out, u64::from(table));
        }
        self.constant(&mut out, u64::from(self.options.table.base));
        if table != 0 {
            out.push(0);
        }
        leb::uleb(&mut out, indexes.elements.len() as u64);
        for &id in &indexes.elements {
            let number = indexes.symbol_number(id, self.resolved.symbol(id));
            leb::uleb(&mut out, u64::from(number.unwrap_or(0)));
        }
        Some(out)
    }

    /// The data count section, which instructions that name data segments need.
    fn data_count(&self) -> Option<Vec<u8>> {
        let memory = &self.layout.memory;
        let written = memory.segments.iter().filter(|segment| !segment.zero);
        let count = written.count() as u64;
        if !memory.shared || count == 0 {
            return None;
        }
        let mut out = Vec::new();
        leb::uleb(&mut out, count);
        Some(out)
    }

    /// Appends a constant expression for an address.
    fn constant(&self, out: &mut Vec<u8>, value: u64) {
        code::pointer(out, value, self.options.is64());
        out.push(END);
    }

    fn code(&self, pieces: &mut Vec<Piece<'s, 'a>>) {
        let functions = &self.layout.indexes.functions;
        if functions.is_empty() {
            return;
        }
        let mut head = vec![10];
        leb::uleb(&mut head, self.layout.code_size);
        leb::uleb(&mut head, functions.len() as u64);
        pieces.push(Piece::Bytes(head));
        pieces.extend(functions.iter().map(|&function| Piece::Body(function)));
    }

    fn data(&self, pieces: &mut Vec<Piece<'s, 'a>>) {
        let segments = self.layout.memory.segments.iter().enumerate();
        let written: Vec<_> = segments.filter(|(_, segment)| !segment.zero).collect();
        if written.is_empty() {
            return;
        }
        let mut parts = Vec::new();
        for (at, segment) in written {
            let Some(contents) = self.layout.contents.get(at) else {
                let head = self.data_head(segment.addr, segment.size);
                parts.push((head, Piece::Segment(at, segment)));
                continue;
            };
            for chunk in &contents.chunks {
                let head = self.data_head(segment.addr + chunk.start as u64, chunk.len() as u64);
                let bytes = &contents.bytes[chunk.clone()];
                parts.push((head, Piece::Chunk(at, chunk.start, bytes)));
            }
        }
        if parts.is_empty() {
            return;
        }
        let sizes = parts
            .iter()
            .map(|(head, piece)| head.len() + self.size(piece));
        let size = leb::uleb_len(parts.len() as u64) + sizes.sum::<usize>();
        let mut head = vec![11];
        leb::uleb(&mut head, size as u64);
        leb::uleb(&mut head, parts.len() as u64);
        pieces.push(Piece::Bytes(head));
        for (head, piece) in parts {
            pieces.extend([Piece::Bytes(head), piece]);
        }
    }

    fn data_head(&self, addr: u64, size: u64) -> Vec<u8> {
        let mut head = Vec::new();
        if self.layout.memory.shared {
            head.push(PASSIVE);
        } else {
            head.push(0);
            self.constant(&mut head, addr);
        }
        leb::uleb(&mut head, size);
        head
    }

    fn customs(&self, pieces: &mut Vec<Piece<'s, 'a>>) {
        for custom in &self.layout.customs {
            pieces.push(Piece::Bytes(custom_head(custom.name, custom.size as usize)));
            pieces.push(Piece::Custom(custom));
        }
        if self.options.keeps_relocs() {
            for (name, contents) in relocatable::sections(self, pieces, |piece| self.size(piece)) {
                pieces.push(Piece::Bytes(custom_head(&name, contents.len())));
                pieces.push(Piece::Bytes(contents));
            }
        }
        let forbidden = relocatable::forbidden_features(self);
        let own = [
            (
                "name",
                names::names(self.options, self.resolved, self.layout),
            ),
            (
                "producers",
                names::producers(self.resolved).map(|contents| vec![contents]),
            ),
            (
                "target_features",
                self.features
                    .section(&forbidden)
                    .map(|contents| vec![contents]),
            ),
        ];
        for (name, parts) in own {
            if let Some(parts) = parts.filter(|_| self.options.keeps(name)) {
                let size = parts.iter().map(Vec::len).sum();
                pieces.push(Piece::Bytes(custom_head(name, size)));
                pieces.extend(parts.into_iter().map(Piece::Bytes));
            }
        }
        // This section is last, because the id in it is computed from all bytes before it.
        if let Some(contents) = build_id::section(&self.options.build_id) {
            pieces.push(Piece::Bytes(custom_head("build_id", contents.len())));
            pieces.push(Piece::Bytes(contents));
        }
    }
}

/// A global as wasm-ld writes it: numbers anew, and all references that are null as external ones.
fn global_anew(out: &mut Vec<u8>, global: &[u8]) {
    const I32_CONST: u8 = 0x41;
    const I64_CONST: u8 = 0x42;
    const REF_NULL: u8 = 0xd0;
    const EXTERNREF: u8 = 0x6f;
    let (kind, value) = global.split_at(global.len().min(2));
    out.extend_from_slice(kind);
    let number = value.get(1..).unwrap_or_default();
    let number = wasmparser::BinaryReader::new(number, 0).read_var_i64();
    match (value.first(), number) {
        (Some(&opcode @ (I32_CONST | I64_CONST)), Ok(number)) => {
            out.push(opcode);
            leb::sleb(out, number);
            out.push(END);
        }
        (Some(&REF_NULL), _) => out.extend([REF_NULL, EXTERNREF, END]),
        _ => out.extend_from_slice(value),
    }
}

/// The contents of a section that is a list: the count and the items. `None` if the list is empty.
fn list<T>(items: &[T], mut put: impl FnMut(&mut Vec<u8>, &T)) -> Option<Vec<u8>> {
    if items.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    leb::uleb(&mut out, items.len() as u64);
    for item in items {
        put(&mut out, item);
    }
    Some(out)
}

fn custom_head(name: &str, size: usize) -> Vec<u8> {
    let mut field = Vec::new();
    leb::string(&mut field, name);
    let mut head = vec![0];
    leb::uleb(&mut head, (field.len() + size) as u64);
    head.extend(field);
    head
}
