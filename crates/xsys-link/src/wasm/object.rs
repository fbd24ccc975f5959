//! One relocatable object, parsed just far enough that linking it needs no second look.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md` (sections `linking` and `reloc.*`, version 2).
//!
//! Everything borrows from the file's bytes. After [`ObjectFile::parse`] these hold, and later
//! passes rely on them: every symbol's index names an existing item of its kind; every relocation
//! lies inside its chunk, in ascending order, and names an existing symbol of the kind that its
//! type needs (or an existing type); every initialiser names a function.

use wasmparser::{
    BinaryReader, ComdatSymbolKind, Linking, LinkingSectionReader, RelocationEntry, SymbolFlags,
    SymbolInfo, TypeRef,
};

use super::name_table;
use super::reloc::{self, Relocs, Value};

/// A function type in its encoded form: two equal types have equal bytes.
pub type Signature<'a> = &'a [u8];

/// A relocatable object.
#[derive(Debug, Default)]
pub struct ObjectFile<'a> {
    /// The file's name, `archive(member)` for archive members.
    pub name: String,
    /// Its function types.
    pub types: Vec<Signature<'a>>,
    /// Its imports, per kind, in index order.
    pub imports: Imports<'a>,
    /// Its own functions.
    pub functions: Vec<Function<'a>>,
    /// Its own globals: type and initial value.
    pub globals: Vec<Global<'a>>,
    /// Its own tables, as encoded table types.
    pub tables: Vec<&'a [u8]>,
    /// Its own tags, as type indexes.
    pub tags: Vec<u32>,
    /// Its data segments.
    pub segments: Vec<Segment<'a>>,
    /// Its custom sections, without those which the linker understands itself.
    pub customs: Vec<Custom<'a>>,
    /// Its symbol table.
    pub symbols: Vec<ObjectSymbol<'a>>,
    /// Functions to call before the program starts: priority and symbol.
    pub init_functions: Vec<(u32, u32)>,
    /// COMDAT groups.
    pub comdats: Vec<Comdat<'a>>,
    /// `target_features`: prefix (`+`, `-`, `=`) and name.
    pub features: Vec<(u8, &'a str)>,
    /// `producers`: field, name, version.
    pub producers: Vec<(&'a str, &'a str, &'a str)>,
    /// Whether addresses are 64 bits wide.
    pub memory64: bool,
    /// Whether it calls through the function table as number 0, as code without `reference-types`
    /// does: no symbol and no relocation names the table.
    pub legacy_table: bool,
}

/// Imports of an object per kind; an index space starts with its imports.
#[derive(Debug, Default)]
pub struct Imports<'a> {
    /// Functions, with type indexes.
    pub functions: Vec<(ImportName<'a>, u32)>,
    /// Globals, with encoded types.
    pub globals: Vec<(ImportName<'a>, [u8; 2])>,
    /// Tables, with encoded types.
    pub tables: Vec<(ImportName<'a>, Vec<u8>)>,
    /// Tags, with type indexes.
    pub tags: Vec<(ImportName<'a>, u32)>,
}

/// Module and field of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImportName<'a> {
    /// The module.
    pub module: &'a str,
    /// The field.
    pub field: &'a str,
}

/// A function body.
#[derive(Clone, Copy, Debug)]
pub struct Function<'a> {
    /// Its type.
    pub signature: Signature<'a>,
    /// Size field and body, as they stand in the file.
    pub bytes: &'a [u8],
    /// Length of the size field.
    pub size_len: u32,
    /// Where `bytes` starts in the code section.
    pub offset: u32,
    /// What is to be patched, offsets from the section's start.
    pub relocs: Relocs<'a>,
    /// The name that the object exports it under, if it does (`export_name`).
    pub export_name: Option<&'a str>,
    /// The name in the object's own name section.
    pub debug_name: Option<&'a str>,
}

/// A global variable.
#[derive(Clone, Copy, Debug)]
pub struct Global<'a> {
    /// Encoded type and initial value.
    pub bytes: &'a [u8],
    /// Whether it can be assigned.
    pub mutable: bool,
}

/// A data segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// The name, `.data.something`.
    pub name: &'a str,
    /// Alignment as a power of two.
    pub align: u32,
    /// Whether it holds NUL-terminated strings that may be merged.
    pub strings: bool,
    /// Whether each thread has one.
    pub tls: bool,
    /// Whether it stays without being referred to.
    pub retain: bool,
    /// The contents.
    pub data: &'a [u8],
    /// Where `data` starts in the data section.
    pub offset: u32,
    /// What is to be patched, offsets from the section's start.
    pub relocs: Relocs<'a>,
}

