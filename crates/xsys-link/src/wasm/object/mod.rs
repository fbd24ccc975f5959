//! An object file, parsed and checked once, so that later passes can rely on it.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md` (sections `linking` and `reloc.*`, version 2).
//!
//! Everything borrows from the file's bytes. After [`ObjectFile::parse`] these hold: every symbol's index names an
//! existing item of its kind; relocations are inside their chunk, in ascending order, and refer to an existing symbol
//! of the kind that their type needs (or to an existing type); every initialiser names a function. Only relocations
//! of debug information may be checked later ([`DebugRelocs::Deferred`]).

mod as_llvm;
mod linking;
mod relocs;
mod sections;

use wasmparser::SymbolFlags;

pub use as_llvm::objection;
pub use linking::defined_names;
pub use relocs::Visitor;
pub use sections::finished;

use crate::crash::WorkingOn;
use crate::wasm::ids::SymbolKind;
use crate::wasm::reloc::{Keeper, Relocs};
use sections::{
    check_table, features, producers, read_function_exports, read_function_types, sections, types,
};

/// A function type in its encoded form, so that equal types have equal bytes.
pub type Signature<'a> = &'a [u8];

/// The type of functions without parameters and results.
pub const NO_SIGNATURE: Signature<'static> = &[0x60, 0, 0];

/// A relocatable object.
#[derive(Debug, Default)]
pub struct ObjectFile<'a> {
    /// The file's name; `archive(member)` for archive members.
    pub name: String,
    /// Its function types.
    pub types: Vec<Signature<'a>>,
    /// Its imports, per kind, in index order.
    pub imports: Imports<'a>,
    /// The functions that it defines.
    pub functions: Vec<Function<'a>>,
    /// The globals that it defines: type and initial value.
    pub globals: Vec<Global<'a>>,
    /// The tables that it defines, as encoded table types.
    pub tables: Vec<&'a [u8]>,
    /// The tags that it defines, as type indexes.
    pub tags: Vec<u32>,
    /// Its data segments.
    pub segments: Vec<Segment<'a>>,
    /// Its custom sections, but for those that the linker reads itself.
    pub customs: Vec<Custom<'a>>,
    /// Its symbol table.
    pub symbols: Vec<ObjectSymbol<'a>>,
    /// The kind of each symbol once more, in a dense list: every relocation is checked against it.
    pub kinds: Vec<SymbolKind>,
    /// Functions to call at start-up: priority and symbol.
    pub init_functions: Vec<(u32, u32)>,
    /// COMDAT groups.
    pub comdats: Vec<Comdat<'a>>,
    /// `target_features`: prefix (`+`, `-`, `=`) and name.
    pub features: Vec<(u8, &'a str)>,
    /// `producers`: field, name, version.
    pub producers: Vec<(&'a str, &'a str, &'a str)>,
    /// Whether addresses are 64 bits wide.
    pub memory64: bool,
    /// Whether its code calls through table 0 without a relocation or symbol for the table, as code compiled without
    /// `reference-types` does.
    pub legacy_table: bool,
}

/// The imports of an object by kind. In an index space, imports come first.
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

/// Module and name of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImportName<'a> {
    /// The module.
    pub module: &'a str,
    /// The name within the module.
    pub field: &'a str,
}

/// A function with a body.
#[derive(Clone, Copy, Debug)]
pub struct Function<'a> {
    /// Its type.
    pub signature: Signature<'a>,
    /// The body with its size field, as in the file.
    pub bytes: &'a [u8],
    /// Length of the size field.
    pub size_len: u32,
    /// Where `bytes` starts in the code section.
    pub offset: u32,
    /// Its relocations. Offsets count from the start of the code section.
    pub relocs: Relocs<'a>,
    /// The name under which the object exports it, if it does (`export_name` in the source).
    pub export_name: Option<&'a str>,
    /// Its name in the object's own `name` section.
    pub debug_name: Option<&'a str>,
}

/// A global variable.
#[derive(Clone, Copy, Debug)]
pub struct Global<'a> {
    /// Encoded type and initial value.
    pub bytes: &'a [u8],
    /// Whether it is mutable.
    pub mutable: bool,
}

/// A data segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// The name, such as `.rodata.something`.
    pub name: &'a str,
    /// Alignment as a power of two.
    pub align: u32,
    /// Whether it holds NUL-terminated strings that may be merged.
    pub strings: bool,
    /// Whether it is thread-local.
    pub tls: bool,
    /// Whether garbage collection keeps it (`retain`).
    pub retain: bool,
    /// The contents.
    pub data: &'a [u8],
    /// Where `data` starts in the data section.
    pub offset: u32,
    /// Its relocations. Offsets count from the start of the data section.
    pub relocs: Relocs<'a>,
}

/// A custom section.
#[derive(Clone, Copy, Debug)]
pub struct Custom<'a> {
    /// The name.
    pub name: &'a str,
    /// The contents after the name.
    pub data: &'a [u8],
    /// Its relocations. Offsets count from the start of `data`.
    pub relocs: Relocs<'a>,
    /// The section's index in the file.
    index: u32,
}

/// A COMDAT group: of all groups of one name the first is kept.
#[derive(Clone, Debug)]
pub struct Comdat<'a> {
    /// The group's name.
    pub name: &'a str,
    /// Functions in the group.
    pub functions: Vec<u32>,
    /// Data segments in the group.
    pub segments: Vec<u32>,
    /// Custom sections in the group, as positions in `customs`.
    pub customs: Vec<u32>,
}

