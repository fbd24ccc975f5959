//! Numbers of files, symbols and input sections.
//!
//! Each is an index into the table that the pass of that name made. Output sections are numbered by
//! [`OutputId`](crate::script::eval::OutputId), because scripts speak of them, too.

/// A loaded object, in load order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FileId(pub u32);

/// A global symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SymbolId(pub u32);

/// An input section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SectionId(pub u32);
