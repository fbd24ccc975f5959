//! The contents of the GOT, and the dynamic relocations.
//!
//! Spec: psABIs, "Global Offset Table"; "ELF Handling For Thread-Local Storage"; gABI "Relocation".

use super::Relocator;
use crate::elf::arch::{Base, Relative, RelocRule};
use crate::elf::assign::thunks::stand_in;
use crate::elf::ids::SectionId;
use crate::elf::sections::refs::{KnownBy, SymRef};
use crate::elf::synthetic::dynsym::DynamicSymbols;
use crate::elf::synthetic::relocations::{DynamicReloc, Entry, of_slot};
use crate::elf::synthetic::scan::{SlotKind, TLS_LD, decide};

impl Relocator<'_, '_> {
    /// The contents of the GOT, as (offset, word). What the dynamic linker computes holds the addend, where REL
    /// relocations look for it.
    pub(crate) fn got_words(&self) -> Vec<(u64, u64)> {
        let word = if self.arch.is_64() { 8 } else { 4 };
        let mut out = Vec::with_capacity(self.demands.slots.len());
        for slot in &self.demands.slots {
            let at = self.demands.slot_offsets[slot];
            let (kind, symbol) = *slot;
            let imported = self.slot_known_by(*slot) == KnownBy::DynamicLinker;
            let shared = self.kind.is_shared();
            match kind {
                _ if imported => {}
                SlotKind::Address => out.push((at, self.slot_address(symbol))),
                SlotKind::TpOffset if shared => {
                    out.push((at, self.tls_block_offset(symbol)));
                }
                SlotKind::TpOffset => out.push((at, self.tp_offset(symbol, 0).unwrap_or(0))),
                SlotKind::TlsGd => {
                    // The executable is module 1.
                    out.push((at, u64::from(!shared)));
                    out.push((at + word, self.dtp_offset(symbol, 0).unwrap_or(0)));
                }
                SlotKind::TlsLd => {
                    out.push((at, u64::from(!shared)));
                    out.push((at + word, 0));
                }
                SlotKind::TlsDesc => {
                    let offset = self.tls_block_offset(symbol);
                    out.push((at + word, offset));
                }
            }
        }
        out
    }

    /// The relocations of all but IFUNCs and the PLT, RELATIVE ones first.
    pub(crate) fn dynamic_relocations(
        &self,
        ids: &[SectionId],
        symbols: &DynamicSymbols,
    ) -> Vec<Entry> {
        use rayon::prelude::*;
        let relative = self.arch.dynamic().relative;
        let mut out: Vec<Entry> = ids
            .par_iter()
            .with_min_len(64)
            .flat_map_iter(|&id| self.words_of(id, symbols))
            .collect();
        let word = if self.arch.is_64() { 8 } else { 4 };
        for slot in &self.demands.slots {
            let known_by = self.slot_known_by(*slot);
            let start = self.got.unwrap_or(0) + self.demands.slot_offsets[slot];
            for (index, reloc) in of_slot(slot.0, known_by, self.kind) {
                let imported = known_by == KnownBy::DynamicLinker;
                let addend = match reloc {
                    _ if imported => 0,
                    DynamicReloc::Relative => self.slot_address(slot.1),
                    DynamicReloc::TpOffset | DynamicReloc::TlsDescriptor => {
                        self.tls_block_offset(slot.1)
                    }
                    _ => 0,
                };
                out.push(Entry {
                    symbol: if imported { named(symbols, slot.1) } else { 0 },
                    place: start + index * word,
                    r_type: reloc.r_type(self.arch),
                    addend,
                });
            }
        }
        for &id in &self.demands.imports.copies {
            out.push(Entry {
                symbol: symbols.index_of(id),
                place: self.addresses.of_symbol(SymRef::Global(id), 0).unwrap_or(0),
                r_type: DynamicReloc::Copy.r_type(self.arch),
                addend: 0,
            });
        }
        out.sort_unstable_by_key(|entry| (entry.r_type != relative, *entry));
        out
    }

    /// The relocations of the words of a section.
    fn words_of(&self, id: SectionId, symbols: &DynamicSymbols) -> Vec<Entry> {
        let mut own = Vec::new();
        let Some((file, index)) = self.addresses.sections.origin(id) else {
            return own;
        };
        let (resolution, sections) = (self.addresses.resolution, self.addresses.sections);
        let section = &resolution.files[file.0 as usize].sections[index as usize];
        for (index, reloc) in section.relocs.iter().enumerate() {
            // Rewrites neither produce absolute words nor consume them.
            if !(self.arch.rule(reloc.r_type)).is_some_and(|rule| self.is_word(rule)) {
                continue;
            }
            let Ok(decided) = decide(
                self.arch, resolution, sections, file, section, reloc, self.kind,
            ) else {
                continue;
            };
            let known_by = self.known_by(decided.symbol);
            let kept = match known_by {
                KnownBy::StartUp => true,
                KnownBy::DynamicLinker => {
                    self.kind.is_pic() || section.flags & object::elf::SHF_WRITE.0 != 0
                }
                _ => false,
            };
            if !self.is_word(decided.rule) || !kept {
                continue;
            }
            let Some(place) = self.addresses.of_section(id, reloc.offset) else {
                continue;
            };
            let Ok(value) = self.value(id, file, section, &decided, index as u32, place) else {
                continue;
            };
            let (symbol, reloc) = match known_by {
                KnownBy::StartUp => (0, DynamicReloc::Relative),
                _ => (named(symbols, decided.symbol), DynamicReloc::Symbolic),
            };
            own.push(Entry {
                symbol,
                place,
                r_type: reloc.r_type(self.arch),
                addend: value.number as u64,
            });
        }
        own
    }

    /// The address that a slot holds.
    fn slot_address(&self, symbol: SymRef) -> u64 {
        let s = stand_in(self.arch, &self.addresses, self.demands, symbol)
            .or_else(|| self.addresses.of_symbol(symbol, 0));
        s.unwrap_or(0)
    }

    /// The offset of a variable in this file's TLS block, without a bias.
    fn tls_block_offset(&self, symbol: SymRef) -> u64 {
        let s = self.addresses.of_symbol(symbol, 0).unwrap_or(0);
        s.wrapping_sub(self.tls.addr)
    }

    fn slot_known_by(&self, slot: (SlotKind, SymRef)) -> KnownBy {
        match slot {
            TLS_LD => KnownBy::Linker,
            (_, symbol) => self.known_by(symbol),
        }
    }

    pub(super) fn known_by(&self, symbol: SymRef) -> KnownBy {
        let resolution = self.addresses.resolution;
        let home = symbol.value_source(resolution, self.addresses.sections);
        symbol.known_by(resolution, home, self.kind)
    }

    /// Whether a relocation fills a word with an address.
    pub(super) fn is_word(&self, rule: &RelocRule) -> bool {
        let word = if self.arch.is_64() { 8 } else { 4 };
        matches!(rule.base, Base::Symbol | Base::Branch)
            && rule.relative == Relative::Zero
            && rule.size == word
    }
}

fn named(symbols: &DynamicSymbols, symbol: SymRef) -> u32 {
    match symbol {
        SymRef::Global(id) => symbols.index_of(id),
        SymRef::Local(..) => 0,
    }
}
