//! Code that gets shorter once addresses are known: what an instruction set has to say about it.
//!
//! Problem: which instructions may go depends on addresses, and those on what has gone. So the
//! work is split. What never changes (which relocations belong together, which are marked) is found
//! once a section ([`Shortening::candidates`]); what the present addresses allow is asked in every
//! round of the layout ([`Shortening::shorten`]). The rounds themselves are `elf/relax.rs`.

use super::SymbolFacts;
use super::cuts::Cuts;
use crate::elf::object::{ObjectFile, Reloc, Section};

/// A section that carries relaxation markers.
#[derive(Clone, Copy)]
pub(crate) struct Marked<'m, 'a> {
    /// Its file.
    pub object: &'m ObjectFile<'a>,
    /// Its index there.
    pub index: u32,
    /// Itself.
    pub section: &'m Section<'a>,
}

/// A relocation that may let its instruction go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Index in the section's table.
    pub reloc: u32,
    /// The architecture's own number of what it is.
    pub kind: u8,
    /// The relocation that it belongs to, if any.
    pub partner: u32,
    /// The lowest addend among those that share this instruction.
    pub low: i64,
    /// The highest one.
    pub high: i64,
}

/// How exactly two places of a symbol stay together wherever its section goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    /// The symbol's offset in its section.
    pub offset: u64,
    /// The section's alignment.
    pub align: u64,
    /// The section's contents are merged: only the very same place stays together.
    pub merged: bool,
}

/// The present addresses.
pub(crate) trait View {
    /// Address of the section.
    fn base(&self) -> u64;
    /// Address of an offset of the section, by the last round's cuts.
    fn place(&self, offset: u64) -> u64;
    /// S + A, through the IPLT for IFUNCs.
    fn symbol(&self, symbol: u32, addend: i64) -> Option<u64>;
    /// Where a branch goes.
    fn branch(&self, symbol: u32, addend: i64) -> Option<u64>;
    /// S + A as offset from the thread pointer.
    fn tp_offset(&self, symbol: u32, addend: i64) -> Option<u64>;
    /// What rewrites may know of a symbol.
    fn facts(&self, symbol: u32) -> SymbolFacts;
    /// The global pointer, where code may use it.
    fn global_pointer(&self) -> Option<u64>;
    /// Most bytes that a relocation's instruction may lose; limited where rounds do not settle.
    fn limit(&self, reloc: u32) -> u64;
}

/// An instruction set whose code gets shorter.
pub(crate) trait Shortening: Sync {
    /// The symbol whose value start-up code loads into the global pointer.
    fn global_pointer(&self) -> &'static [u8];
    /// Whether the instruction at a relocation begins to load the global pointer.
    fn sets_global_pointer(&self, section: &Section<'_>, reloc: Reloc) -> bool;
    /// What may become shorter in a section, by ascending offset. Without `relax` only what must:
    /// padding. `anchor` tells where a symbol stands, if in a section.
    fn candidates(
        &self,
        marked: Marked<'_, '_>,
        relax: bool,
        anchor: &dyn Fn(u32) -> Option<Anchor>,
    ) -> Vec<Candidate>;
    /// What the present addresses allow.
    fn shorten(
        &self,
        marked: Marked<'_, '_>,
        candidates: &[Candidate],
        view: &dyn View,
    ) -> Option<Cuts>;
}
