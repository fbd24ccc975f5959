//! Which relocations of a section belong together, and which of them are marked.
//!
//! An address takes two instructions, and several lower parts may share one upper part. The upper part
//! may only be removed if *every* instruction that uses its register stops doing so. PC-relative lower
//! parts name their upper part; those of absolute addresses name only the symbol. But a compiler can
//! share an upper part between two places of a symbol only if they have the same upper part wherever
//! the symbol is placed: both are in one block of the symbol's alignment. So all lower parts of a
//! block are assumed to use all its upper parts.
//!
//! Spec: RISC-V psABI, "Linker Relaxation", "PC-relative symbol addresses".

use super::rules::r;
use crate::elf::arch::shortening::{Anchor, Candidate, Marked};
use crate::elf::names::Map;
use crate::elf::object::{Reloc, RelocTable, SymbolPlace};

/// A 32-bit instruction of a section.
pub(super) fn word(data: &[u8], offset: u64) -> Option<u32> {
    let bytes = data.get(usize::try_from(offset).ok()?..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

/// The destination register of an instruction.
pub(super) fn rd(insn: u32) -> u32 {
    insn >> 7 & 31
}

/// All lower parts that may use one upper part.
#[derive(Clone, Copy)]
struct Block {
    /// Every one of them is marked.
    whole: bool,
    low: i64,
    high: i64,
}

/// PC-relative lower parts of one upper part.
#[derive(Clone, Copy, Default)]
struct Lower {
    /// At least one, and all are marked.
    some: bool,
    unmarked: bool,
    /// All are loads of a word as wide as an address.
    other_than_loads: bool,
}

/// The kind of an address: only addresses of one kind share an upper part.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum AddressKind {
    Memory,
    Thread,
}

type Key = (AddressKind, u32, i64);

fn key(space: AddressKind, symbol: u32, addend: i64, anchor: Option<Anchor>) -> Key {
    // Without a section the alignment is unknown: the whole symbol is one block.
    let block = match anchor {
        None => 0,
        Some(at) => {
            let place = (at.offset as i64).wrapping_add(addend);
            if at.align >= 0x1000 {
                place.wrapping_add(0x800) >> 12
            } else {
                place.div_euclid(at.align.max(1) as i64)
            }
        }
    };
    (space, symbol, block)
}

/// Finds the pairs of a section.
pub(super) struct Pairs<'p, 'a> {
    marked: Marked<'p, 'a>,
    relocs: RelocTable<'a>,
    anchor: &'p dyn Fn(u32) -> Option<Anchor>,
    is_64: bool,
    blocks: Map<Key, Block>,
    /// By index of the upper part's relocation.
    lower: Map<u32, Lower>,
    /// The upper part of each PC-relative lower one.
    upper: Map<u32, u32>,
}

impl<'p, 'a> Pairs<'p, 'a> {
    /// Reads the section's relocations.
    pub(super) fn find(
        marked: Marked<'p, 'a>,
        is_64: bool,
        anchor: &'p dyn Fn(u32) -> Option<Anchor>,
    ) -> Self {
        let mut pairs = Self {
            marked,
            relocs: marked.section.relocs,
            anchor,
            is_64,
            blocks: Map::default(),
            lower: Map::default(),
            upper: Map::default(),
        };
        for (index, reloc) in marked.section.relocs.iter().enumerate() {
            match reloc.r_type {
                r::LO12_I | r::LO12_S => pairs.absolute(AddressKind::Memory, index, reloc),
                r::TPREL_LO12_I | r::TPREL_LO12_S => {
                    pairs.absolute(AddressKind::Thread, index, reloc)
                }
                r::PCREL_LO12_I
                | r::PCREL_LO12_S
                | r::TLSDESC_LOAD_LO12
                | r::TLSDESC_ADD_LO12
                | r::TLSDESC_CALL => pairs.pc_relative(index as u32, reloc),
                _ => {}
            }
        }
        pairs
    }

    /// Whether the next relocation is the marker for this one.
    pub(super) fn is_marked(&self, index: usize) -> bool {
        index + 1 < self.relocs.len() && {
            let next = self.relocs.get(index + 1);
            next.r_type == r::RELAX && next.offset == self.relocs.get(index).offset
        }
    }

    /// Whether an instruction writes the global pointer, as start-up code does, which cannot use it yet.
    pub(super) fn sets_gp(&self, reloc: Reloc) -> bool {
        sets_gp(self.marked.section.data, reloc)
    }

    fn absolute(&mut self, space: AddressKind, index: usize, reloc: Reloc) {
        let addend = reloc.addend.unwrap_or(0);
        let anchor = (self.anchor)(reloc.symbol);
        let whole = self.is_marked(index) && !self.sets_gp(reloc);
        let block = self
            .blocks
            .entry(key(space, reloc.symbol, addend, anchor))
            .or_insert(Block {
                whole,
                low: addend,
                high: addend,
            });
        block.low = block.low.min(addend);
        block.high = block.high.max(addend);
        // Merging may separate the strings of one block.
        let apart = anchor.is_some_and(|a| a.merged) && block.low != block.high;
        block.whole &= whole && !apart;
    }

    fn pc_relative(&mut self, index: u32, reloc: Reloc) {
        let label = self.marked.object.symbols.get(reloc.symbol as usize);
        let Some(upper) = self
            .upper_at(label.value)
            .filter(|_| label.place == SymbolPlace::Section(self.marked.index))
        else {
            return;
        };
        let is_load = word(self.marked.section.data, reloc.offset)
            .is_some_and(|insn| is_address_load(insn, self.is_64));
        let marked = self.is_marked(index as usize) && !self.sets_gp(reloc);
        let lower = self.lower.entry(upper).or_default();
        lower.some = true;
        lower.unmarked |= !marked;
        lower.other_than_loads |= !is_load;
        self.upper.insert(index, upper);
    }

    /// The relocation of the upper part at an offset.
    fn upper_at(&self, offset: u64) -> Option<u32> {
        let count = self.relocs.len();
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.relocs.get(middle).offset < offset {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low..count)
            .map(|at| (at as u32, self.relocs.get(at)))
            .take_while(|(_, reloc)| reloc.offset == offset)
            // An instruction has one relocation and a marker or two: a thousand at one place are a hostile input.
            .take(16)
            .find(|(_, reloc)| {
                matches!(reloc.r_type, r::PCREL_HI20 | r::GOT_HI20 | r::TLSDESC_HI20)
            })
            .map(|(at, _)| at)
    }

    /// The upper part that a PC-relative lower one belongs to, if that is marked.
    pub(super) fn upper_of(&self, index: u32) -> Option<u32> {
        let upper = *self.upper.get(&index)?;
        self.is_marked(upper as usize).then_some(upper)
    }

    /// The candidate for an upper part of an absolute address or TP offset.
    pub(super) fn upper_absolute(&self, index: u32, reloc: Reloc) -> Candidate {
        let (space, near, alone) = match reloc.r_type {
            r::HI20 => (AddressKind::Memory, kind::HIGH, kind::HIGH_ALONE),
            r::TPREL_HI20 => (AddressKind::Thread, kind::TP_HIGH, kind::NONE),
            _ => (AddressKind::Thread, kind::TP_ADD, kind::NONE),
        };
        let addend = reloc.addend.unwrap_or(0);
        let key = key(space, reloc.symbol, addend, (self.anchor)(reloc.symbol));
        match self.blocks.get(&key).filter(|block| block.whole) {
            Some(block) if !self.sets_gp(reloc) => Candidate {
                reloc: index,
                kind: near,
                partner: 0,
                low: block.low.min(addend),
                high: block.high.max(addend),
            },
            _ => candidate(index, alone, 0),
        }
    }

    /// The candidate for an upper part of a PC-relative address or a GOT slot, if it can be removed.
    pub(super) fn upper_relative(&self, index: u32, reloc: Reloc) -> Option<Candidate> {
        let lower = self.lower.get(&index)?;
        if !lower.some || lower.unmarked || self.sets_gp(reloc) {
            return None;
        }
        match reloc.r_type {
            r::PCREL_HI20 => Some(candidate(index, kind::PC_HIGH, 0)),
            r::GOT_HI20 if !lower.other_than_loads => Some(candidate(index, kind::GOT_HIGH, 0)),
            _ => None,
        }
    }
}

/// Whether the instruction at a relocation writes `gp`.
pub(super) fn sets_gp(data: &[u8], reloc: Reloc) -> bool {
    let writes = !matches!(reloc.r_type, r::PCREL_LO12_S | r::LO12_S | r::TPREL_LO12_S);
    writes && word(data, reloc.offset).is_some_and(|insn| rd(insn) == GP)
}

/// `ld`, or `lw` where addresses have 32 bits.
fn is_address_load(insn: u32, is_64: bool) -> bool {
    insn & 0x707f == if is_64 { 0x3003 } else { 0x2003 }
}

/// A candidate without addends.
pub(super) fn candidate(reloc: u32, kind: u8, partner: u32) -> Candidate {
    Candidate {
        reloc,
        kind,
        partner,
        low: 0,
        high: 0,
    }
}

/// [`Candidate::kind`]s.
pub(super) mod kind {
    pub(crate) const NONE: u8 = 0;
    pub(crate) const ALIGN: u8 = 1;
    pub(crate) const CALL: u8 = 2;
    pub(crate) const HIGH: u8 = 3;
    /// An upper part whose lower parts are not all known.
    pub(crate) const HIGH_ALONE: u8 = 4;
    pub(crate) const LOW: u8 = 5;
    pub(crate) const PC_HIGH: u8 = 6;
    pub(crate) const PC_LOW: u8 = 7;
    pub(crate) const GOT_HIGH: u8 = 8;
    pub(crate) const GOT_LOW: u8 = 9;
    pub(crate) const TP_HIGH: u8 = 10;
    pub(crate) const TP_ADD: u8 = 11;
    pub(crate) const TP_LOW: u8 = 12;
    pub(crate) const DESC_HIGH: u8 = 13;
    pub(crate) const DESC_LOAD: u8 = 14;
    pub(crate) const DESC_ADD: u8 = 15;
}

/// The global pointer.
pub(super) const GP: u32 = 3;
