//! The relocations that are left of a file, and the strings that it uses.
//!
//! Most fields refer to strings, whose positions are known last. Until then they contain the number of the string, so
//! that only their own positions have to be stored. Everything is counted in buffers that are used again for the next
//! file, and then stored in vectors of exact size.

use wasmparser::{RelocationEntry, RelocationType};

use super::pool::{Wanted, Wish};
use super::rank::Ranks;
use super::targets::{Reloc, Target, Text};
use super::{Action, Cut, FilePlan, Sections};

/// A field with a relocation in what is kept of a section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// Its offset.
    pub at: u32,
    /// The addend.
    pub addend: u32,
    /// The index of the symbol or type.
    pub index: u32,
    /// Its type.
    pub ty: RelocationType,
    /// Whether the symbol is a live function of this object.
    pub is_own: bool,
}

impl Field {
    /// The field's relocation, as in an object.
    pub(crate) fn entry(&self) -> RelocationEntry {
        RelocationEntry {
            ty: self.ty,
            offset: self.at,
            index: self.index,
            addend: i64::from(self.addend as i32),
        }
    }
}

/// What is kept of a file, in buffers.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// For each string section, which strings are used.
    ranks: Vec<Ranks>,
    /// Fields that refer to strings.
    texts: Vec<Text>,
    /// For each section, the end of its fields in `texts`.
    ends: Vec<usize>,
    /// For each string section, the fields of one section that refer to it.
    places: Vec<Vec<u32>>,
    others: Vec<Field>,
    unsorted: Vec<Wish>,
}

impl Reloc {
    /// The field at a new offset.
    fn field(&self, at: u32) -> Field {
        Field {
            at,
            addend: self.addend,
            index: self.index,
            ty: self.ty,
            is_own: matches!(self.target, Target::Function(_)),
        }
    }
}

impl FilePlan {
    /// Collects the relocations and strings of what is kept.
    pub(super) fn gather(&mut self, sections: &Sections<'_, '_>, lists: &mut Lists) {
        let Lists {
            ranks,
            texts,
            ends,
            places,
            others,
            unsorted,
        } = lists;
        ranks.resize_with(sections.pools.len(), Ranks::default);
        places.resize_with(sections.pools.len(), Vec::new);
        for (&section, ranks) in sections.pools.iter().zip(ranks.iter_mut()) {
            ranks.clear(sections.data(section).len());
        }
        texts.clear();
        ends.clear();
        for (action, fields) in self.actions.iter_mut().zip(sections.fields) {
            match action {
                Action::Whole => {
                    for text in &fields.texts {
                        ranks[text.pool as usize].insert(text.offset);
                    }
                }
                Action::Cut(cut) => {
                    let keep = |at, text: &Text| {
                        ranks[text.pool as usize].insert(text.offset);
                        texts.push(Text { at, ..*text });
                    };
                    let spans = &cut.spans;
                    spans.each_within(&fields.texts, |text| text.at, keep);
                    let keep = |at, reloc: &Reloc| others.push(reloc.field(at));
                    spans.each_within(&fields.others, |reloc| reloc.at, keep);
                    cut.others = others.clone();
                    others.clear();
                }
                Action::Dropped | Action::Strings => {}
            }
            ends.push(texts.len());
        }
        let pools = sections.pools.iter().zip(ranks.iter_mut());
        let wanted = pools.map(|(&section, ranks)| {
            ranks.finish();
            Wanted::new(section, sections.data(section), ranks, unsorted)
        });
        self.wanted = wanted.collect();
        let mut first = 0;
        for ((section, action), &end) in (0u32..).zip(&mut self.actions).zip(ends.iter()) {
            if let Action::Cut(cut) = action
                && first < end
            {
                cut.number(sections.data(section), &texts[first..end], ranks, places);
            }
            first = end;
        }
    }
}

impl Cut {
    /// Writes the numbers of strings into the fields that refer to them. `places` have to be empty.
    fn number(&mut self, data: &[u8], texts: &[Text], ranks: &[Ranks], places: &mut [Vec<u32>]) {
        if self.image.is_empty() {
            self.image = self.spans.copy(data);
        }
        for text in texts {
            let pool = text.pool as usize;
            // Offsets outside of the section have no number.
            let number = ranks[pool].number(text.offset).unwrap_or(u32::MAX);
            let at = text.at as usize;
            if let Some(field) = self.image.get_mut(at..at + 4) {
                field.copy_from_slice(&number.to_le_bytes());
            }
            places[pool].push(text.at);
        }
        for (pool, places) in (0u32..).zip(places) {
            if !places.is_empty() {
                self.texts.push((pool, places.clone()));
                places.clear();
            }
        }
    }
}
