//! A linked module, read with a parser that the linker's output code does not share.
//!
//! Spec: the WebAssembly core specification, "Binary Format", and the threads, memory64 and
//! exception handling proposals.

use std::collections::BTreeMap;
use std::ops::Range;

use wasmparser::{
    BinaryReader, ConstExpr, DataKind, ElementItems, ElementKind, ExternalKind, FuncType,
    GlobalType, MemoryType, Name, Operator, Parser, Payload, TableType, TypeRef, Validator,
    WasmFeatures,
};

/// A module.
#[derive(Debug, Default)]
pub struct Module {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Function types.
    pub types: Vec<FuncType>,
    /// Imports in order: module, field, what.
    pub imports: Vec<(String, String, TypeRef)>,
    /// The type of each function, imported ones first.
    pub functions: Vec<u32>,
    /// Bodies of the functions that are not imported: extents in `bytes`.
    pub bodies: Vec<Range<usize>>,
    /// Tables, imported ones first.
    pub tables: Vec<TableType>,
    /// Memories, imported ones first.
    pub memories: Vec<MemoryType>,
    /// Types of tags, imported ones first.
    pub tags: Vec<u32>,
    /// Globals, imported ones first; their values where they have constant ones.
    pub globals: Vec<(GlobalType, Option<i64>)>,
    /// Exports in order.
    pub exports: Vec<(String, ExternalKind, u32)>,
    /// The start function.
    pub start: Option<u32>,
    /// Functions in tables: table, first slot, functions.
    pub elements: Vec<(u32, u64, Vec<u32>)>,
    /// Data segments: address (none for passive ones) and contents.
    pub data: Vec<(Option<u64>, Vec<u8>)>,
    /// Custom sections but `name`.
    pub customs: Vec<(String, Vec<u8>)>,
    /// Names of functions.
    pub function_names: BTreeMap<u32, String>,
    /// Names of globals.
    pub global_names: BTreeMap<u32, String>,
    /// Names of segments.
    pub data_names: BTreeMap<u32, String>,
}

/// Validates a module with every proposal allowed.
pub fn validate(bytes: &[u8]) -> Result<(), String> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    match validator.validate_all(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("the module is not valid: {error}")),
    }
}

impl Module {
    /// Reads a module.
    pub fn parse(bytes: Vec<u8>) -> Result<Module, String> {
        let mut module = Module::default();
        module
            .read(&bytes)
            .map_err(|error| format!("the module cannot be read: {error}"))?;
        module.bytes = bytes;
        Ok(module)
    }