/// A custom section.
#[derive(Clone, Copy, Debug)]
pub struct Custom<'a> {
    /// The name.
    pub name: &'a str,
    /// The contents after the name.
    pub data: &'a [u8],
    /// What is to be patched, offsets from the start of `data`.
    pub relocs: Relocs<'a>,
    /// The section's number in the file.
    index: u32,
}

/// A COMDAT group: only the first of that name stays.
#[derive(Clone, Debug)]
pub struct Comdat<'a> {
    /// The group's name.
    pub name: &'a str,
    /// Members.
    pub functions: Vec<u32>,
    /// Members.
    pub segments: Vec<u32>,
    /// Members, as positions in `customs`.
    pub customs: Vec<u32>,
}

/// A symbol of an object.
#[derive(Clone, Copy, Debug)]
pub struct ObjectSymbol<'a> {
    /// The name; empty for sections.
    pub name: &'a str,
    /// What it names.
    pub kind: SymbolKind,
    /// Binding, visibility and the rest.
    pub flags: SymbolFlags,
    /// Where it is, or what it imports.
    pub place: Place<'a>,
    /// Its number in the object's index space; the size of data; zero for sections.
    pub index: u32,
    /// The type of a function or tag; empty for the rest.
    pub signature: Signature<'a>,
    /// The name's [`hash`](super::name_table::hash); zero for local symbols.
    pub hash: u64,
    /// Whether a call instruction names it: only then its type matters.
    pub called: bool,
}

impl ObjectSymbol<'_> {
    /// Whether the object needs somebody else to define this.
    pub fn is_lacking(&self) -> bool {
        let not_strong = SymbolFlags::BINDING_LOCAL | SymbolFlags::BINDING_WEAK;
        matches!(self.place, Place::Undefined { .. }) && !self.flags.intersects(not_strong)
    }
}

/// What a symbol names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum SymbolKind {
    Function,
    Data,
    Global,
    Table,
    Tag,
    Section,
}

/// Where an object's symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// Elsewhere. `explicit` says that the import's name was given in the source.
    Undefined {
        /// The import, except for data.
        import: Option<ImportName<'a>>,
        /// Whether the source asked for this very import.
        explicit: bool,
    },
    /// In this object: position in the list of its kind, without imports.
    Item(u32),
    /// In this object's data.
    Data {
        /// Which segment.
        segment: u32,
        /// Where in it.
        offset: u64,
    },
    /// At a fixed address.
    Absolute(u64),
}

/// Why an object cannot be used; the caller knows the file's name.
pub type Problem = String;

type Parsed<T> = Result<T, Problem>;

/// The first eight bytes of a module.
pub const MAGIC: &[u8] = b"\0asm\x01\0\0\0";

fn text(error: wasmparser::Error) -> Problem {
    format!("{} at offset {:#x}", error.message(), error.offset())
}

struct Section<'a> {
    id: u8,
    start: usize,
    payload: &'a [u8],
}

/// Splits a module into sections.
fn sections<'a>(bytes: &'a [u8]) -> Parsed<Vec<Section<'a>>> {
    let mut reader = BinaryReader::new(bytes, 0);
    if reader
        .read_bytes(MAGIC.len().min(bytes.len()))
        .map_err(text)?
        != MAGIC
    {
        return Err("it does not start like a wasm module".into());
    }
    let mut found = Vec::new();
    while !reader.eof() {
        let id = reader.read_u8().map_err(text)?;
        let size = reader.read_var_u32().map_err(text)?;
        let start = reader.current_position();
        let payload = reader.read_bytes(size as usize).map_err(text)?;
        found.push(Section { id, start, payload });
    }
    Ok(found)
}

