//! One relocatable object, parsed just far enough that linking it needs no second look.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md` (sections `linking` and `reloc.*`, version 2).
//!
//! Everything borrows from the file's bytes. After [`ObjectFile::parse`] these hold, and later
//! passes rely on them: every symbol's index names an existing item of its kind; every relocation
//! lies inside its chunk, in ascending order, and names an existing symbol of the kind that its
//! type needs (or an existing type); every initialiser names a function. Relocations of debug
//! information are the exception, where they are [`DebugRelocs::Deferred`].

mod as_llvm;
mod linking;
mod relocs;
mod sections;

use wasmparser::SymbolFlags;

pub use as_llvm::objection;
pub use linking::defined_names;
pub use relocs::Visitor;
pub use sections::finished;

use crate::wasm::ids::SymbolKind;
use crate::wasm::reloc::{Keeper, Relocs};
use sections::{
    check_table, features, producers, read_function_exports, read_function_types, sections, types,
};

/// A function type in its encoded form: two equal types have equal bytes.
pub type Signature<'a> = &'a [u8];

/// A function without parameters and results.
pub const NO_SIGNATURE: Signature<'static> = &[0x60, 0, 0];

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
    /// What each symbol names, once more: every relocation is checked against it.
    pub kinds: Vec<SymbolKind>,
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
    pub place: Place,
    /// Its number in the object's index space; the size of data; zero for sections.
    pub index: u32,
    /// The type of a function or tag; empty for the rest.
    pub signature: Signature<'a>,
    /// The name's [`hash`](crate::wasm::name_table::hash); zero for local symbols.
    pub hash: u64,
    /// Whether a call instruction names it: only then its type matters.
    pub called: bool,
    /// What its name tells: to look at it again would mean to wait for memory.
    pub class: NameClass,
}

/// What a symbol's name tells beyond who is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameClass {
    /// Nothing.
    #[default]
    None,
    /// wasm-bindgen's macros and its command line tool agree on it.
    Bindgen,
    /// The compiler made it up, for a constant without an address of its own.
    Anonymous,
}

impl NameClass {
    /// What a name tells.
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
    /// Whether the object needs somebody else to define this.
    pub fn is_lacking(&self) -> bool {
        let not_strong = SymbolFlags::BINDING_LOCAL | SymbolFlags::BINDING_WEAK;
        self.place == Place::Undefined && !self.flags.intersects(not_strong)
    }
}

/// Where an object's symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Elsewhere; [`ObjectFile::import`] says where.
    Undefined,
    /// In this object: position in the list of its kind, without imports.
    Item(u32),
    /// In this object's data.
    Data {
        /// Which segment.
        segment: u32,
        /// Where in it.
        offset: u32,
    },
    /// At a fixed address.
    Absolute(u32),
}

/// What is done about the relocations of debug information, most of all where there is any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DebugRelocs {
    /// Nothing: it is not written.
    Ignored,
    /// They are checked like all others.
    Checked,
    /// Whoever reads the debug information checks them: much of it is dropped unread.
    Deferred,
}

/// Why an object cannot be used; the caller knows the file's name.
pub type Problem = String;

type Parsed<T> = Result<T, Problem>;

/// The first eight bytes of a module.
pub const MAGIC: &[u8] = b"\0asm\x01\0\0\0";

fn text(error: wasmparser::Error) -> Problem {
    format!("{} at offset {:#x}", error.message(), error.offset())
}

impl<'a> ObjectFile<'a> {
    /// Parses a module that was compiled for linking; its relocations are kept in `keeper`.
    pub fn parse(
        name: String,
        bytes: &'a [u8],
        debug: DebugRelocs,
        keeper: &'a Keeper,
    ) -> Parsed<Self> {
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
                // Compilers import the memory; objects that were joined have one.
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
                // Start, elements and the data count are the linker's to make.
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

    /// The position in `customs` of a section by its number in the file.
    fn custom(&self, index: u32) -> Option<usize> {
        self.customs
            .binary_search_by_key(&index, |custom| custom.index)
            .ok()
    }

    /// The import that an undefined symbol stands for. `None` for data.
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

    /// The encoded type of a global of its own.
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
