//! Numbers of files, symbols and functions, and the kinds of things that symbols name.
//!
//! Each number is an index into a list of [`Resolved`](crate::wasm::symbols::Resolved).

/// An object that is linked, in link order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A symbol, global or local to its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolId(pub u32);

/// A function with a body: an object's, or one that the linker makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionRef {
    /// Made by the linker.
    Synthetic(u32),
    /// From an object.
    Object(FileId, u32),
}

/// What a symbol names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
#[repr(u8)]
pub enum SymbolKind {
    Function,
    Data,
    Global,
    Table,
    Tag,
    Section,
}