impl<'a> Section<'a> {
    fn reader(&self) -> BinaryReader<'a> {
        BinaryReader::new(self.payload, self.start as u64)
    }

    /// Name and contents of a custom section.
    fn custom(&self) -> Parsed<(&'a str, Section<'a>)> {
        let mut reader = self.reader();
        let name = reader.read_unlimited_string().map_err(text)?;
        let at = reader.current_position();
        Ok((
            name,
            Section {
                id: 0,
                start: self.start + at,
                payload: &self.payload[at..],
            },
        ))
    }

    /// The encoded bytes of each item of a section of `count` items read by `skip`.
    fn items(
        &self,
        mut skip: impl FnMut(&mut BinaryReader<'a>) -> wasmparser::Result<()>,
    ) -> Parsed<Vec<&'a [u8]>> {
        let mut reader = self.reader();
        let count = reader.read_var_u32().map_err(text)?;
        let mut items = Vec::new();
        for _ in 0..count {
            let from = reader.current_position();
            skip(&mut reader).map_err(text)?;
            items.push(&self.payload[from..reader.current_position()]);
        }
        Ok(items)
    }
}

/// The names that a member of an archive defines, for archives without a symbol table.
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

/// What a well-formed module without symbols is, in words; `None` for objects and broken files.
pub fn finished(bytes: &[u8]) -> Option<&'static str> {
    let mut what = "a finished wasm module";
    for section in sections(bytes)
        .ok()?
        .iter()
        .filter(|section| section.id == 0)
    {
        match section.custom().ok()?.0 {
            "linking" => return None,
            "dylink.0" | "dylink" => what = "a wasm module for dynamic linking",
            _ => {}
        }
    }
    Some(what)
}

fn each_symbol<'a>(
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

