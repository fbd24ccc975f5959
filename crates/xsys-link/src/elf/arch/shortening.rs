//! The interface between relaxation and an instruction set whose code gets shorter.
//!
//! Problem: which instructions can be removed depends on addresses, and these on what was removed. So
//! the work is split. What never changes (which relocations belong together, which are marked) is found
//! once for each section ([`Shortening::candidates`]); what the present addresses allow is found in
//! every round of the layout ([`Shortening::shorten`]). The rounds are in `elf/assign/relax.rs`.

use super::SymbolFacts;
use super::deltas::Deltas;
use crate::elf::object::{ObjectFile, Reloc, Section};

/// A section that carries relaxation markers.
#[derive(Clone, Copy)]
pub(crate) struct Marked<'m, 'a> {
    /// Its file.
    pub object: &'m ObjectFile<'a>,
    /// Its index there.
    pub index: u32,
    /// The section.
    pub section: &'m Section<'a>,
}

/// A relocation whose instruction may become shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Index in the section's table.
    pub reloc: u32,
    /// What it is, as a number of the architecture.
    pub kind: u8,
    /// The relocation that it belongs to, if any.
    pub partner: u32,
    /// The lowest addend among those that share this instruction.
    pub low: i64,
    /// The highest one.
    pub high: i64,
}

/// What is known of a symbol's place before layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    /// The symbol's offset in its section.
    pub offset: u64,
    /// The section's alignment.
    pub align: u64,
    /// The section's contents are merged, so that different places may be separated.
    pub merged: bool,
}

/// The present addresses.
pub(crate) trait AddressView {
    /// Address of the section.
    fn base(&self) -> u64;
    /// Address of an offset of the section, by the last round's deltas.
    fn place(&self, offset: u64) -> u64;
    /// S + A, through the IPLT for IFUNCs.
    fn symbol(&self, symbol: u32, addend: i64) -> Option<u64>;
    /// Where a branch goes.
    fn branch(&self, symbol: u32, addend: i64) -> Option<u64>;
    /// S + A as offset from the thread pointer.
    fn tp_offset(&self, symbol: u32, addend: i64) -> Option<u64>;
    /// The properties of a symbol that rewrites depend on.
    fn facts(&self, symbol: u32) -> SymbolFacts;
    /// The global pointer, where code may use it.
    fn global_pointer(&self) -> Option<u64>;
    /// The most bytes that a relocation's instruction may lose; limited in late rounds.
    fn limit(&self, reloc: u32) -> u64;
}

/// An instruction set whose code gets shorter.
pub(crate) trait Shortening: Sync {
    /// The symbol whose value start-up code loads into the global pointer.
    fn global_pointer(&self) -> &'static [u8];
    /// Whether the instruction at a relocation begins to load the global pointer.
    fn sets_global_pointer(&self, section: &Section<'_>, reloc: Reloc) -> bool;
    /// The candidates of a section, by ascending offset; without `relax` only padding, which must be
    /// trimmed. `anchor` gives the place of a symbol that is in a section.
    fn candidates(
        &self,
        marked: Marked<'_, '_>,
        relax: bool,
        anchor: &dyn Fn(u32) -> Option<Anchor>,
    ) -> Vec<Candidate>;
    /// The deltas that the present addresses allow.
    fn shorten(
        &self,
        marked: Marked<'_, '_>,
        candidates: &[Candidate],
        view: &dyn AddressView,
    ) -> Option<Deltas>;
}
