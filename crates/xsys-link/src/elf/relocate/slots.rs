//! The contents of the GOT, and the words that the start code of a static-pie relocates.
//!
//! Spec: psABIs, "Global Offset Table"; "ELF Handling For Thread-Local Storage".

use super::Relocator;
use crate::elf::arch::{Base, Relative, RelocRule};
use crate::elf::assign::thunks::iplt_entry;
use crate::elf::ids::SectionId;
use crate::elf::sections::refs::{KnownBy, SymRef};
use crate::elf::synthetic::scan::{SlotKind, decide};

impl Relocator<'_, '_> {
    /// The contents of the GOT.
    pub(crate) fn got_words(&self) -> Vec<(u64, u64)> {
        let word = if self.arch.is_64() { 8 } else { 4 };
        let mut out = Vec::with_capacity(self.demands.slots.len());
        for slot in &self.demands.slots {
            let at = self.demands.slot_offsets[slot];
            let (kind, symbol) = *slot;
            match kind {
                SlotKind::Address => {
                    let s = iplt_entry(self.arch, &self.addresses, self.demands, symbol)
                        .or_else(|| self.addresses.of_symbol(symbol, 0));
                    out.push((at, s.unwrap_or(0)));
                }
                SlotKind::TpOffset => out.push((at, self.tp_offset(symbol, 0).unwrap_or(0))),
                SlotKind::TlsGd => {
                    // A static executable is module 1.
                    out.push((at, 1));
                    out.push((at + word, self.dtp_offset(symbol, 0).unwrap_or(0)));
                }
                SlotKind::TlsLd => {
                    out.push((at, 1));
                    out.push((at + word, 0));
                }
            }
        }
        out
    }

    /// Places that a static-pie's start code must relocate, as (place, value), by address.
    pub(crate) fn relatives(&self, ids: &[SectionId]) -> Vec<(u64, u64)> {
        use rayon::prelude::*;
        let word = if self.arch.is_64() { 8 } else { 4 };
        let mut out: Vec<(u64, u64)> = ids
            .par_iter()
            .with_min_len(64)
            .flat_map_iter(|&id| {
                let mut own = Vec::new();
                let Some((file, index)) = self.addresses.sections.origin(id) else {
                    return own;
                };
                let section =
                    &self.addresses.resolution.files[file.0 as usize].sections[index as usize];
                for (index, reloc) in section.relocs.iter().enumerate() {
                    // Rewrites neither produce absolute words nor consume them.
                    if !(self.arch.rule(reloc.r_type)).is_some_and(|rule| is_word(rule, word)) {
                        continue;
                    }
                    let (resolution, sections) =
                        (self.addresses.resolution, self.addresses.sections);
                    let Ok(decided) = decide(
                        self.arch, resolution, sections, file, section, reloc, self.kind,
                    ) else {
                        continue;
                    };
                    if is_word(decided.rule, word)
                        && self.known_by(decided.symbol) == KnownBy::StartUp
                        && let Some(p) = self.addresses.of_section(id, reloc.offset)
                        && let Ok(value) = self.value(id, file, section, &decided, index as u32, p)
                    {
                        own.push((p, value.number as u64));
                    }
                }
                own
            })
            .collect();
        for (kind, symbol) in &self.demands.slots {
            if *kind == SlotKind::Address && self.known_by(*symbol) == KnownBy::StartUp {
                let at = self.got.unwrap_or(0) + self.demands.slot_offsets[&(*kind, *symbol)];
                let s = iplt_entry(self.arch, &self.addresses, self.demands, *symbol)
                    .or_else(|| self.addresses.of_symbol(*symbol, 0));
                out.push((at, s.unwrap_or(0)));
            }
        }
        out.sort_unstable();
        out
    }

    fn known_by(&self, symbol: SymRef) -> KnownBy {
        let home = symbol.value_source(self.addresses.resolution, self.addresses.sections);
        home.known_by(self.kind)
    }
}

fn is_word(rule: &RelocRule, word: u8) -> bool {
    matches!(rule.base, Base::Symbol | Base::Branch)
        && rule.relative == Relative::Zero
        && rule.size == word
}