impl<'a> ObjectFile<'a> {
    /// Parses a module that was compiled for linking. Without `debug`, relocations of debug
    /// information, most of all where there is any, are not looked at.
    pub fn parse(name: String, bytes: &'a [u8], debug: bool) -> Parsed<Self> {
        let mut object = ObjectFile {
            name,
            ..Self::default()
        };
        let sections = sections(bytes)?;
        let mut function_types = Vec::new();
        let (mut linking, mut code, mut data) = (None, None, None);
        let mut relocs = Vec::new();
        let mut exports: Vec<(u32, &'a str)> = Vec::new();
        let mut names = None;
        for (index, section) in sections.iter().enumerate() {
            let index = index as u32;
            match section.id {
                0 => {
                    let (name, contents) = section.custom()?;
                    match name {
                        "linking" => linking = Some(contents),
                        "name" => names = Some(contents),
                        "producers" => object.producers = producers(&contents)?,
                        "target_features" => object.features = features(&contents)?,
                        // Bitcode that came along for link-time optimisation.
                        ".llvmbc" | ".llvmcmd" => {}
                        _ if name.starts_with("reloc.") => relocs.push(contents),
                        _ => object.customs.push(Custom {
                            name,
                            data: contents.payload,
                            relocs: Relocs::default(),
                            index,
                        }),
                    }
                }
                1 => object.types = types(section)?,
                2 => object.read_imports(section)?,
                3 => {
                    for ty in
                        wasmparser::FunctionSectionReader::new(section.reader()).map_err(text)?
                    {
                        function_types.push(ty.map_err(text)?);
                    }
                }
                4 => {
                    object.tables =
                        section.items(|reader| reader.read::<wasmparser::Table<'_>>().map(drop))?;
                }
                6 => object.read_globals(section)?,
                7 => {
                    for export in
                        wasmparser::ExportSectionReader::new(section.reader()).map_err(text)?
                    {
                        let export = export.map_err(text)?;
                        if export.kind == wasmparser::ExternalKind::Func {
                            exports.push((export.index, export.name));
                        }
                    }
                }
                10 => code = Some((index, section)),
                11 => data = Some((index, section)),
                13 => {
                    for tag in wasmparser::TagSectionReader::new(section.reader()).map_err(text)? {
                        object.tags.push(tag.map_err(text)?.func_type_idx);
                    }
                }
                // Memory, start, elements and the data count are the linker's to make.
                _ => {}
            }
        }
        if let Some((_, code)) = code {
            object.read_code(code, &function_types)?;
        } else if !function_types.is_empty() {
            return Err("it declares functions but has no code section".into());
        }
        if let Some((_, data)) = data {
            object.read_data(data)?;
        }
        let linking = linking
            .ok_or("it has no `linking` section: it is a finished module, not an object to link")?;
        object.read_linking(&linking)?;
        if let Some(names) = names {
            object.read_names(&names);
        }
        for (index, name) in exports {
            let own = index.checked_sub(object.imports.functions.len() as u32);
            if let Some(function) = own.and_then(|own| object.functions.get_mut(own as usize)) {
                function.export_name = Some(name);
            }
        }
        object.check_tags()?;
        let (code, data) = (code.map(|(index, _)| index), data.map(|(index, _)| index));
        for section in &relocs {
            object.read_relocs(section, code, data, debug)?;
        }
        Ok(object)
    }

    fn signature(&self, index: u32) -> Parsed<Signature<'a>> {
        self.types
            .get(index as usize)
            .copied()
            .ok_or_else(|| format!("it refers to type {index} of {}", self.types.len()))
    }

    fn check_tags(&self) -> Parsed<()> {
        let imported = self.imports.tags.iter().map(|&(_, ty)| ty);
        for ty in self.tags.iter().copied().chain(imported) {
            self.signature(ty)?;
        }
        Ok(())
    }

    fn read_imports(&mut self, section: &Section<'a>) -> Parsed<()> {
        let reader = wasmparser::ImportSectionReader::new(section.reader()).map_err(text)?;
        for import in reader.into_imports() {
            let import = import.map_err(text)?;
            let name = ImportName {
                module: import.module,
                field: import.name,
            };
            match import.ty {
                TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                    self.signature(ty)?;
                    self.imports.functions.push((name, ty));
                }
                TypeRef::Global(ty) => {
                    let bytes = global_type(ty).ok_or("it imports a global of an unusual type")?;
                    self.imports.globals.push((name, bytes));
                }
                TypeRef::Table(ty) => {
                    let bytes = table_type(ty).ok_or("it imports a table of an unusual type")?;
                    self.imports.tables.push((name, bytes));
                }
                TypeRef::Tag(ty) => self.imports.tags.push((name, ty.func_type_idx)),
                TypeRef::Memory(ty) => self.memory64 |= ty.memory64,
            }
        }
        Ok(())
    }

    fn read_globals(&mut self, section: &Section<'a>) -> Parsed<()> {
        let mut mutable = Vec::new();
        let items = section.items(|reader| {
            let global = reader.read::<wasmparser::Global<'_>>()?;
            mutable.push(global.ty.mutable);
            Ok(())
        })?;
        self.globals = items
            .into_iter()
            .zip(mutable)
            .map(|(bytes, mutable)| Global { bytes, mutable })
            .collect();
        Ok(())
    }

    fn read_code(&mut self, section: &Section<'a>, types: &[u32]) -> Parsed<()> {
        let mut reader = section.reader();
        let count = reader.read_var_u32().map_err(text)?;
        if count as usize != types.len() {
            let declared = types.len();
            return Err(format!(
                "it declares {declared} functions but has {count} bodies"
            ));
        }
        self.functions.reserve(types.len());
        for &ty in types {
            let from = reader.current_position();
            let size = reader.read_var_u32().map_err(text)?;
            let body = reader.current_position();
            reader.read_bytes(size as usize).map_err(text)?;
            self.functions.push(Function {
                signature: self.signature(ty)?,
                bytes: &section.payload[from..reader.current_position()],
                size_len: (body - from) as u32,
                offset: from as u32,
                relocs: Relocs::default(),
                export_name: None,
                debug_name: None,
            });
        }
        Ok(())
    }