    fn read(&mut self, bytes: &[u8]) -> wasmparser::Result<()> {
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(types) => {
                    for ty in types.into_iter_err_on_gc_types() {
                        self.types.push(ty?);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        match import.ty {
                            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => self.functions.push(ty),
                            TypeRef::Table(ty) => self.tables.push(ty),
                            TypeRef::Memory(ty) => self.memories.push(ty),
                            TypeRef::Global(ty) => self.globals.push((ty, None)),
                            TypeRef::Tag(ty) => self.tags.push(ty.func_type_idx),
                        }
                        let (from, name) = (import.module.to_owned(), import.name.to_owned());
                        self.imports.push((from, name, import.ty));
                    }
                }
                Payload::FunctionSection(types) => {
                    for ty in types {
                        self.functions.push(ty?);
                    }
                }
                Payload::TableSection(tables) => {
                    for table in tables {
                        self.tables.push(table?.ty);
                    }
                }
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        self.memories.push(memory?);
                    }
                }
                Payload::TagSection(tags) => {
                    for tag in tags {
                        self.tags.push(tag?.func_type_idx);
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        let global = global?;
                        self.globals.push((global.ty, constant(&global.init_expr)));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        let name = export.name.to_owned();
                        self.exports.push((name, export.kind, export.index));
                    }
                }
                Payload::StartSection { func, .. } => self.start = Some(func),
                Payload::ElementSection(elements) => {
                    for element in elements {
                        let element = element?;
                        if let ElementItems::Functions(items) = element.items {
                            let items: Result<Vec<u32>, _> = items.into_iter().collect();
                            let (table, at) = match element.kind {
                                ElementKind::Active {
                                    table_index,
                                    offset_expr,
                                } => (
                                    table_index.unwrap_or(0),
                                    constant(&offset_expr).unwrap_or(0) as u64,
                                ),
                                _ => (u32::MAX, 0),
                            };
                            self.elements.push((table, at, items?));
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let range = body.range();
                    self.bodies.push(range.start as usize..range.end as usize);
                }
                Payload::DataSection(segments) => {
                    for segment in segments {
                        let segment = segment?;
                        let at = match segment.kind {
                            DataKind::Passive => None,
                            DataKind::Active { offset_expr, .. } => {
                                constant(&offset_expr).map(|at| at as u64 & self.address_mask())
                            }
                        };
                        self.data.push((at, segment.data.to_vec()));
                    }
                }
                Payload::CustomSection(custom) if custom.name() == "name" => {
                    self.read_names(BinaryReader::new(custom.data(), 0))?;
                }
                Payload::CustomSection(custom) => {
                    let name = custom.name().to_owned();
                    self.customs.push((name, custom.data().to_vec()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn read_names(&mut self, reader: BinaryReader<'_>) -> wasmparser::Result<()> {
        for part in wasmparser::NameSectionReader::new(reader) {
            let (map, names) = match part? {
                Name::Function(map) => (map, &mut self.function_names),
                Name::Global(map) => (map, &mut self.global_names),
                Name::Data(map) => (map, &mut self.data_names),
                _ => continue,
            };
            for naming in map {
                let naming = naming?;
                names.insert(naming.index, naming.name.to_owned());
            }
        }
        Ok(())
    }

    /// Whether addresses have 64 bits.
    pub fn is64(&self) -> bool {
        self.memories.first().is_some_and(|memory| memory.memory64)
    }

    fn address_mask(&self) -> u64 {
        match self.is64() {
            true => u64::MAX,
            false => u64::from(u32::MAX),
        }
    }

    /// How many functions are imported.
    pub fn imported_functions(&self) -> usize {
        self.functions.len() - self.bodies.len()
    }

    /// The bytes of a function's body, without its size; none for imported functions.
    pub fn body(&self, function: u32) -> Option<&[u8]> {
        let at = (function as usize).checked_sub(self.imported_functions())?;
        self.bytes.get(self.bodies.get(at)?.clone())
    }

    /// A function's type.
    pub fn function_type(&self, function: u32) -> Option<&FuncType> {
        let ty = self.functions.get(function as usize)?;
        self.types.get(*ty as usize)
    }

    /// What the name section calls a function.
    pub fn function_name(&self, function: u32) -> String {
        match self.function_names.get(&function) {
            Some(name) => name.clone(),
            None => format!("#{function}"),
        }
    }

    /// The function of a name.
    pub fn function_named(&self, name: &str) -> Option<u32> {
        let mut names = self.function_names.iter();
        names.find(|(_, known)| *known == name).map(|(at, _)| *at)
    }

    /// The functions that a function calls directly, in order.
    pub fn calls(&self, function: u32) -> Vec<u32> {
        let Some(body) = self.body(function) else {
            return Vec::new();
        };
        let body = wasmparser::FunctionBody::new(BinaryReader::new(body, 0));
        let Ok(operators) = body.get_operators_reader() else {
            return Vec::new();
        };
        let called = operators.into_iter().flatten().filter_map(|op| match op {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                Some(function_index)
            }
            _ => None,
        });
        called.collect()
    }

    /// An export.
    pub fn export(&self, name: &str, kind: ExternalKind) -> Option<u32> {
        let mut exports = self.exports.iter();
        let found = exports.find(|(known, of, _)| known == name && *of == kind);
        found.map(|(.., index)| *index)
    }

    /// `2`, `2..16 shared`, `1..1 64-bit`.
    pub fn limits(initial: u64, maximum: Option<u64>, shared: bool, is64: bool) -> String {
        let mut text = match maximum {
            Some(maximum) => format!("{initial}..{maximum}"),
            None => initial.to_string(),
        };
        if shared {
            text += " shared";
        }
        if is64 {
            text += " 64-bit";
        }
        text
    }
}

/// The value of a constant expression.
fn constant(expression: &ConstExpr<'_>) -> Option<i64> {
    match expression.get_operators_reader().read().ok()? {
        Operator::I32Const { value } => Some(i64::from(value)),
        Operator::I64Const { value } => Some(value),
        _ => None,
    }
}
