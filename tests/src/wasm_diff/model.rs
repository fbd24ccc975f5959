//! The parts of a link of the differential test.
//!
//! Problem: a link in which the two linkers differ has to be made smaller until a person sees why. So parts must be
//! removable: they refer to each other by numbers that stay when others are removed, and references to removed parts
//! are left out when the object is written ([`super::encode`]).

use serde::{Deserialize, Serialize};

/// A command line and its files.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Link {
    /// Options: each group of words makes sense by itself.
    pub options: Vec<Vec<String>>,
    /// Inputs, in order.
    pub inputs: Vec<Input>,
    /// Names in the file that `--allow-undefined-file` reads.
    #[serde(default)]
    pub allowed: Vec<String>,
}

/// An input.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// An object by itself.
    Object(Object),
    /// An archive.
    Archive(Archive),
    /// Objects between `--start-lib` and `--end-lib`.
    Library(Vec<Object>),
    /// The file at an earlier position once more.
    Again(String),
    /// A stub library: what the host provides, and which names each of these needs.
    Stub(Vec<(String, Vec<String>)>),
}

/// An archive.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Archive {
    /// The file's name.
    pub name: String,
    /// It has a symbol table.
    pub index: bool,
    /// It stands between `--whole-archive` and `--no-whole-archive`.
    pub whole: bool,
    /// It is looked for as `-l` does.
    #[serde(default)]
    pub searched: bool,
    /// Its first member is a text, which no linker takes.
    #[serde(default)]
    pub foreign: bool,
    /// Names in the list beside it of what the host provides; none without one.
    #[serde(default)]
    pub imports: Option<Vec<String>>,
    /// Its members.
    pub members: Vec<Object>,
}

/// An object.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Object {
    /// The file's name.
    pub name: String,
    /// It is for wasm64.
    pub wide: bool,
    /// Symbols, in the order of the symbol table.
    pub symbols: Vec<Symbol>,
    /// Data segments.
    pub segments: Vec<Segment>,
    /// Custom sections, those of debug information among them.
    pub customs: Vec<Custom>,
    /// Initialisers: priority and symbol.
    pub inits: Vec<(u32, u32)>,
    /// COMDAT groups.
    pub groups: Vec<Group>,
    /// The `target_features` section.
    pub features: Vec<(u8, String)>,
    /// The `producers` section: field, name, version.
    pub producers: Vec<[String; 3]>,
    /// Calls through pointers name no table, as those of old compilers.
    pub old_calls: bool,
    /// It has a `name` section.
    pub names: bool,
    /// Bytes of the file that are overwritten: where, and with what.
    #[serde(default)]
    pub damage: Vec<(u32, u8)>,
}

/// A symbol, and what it stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Symbol {
    /// Its number in this object.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Flags besides those that follow from `what`.
    pub flags: u32,
    /// What it is.
    pub what: What,
}

/// Flags of symbols (tool-conventions, `Linking.md`).
pub mod flag {
    #![expect(missing_docs, reason = "the names are the specification's")]
    pub const WEAK: u32 = 1;
    pub const LOCAL: u32 = 2;
    pub const HIDDEN: u32 = 4;
    pub const UNDEFINED: u32 = 0x10;
    pub const EXPORTED: u32 = 0x20;
    pub const EXPLICIT_NAME: u32 = 0x40;
    pub const NO_STRIP: u32 = 0x80;
    pub const TLS: u32 = 0x100;
    pub const ABSOLUTE: u32 = 0x200;
}

/// Module and field of an import; the module `env` and the symbol's name where there is none.
pub type From = Option<(String, String)>;

/// What a symbol stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum What {
    /// A function.
    Function {
        /// Its type, as a position in [`super::encode::SIGNATURES`].
        signature: usize,
        /// What it does; none if it is defined elsewhere.
        body: Option<Vec<Piece>>,
        /// Where an undefined one is imported from.
        from: From,
        /// A name that it is exported under.
        export: Option<String>,
    },
    /// Another name of a function of the same object.
    Alias(u32),
    /// A variable: segment, offset, size.
    Data(Option<(u32, u32, u32)>),
    /// A variable at an address.
    Absolute(u32),
    /// A global.
    Global {
        /// Type of its value, encoded.
        ty: u8,
        /// It can be assigned to.
        mutable: bool,
        /// Its first value; none if it is defined elsewhere.
        value: Option<i64>,
        /// Where an undefined one is imported from.
        from: From,
    },
    /// A table.
    Table {
        /// Type of its elements, encoded.
        element: u8,
        /// Its size, and the largest one.
        limits: (u32, Option<u32>),
        /// It is defined here.
        defined: bool,
        /// Where an undefined one is imported from.
        from: From,
    },
    /// A tag.
    Tag {
        /// Its type.
        signature: usize,
        /// It is defined here.
        defined: bool,
        /// Where an undefined one is imported from.
        from: From,
    },
    /// A custom section.
    Section(u32),
}

/// A piece of a body: it takes nothing from the stack and leaves nothing there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Piece {
    /// An instruction with a relocation.
    Use(Reloc),
    /// A call through a pointer: type, and the symbol of the table.
    Dispatch(usize, u32),
    /// Some instructions without relocations.
    Plain(u8),
}

/// A relocation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reloc {
    /// Its type, by number.
    pub ty: u8,
    /// The symbol that it names.
    pub symbol: u32,
    /// What is added.
    pub addend: i64,
    /// Where it is: in data and custom sections the offset.
    pub at: u32,
}

/// A data segment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Segment {
    /// Its number in this object.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Its alignment, a power of two.
    pub align: u32,
    /// `STRINGS`, `TLS`, `RETAIN`.
    pub flags: u32,
    /// Its contents.
    pub data: Vec<u8>,
    /// Places that get addresses, in order.
    pub relocs: Vec<Reloc>,
}

/// A custom section.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Custom {
    /// Its number in this object.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Its contents.
    pub data: Vec<u8>,
    /// Places that get addresses, in order.
    pub relocs: Vec<Reloc>,
}

/// A COMDAT group.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Symbols of functions.
    pub functions: Vec<u32>,
    /// Segments.
    pub segments: Vec<u32>,
    /// Custom sections.
    pub customs: Vec<u32>,
}

impl Object {
    /// A symbol by number.
    pub fn symbol(&self, id: u32) -> Option<&Symbol> {
        self.symbols.iter().find(|symbol| symbol.id == id)
    }
}

impl Input {
    /// All objects of an input.
    pub fn objects_mut(&mut self) -> &mut [Object] {
        match self {
            Input::Object(object) => std::slice::from_mut(object),
            Input::Archive(archive) => &mut archive.members,
            Input::Library(objects) => objects,
            Input::Again(_) | Input::Stub(_) => &mut [],
        }
    }

    /// The name of the file that it is in, if it is in one.
    pub fn file(&self) -> Option<&str> {
        match self {
            Input::Object(object) => Some(&object.name),
            Input::Archive(archive) => Some(&archive.name),
            Input::Library(_) | Input::Again(_) | Input::Stub(_) => None,
        }
    }
}

impl Symbol {
    /// Whether its object defines it.
    pub fn is_defined(&self) -> bool {
        match &self.what {
            What::Function { body, .. } => body.is_some(),
            What::Data(place) => place.is_some(),
            What::Global { value, .. } => value.is_some(),
            What::Table { defined, .. } | What::Tag { defined, .. } => *defined,
            What::Alias(_) | What::Absolute(_) | What::Section(_) => true,
        }
    }
}