    fn read_data(&mut self, section: &Section<'a>) -> Parsed<()> {
        let reader = wasmparser::DataSectionReader::new(section.reader()).map_err(text)?;
        for data in reader {
            let data = data.map_err(text)?;
            // The segment ends with its contents.
            let end = data.range.end as usize - section.start;
            self.segments.push(Segment {
                name: "",
                align: 0,
                strings: false,
                tls: false,
                retain: false,
                data: data.data,
                offset: (end - data.data.len()) as u32,
                relocs: Relocs::default(),
            });
        }
        Ok(())
    }

    fn read_names(&mut self, section: &Section<'a>) {
        // A broken name section costs names, nothing else.
        let imported = self.imports.functions.len() as u32;
        for part in wasmparser::NameSectionReader::new(section.reader()).flatten() {
            if let wasmparser::Name::Function(map) = part {
                for naming in map.into_iter().flatten() {
                    let own = naming.index.checked_sub(imported);
                    if let Some(function) = own.and_then(|own| self.functions.get_mut(own as usize))
                    {
                        function.debug_name = Some(naming.name);
                    }
                }
            }
        }
    }

    fn read_linking(&mut self, section: &Section<'a>) -> Parsed<()> {
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
                        // Older objects, and those that wasm-ld joins, only have the name.
                        segment.tls = item.flags.bits() & 2 != 0 || item.name.starts_with(".tdata");
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
                    // A symbol takes three bytes at least.
                    let most = section.payload.len() / 3;
                    self.symbols.reserve((map.count() as usize).min(most));
                    for symbol in map {
                        let mut symbol = self.symbol(symbol.map_err(text)?)?;
                        if !symbol.flags.contains(SymbolFlags::BINDING_LOCAL) {
                            symbol.hash = name_table::hash(symbol.name);
                        }
                        self.symbols.push(symbol);
                    }
                }
                _ => {}
            }
        }
        self.legacy_table = matches!(&self.imports.tables[..], [(name, _)]
            if name.field == "__indirect_function_table")
            && !self.symbols.iter().any(|s| s.kind == SymbolKind::Table);
        for &(_, symbol) in &self.init_functions {
            match self.symbols.get(symbol as usize) {
                Some(symbol) if symbol.kind == SymbolKind::Function => {}
                _ => return Err(format!("its initialiser {symbol} is not a function")),
            }
        }
        Ok(())
    }

    fn comdat(&self, item: wasmparser::Comdat<'a>) -> Parsed<Comdat<'a>> {
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
                ComdatSymbolKind::Section => comdat.customs.extend(
                    self.customs
                        .iter()
                        .position(|custom| custom.index == member.index)
                        .map(|at| at as u32),
                ),
                _ => return Err(format!("group `{}` has an unusual member", item.name)),
            }
        }
        Ok(comdat)
    }

    fn symbol(&self, info: SymbolInfo<'a>) -> Parsed<ObjectSymbol<'a>> {
        let item = |kind, flags: SymbolFlags, index: u32, name: Option<&'a str>| {
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
                });
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
                place: Place::Undefined {
                    import: Some(import),
                    explicit: flags.contains(SymbolFlags::EXPLICIT_NAME),
                },
                index,
                signature: signature(at, true)?,
                hash: 0,
                called: false,
            })
        };
        match info {
            SymbolInfo::Func { flags, index, name } => {
                item(SymbolKind::Function, flags, index, name)
            }
            SymbolInfo::Global { flags, index, name } => {
                item(SymbolKind::Global, flags, index, name)
            }
            SymbolInfo::Table { flags, index, name } => item(SymbolKind::Table, flags, index, name),
            SymbolInfo::Event { flags, index, name } => item(SymbolKind::Tag, flags, index, name),
            SymbolInfo::Data {
                flags,
                name,
                symbol,
            } => {
                let place = match symbol {
                    None => Place::Undefined {
                        import: None,
                        explicit: false,
                    },
                    Some(data) if flags.contains(SymbolFlags::ABSOLUTE) => {
                        Place::Absolute(u64::from(data.offset))
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
                            offset: u64::from(data.offset),
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
                })
            }
            SymbolInfo::Section { flags, section } => {
                // Sections that were dropped (bitcode) get a number that no list has.
                let at = self
                    .customs
                    .iter()
                    .position(|custom| custom.index == section);
                Ok(ObjectSymbol {
                    name: "",
                    kind: SymbolKind::Section,
                    flags: flags | SymbolFlags::BINDING_LOCAL,
                    place: Place::Item(at.map_or(u32::MAX, |at| at as u32)),
                    index: 0,
                    signature: &[],
                    hash: 0,
                    called: false,
                })
            }
        }
    }

    /// Gives each chunk its slice of a relocation section.
    fn read_relocs(
        &mut self,
        section: &Section<'a>,
        code: Option<u32>,
        data: Option<u32>,
        debug: bool,
    ) -> Parsed<()> {
        let mut reader = section.reader();
        let target = reader.read_var_u32().map_err(text)?;
        let count = reader.read_var_u32().map_err(text)?;
        let mut at = reader.current_position();
        // Extents of the target's chunks, ascending, to be met by the ascending relocations.
        let extents: Vec<(usize, usize)> = if Some(target) == code {
            let extent = |f: &Function<'_>| {
                let start = f.offset as usize;
                (start + f.size_len as usize, start + f.bytes.len())
            };
            self.functions.iter().map(extent).collect()
        } else if Some(target) == data {
            let extent = |s: &Segment<'_>| (s.offset as usize, s.offset as usize + s.data.len());
            self.segments.iter().map(extent).collect()
        } else {
            match self.customs.iter().find(|custom| custom.index == target) {
                Some(custom) if !debug && custom.name.starts_with(".debug_") => return Ok(()),
                Some(custom) => vec![(0, custom.data.len())],
                // Relocations of a section that was dropped.
                None => return Ok(()),
            }
        };
        let mut slices = vec![(0usize, 0usize); extents.len()];
        let (mut chunk, mut last) = (0, 0);
        for _ in 0..count {
            let from = at;
            let entry = reloc::read(section.payload, &mut at)
                .ok_or_else(|| format!("a relocation at {from:#x} of its list is malformed"))?;
            self.check_reloc(&entry)?;
            if entry.ty == wasmparser::RelocationType::FunctionIndexLeb {
                self.symbols[entry.index as usize].called = true;
            }
            let offset = entry.offset as usize;
            if offset < last {
                return Err(format!(
                    "its relocations overlap or are not in order at offset {offset:#x}"
                ));
            }
            last = offset + entry.ty.extent();
            while extents.get(chunk).is_some_and(|&(_, end)| offset >= end) {
                chunk += 1;
            }
            let inside = extents
                .get(chunk)
                .is_some_and(|&(start, end)| start <= offset && offset + entry.ty.extent() <= end);
            if !inside {
                return Err(format!(
                    "a relocation at {offset:#x} is outside of its section"
                ));
            }
            let slice = &mut slices[chunk];
            if slice.1 == 0 {
                slice.0 = from;
            }
            slice.1 = at;
        }
        let slice = |at: usize| Relocs::new(&section.payload[slices[at].0..slices[at].1]);
        if Some(target) == code {
            for (at, function) in self.functions.iter_mut().enumerate() {
                function.relocs = slice(at);
            }
        } else if Some(target) == data {
            for (at, segment) in self.segments.iter_mut().enumerate() {
                segment.relocs = slice(at);
            }
        } else if let Some(custom) = self.customs.iter_mut().find(|c| c.index == target) {
            custom.relocs = slice(0);
        }
        Ok(())
    }

    fn check_reloc(&self, entry: &RelocationEntry) -> Parsed<()> {
        let row = reloc::row(entry.ty);
        if row.value == Value::Type {
            return self.signature(entry.index).map(drop);
        }
        let symbol = self.symbols.get(entry.index as usize).ok_or_else(|| {
            let count = self.symbols.len();
            format!("{} names symbol {} of {count}", row.name, entry.index)
        })?;
        let fits = match row.value {
            Value::Function | Value::TableSlot | Value::TableSlotRelative | Value::CodeOffset => {
                symbol.kind == SymbolKind::Function
            }
            Value::Address
            | Value::AddressRelative
            | Value::AddressTls
            | Value::AddressFromField => symbol.kind == SymbolKind::Data,
            // Position-independent code reads addresses from globals.
            Value::Global => matches!(
                symbol.kind,
                SymbolKind::Global | SymbolKind::Data | SymbolKind::Function
            ),
            Value::Tag => symbol.kind == SymbolKind::Tag,
            Value::Table => symbol.kind == SymbolKind::Table,
            Value::SectionOffset => symbol.kind == SymbolKind::Section,
            Value::Type => true,
        };
        if fits {
            Ok(())
        } else {
            Err(format!("{} cannot refer to `{}`", row.name, symbol.name))
        }
    }
}

