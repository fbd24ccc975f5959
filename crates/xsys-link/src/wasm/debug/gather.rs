//! What is left of a file's relocations, and the strings that it refers to.
//!
//! Most fields refer to strings, whose places are known last of all: until then they contain the
//! string's number, so that only where they are has to be kept. Everything is counted in lists that the
//! next file uses again, and kept in vectors of just the size that it needs.

use wasmparser::{RelocationEntry, RelocationType};

use super::pool::{Wanted, Wish};
use super::rank::Ranks;
use super::targets::{Reloc, Target, Text};
use super::{Cut, Fate, FilePlan, Sections};

/// A field with a relocation, in what is left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// Where it is.
    pub at: u32,
    /// What is added to the target's place.
    pub addend: u32,
    /// The number of the symbol or type that it names.
    pub index: u32,
    /// Its type.
    pub ty: RelocationType,
    /// It names a function of the object that stays.
    pub is_own: bool,
}

impl Field {
    /// The same as an object would have it.
    pub(crate) fn entry(&self) -> RelocationEntry {
        RelocationEntry {
            ty: self.ty,
            offset: self.at,
            index: self.index,
            addend: i64::from(self.addend as i32),
        }
    }
}

/// What stays of a file, before it is known how much that is.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Which strings are referred to, for each section of them.
    ranks: Vec<Ranks>,
    /// Fields that refer to them, in what is left of their sections.
    texts: Vec<Text>,
    /// Where those of each section end.
    ends: Vec<usize>,
    /// Where those of one section are, for each section of strings.
    places: Vec<Vec<u32>>,
    others: Vec<Field>,
    unsorted: Vec<Wish>,
}

impl Reloc {
    /// The same, at a place in what is left.
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
    /// Collects the relocations of what is left, and the strings that it refers to.
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
        for (fate, fields) in self.fates.iter_mut().zip(sections.fields) {
            match fate {
                Fate::Whole => {
                    for text in &fields.texts {
                        ranks[text.pool as usize].insert(text.offset);
                    }
                }
                Fate::Cut(cut) => {
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
                Fate::Dropped | Fate::Strings => {}
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
        for ((section, fate), &end) in (0u32..).zip(&mut self.fates).zip(ends.iter()) {
            if let Fate::Cut(cut) = fate
                && first < end
            {
                cut.number(sections.data(section), &texts[first..end], ranks, places);
            }
            first = end;
        }
    }
}

impl Cut {
    /// Puts the numbers of strings where their places belong, which are not known yet. `places` are
    /// empty lists.
    fn number(&mut self, data: &[u8], texts: &[Text], ranks: &[Ranks], places: &mut [Vec<u32>]) {
        if self.image.is_empty() {
            self.image = self.spans.copy(data);
        }
        for text in texts {
            let pool = text.pool as usize;
            // There is none for what is outside of the section.
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