/// An entry of the symbol table.
#[derive(Clone, Copy, Debug)]
pub struct ObjectSymbol<'a> {
    /// The name; empty for sections.
    pub name: &'a str,
    /// What it names.
    pub kind: SymbolKind,
    /// Binding, visibility and the rest.
    pub flags: SymbolFlags,
    /// Where it is defined.
    pub place: Place,
    /// Its index in the object's index space; for data, the size; zero for sections.
    pub index: u32,
    /// The type of a function or tag; empty for other kinds.
    pub signature: Signature<'a>,
    /// The name's [`hash`](crate::wasm::name_table::hash); zero for local symbols.
    pub hash: u64,
    /// Whether a call instruction refers to it. Only then its type matters.
    pub called: bool,
    /// What its name says about it. Kept, because reading the name again would mean a cache miss.
    pub class: NameClass,
}

/// What the name of a symbol says about it, besides identifying it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameClass {
    /// Nothing.
    #[default]
    None,
    /// It is part of the interface between wasm-bindgen's macros and its command line tool.
    Bindgen,
    /// The compiler made it up for a constant whose address does not matter.
    Anonymous,
}

impl NameClass {
    /// Classifies a name.
    pub fn of(name: &str) -> Self {
        let anonymous =
            name.starts_with(".L") || (name.starts_with("anon.") && name.contains(".llvm."));
        match anonymous {
            true => NameClass::Anonymous,
            false if name.starts_with("__wbindgen") => NameClass::Bindgen,
            false => NameClass::None,
        }
    }
}

impl ObjectSymbol<'_> {
    /// Whether another file has to define it.
    pub fn is_lacking(&self) -> bool {
        let not_strong = SymbolFlags::BINDING_LOCAL | SymbolFlags::BINDING_WEAK;
        self.place == Place::Undefined && !self.flags.intersects(not_strong)
    }
}

/// Where a symbol is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Not in this object; [`ObjectFile::import`] says where it is imported from.
    Undefined,
    /// In this object: its position among the items of its kind, imports not counted.
    Item(u32),
    /// In a data segment of this object.
    Data {
        /// The segment.
        segment: u32,
        /// The offset in it.
        offset: u32,
    },
    /// At a fixed address.
    Absolute(u32),
}

/// When the relocations of debug information are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DebugRelocs {
    /// Never: the debug information is not written.
    Ignored,
    /// When the object is loaded, as all others.
    Checked,
    /// When the debug information is read. Much of it is dropped unread.
    Deferred,
}

/// Why an object cannot be linked. The caller adds the file's name.
pub type Problem = String;

type Parsed<T> = Result<T, Problem>;

/// The first eight bytes of a module.
pub const MAGIC: &[u8] = b"\0asm\x01\0\0\0";

fn text(error: wasmparser::Error) -> Problem {
    format!("{} at offset {:#x}", error.message(), error.offset())
}

impl<'a> ObjectFile<'a> {
    /// Parses a relocatable object. Its relocations are stored in `keeper`.
    pub fn parse(
        name: String,
        bytes: &'a [u8],
        debug: DebugRelocs,
        keeper: &'a Keeper,
    ) -> Parsed<Self> {
        let shown = name.clone();
        let _guard = WorkingOn(&shown);
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
                3 => read_function_types(section, &mut function_types)?,
                4 => {
                    let mut types = Vec::new();
                    object.tables = section.items(|reader| {
                        types.push(reader.read::<wasmparser::Table<'_>>()?.ty);
                        Ok(())
                    })?;
                    types.into_iter().try_for_each(check_table)?;
                }
                // Compilers import the memory; objects made by `-r` define it.
                5 => {
                    for memory in
                        wasmparser::MemorySectionReader::new(section.reader()).map_err(text)?
                    {
                        object.memory64 |= memory.map_err(text)?.memory64;
                    }
                }
                6 => object.read_globals(section)?,
                7 => read_function_exports(section, &mut exports)?,
                10 => code = Some((index, section)),
                11 => data = Some((index, section)),
                13 => {
                    for tag in wasmparser::TagSectionReader::new(section.reader()).map_err(text)? {
                        object.tags.push(tag.map_err(text)?.func_type_idx);
                    }
                }
                // The linker makes the start, element and data count sections itself.
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
            object.read_relocs(section, code, data, debug, keeper)?;
        }
        Ok(object)
    }

    /// The position in `customs` of the section with this index in the file.
    fn custom(&self, index: u32) -> Option<usize> {
        self.customs
            .binary_search_by_key(&index, |custom| custom.index)
            .ok()
    }

    /// The import that an undefined symbol refers to. `None` for data.
    pub fn import(&self, symbol: &ObjectSymbol<'a>) -> Option<ImportName<'a>> {
        let at = symbol.index as usize;
        match symbol.kind {
            SymbolKind::Function => self.imports.functions.get(at).map(|import| import.0),
            SymbolKind::Global => self.imports.globals.get(at).map(|import| import.0),
            SymbolKind::Table => self.imports.tables.get(at).map(|import| import.0),
            SymbolKind::Tag => self.imports.tags.get(at).map(|import| import.0),
            SymbolKind::Data | SymbolKind::Section => None,
        }
    }

    /// The encoded type of a global that the object defines.
    pub fn global_type(&self, place: Place) -> [u8; 2] {
        let global = match place {
            Place::Item(at) => self.globals.get(at as usize),
            _ => None,
        };
        match global.map(|global| global.bytes) {
            Some(&[value, mutable, ..]) => [value, mutable],
            _ => [0x7f, 0],
        }
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
}