/// The function types of a type section, in encoded form.
fn types<'a>(section: &Section<'a>) -> Parsed<Vec<Signature<'a>>> {
    let items = section.items(|reader| reader.read::<wasmparser::RecGroup>().map(drop))?;
    // 0x60 opens a plain function type; groups and subtypes have no place in linkable objects.
    match items.iter().all(|item| item.first() == Some(&0x60)) {
        true => Ok(items),
        false => Err("it declares types other than functions".into()),
    }
}

/// A global's type with a one-byte value type: all that imports of globals ever have.
fn global_type(ty: wasmparser::GlobalType) -> Option<[u8; 2]> {
    use wasmparser::ValType;
    let value = match ty.content_type {
        ValType::I32 => 0x7f,
        ValType::I64 => 0x7e,
        ValType::F32 => 0x7d,
        ValType::F64 => 0x7c,
        ValType::V128 => 0x7b,
        ValType::Ref(ty) if ty == wasmparser::RefType::EXTERNREF => 0x6f,
        ValType::Ref(ty) if ty == wasmparser::RefType::FUNCREF => 0x70,
        ValType::Ref(_) => return None,
    };
    Some([value, u8::from(ty.mutable)])
}

/// An imported table's type, encoded.
fn table_type(ty: wasmparser::TableType) -> Option<Vec<u8>> {
    use wasmparser::RefType;
    let element = match ty.element_type {
        RefType::FUNCREF => 0x70,
        RefType::EXTERNREF => 0x6f,
        _ => return None,
    };
    let flags = u8::from(ty.maximum.is_some()) | if ty.table64 { 4 } else { 0 };
    let mut out = vec![element, flags];
    super::leb::uleb(&mut out, ty.initial);
    if let Some(maximum) = ty.maximum {
        super::leb::uleb(&mut out, maximum);
    }
    Some(out)
}

fn producers<'a>(section: &Section<'a>) -> Parsed<Vec<(&'a str, &'a str, &'a str)>> {
    let mut found = Vec::new();
    for field in wasmparser::ProducersSectionReader::new(section.reader()).map_err(text)? {
        let field = field.map_err(text)?;
        for value in field.values {
            let value = value.map_err(text)?;
            found.push((field.name, value.name, value.version));
        }
    }
    Ok(found)
}

fn features<'a>(section: &Section<'a>) -> Parsed<Vec<(u8, &'a str)>> {
    let mut reader = section.reader();
    let count = reader.read_var_u32().map_err(text)?;
    let mut found = Vec::new();
    for _ in 0..count {
        let prefix = reader.read_u8().map_err(text)?;
        if !matches!(prefix, b'+' | b'-' | b'=') {
            return Err(format!(
                "`target_features` has the unknown prefix {prefix:#x}"
            ));
        }
        found.push((prefix, reader.read_string().map_err(text)?));
    }
    Ok(found)
}
