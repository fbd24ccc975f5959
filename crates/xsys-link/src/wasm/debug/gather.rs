//! What is left of a file's relocations, and the strings that it refers to.
//!
//! Most fields refer to strings, whose places are known last of all: those are kept in short lists of
//! their own. Everything is counted in lists that the next file uses again, and kept in vectors of
//! just the size that it needs.

use wasmparser::{RelocationEntry, RelocationType};

use super::pool::{Wanted, Wish};
use super::targets::{Reloc, Target, Text};
use super::{Fate, FilePlan, Sections};

/// A field with a relocation, in what is left.
#[derive(Clone, Copy, Debug)]
pub struct Field {
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
    pub fn entry(&self) -> RelocationEntry {
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
pub struct Lists {
    texts: Vec<Vec<(u32, u32)>>,
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
    pub fn gather(&mut self, sections: &Sections<'_, '_>, lists: &mut Lists) {
        let Lists {
            texts,
            others,
            unsorted,
        } = lists;
        let pools = sections.pools.iter();
        let wanted = pools.map(|&section| Wanted::new(section, sections.data(section).len()));
        let mut wanted: Vec<Wanted> = wanted.collect();
        for (fate, fields) in self.fates.iter_mut().zip(sections.fields) {
            match fate {
                Fate::Whole => {
                    for text in &fields.texts {
                        wanted[text.pool as usize].insert(text.offset);
                    }
                }
                Fate::Cut(cut) => {
                    texts.resize_with(wanted.len().max(texts.len()), Vec::new);
                    let keep = |at, text: &Text| {
                        let pool = text.pool as usize;
                        wanted[pool].insert(text.offset);
                        texts[pool].push((at, text.offset));
                    };
                    let spans = &cut.spans;
                    spans.each_within(&fields.texts, |text| text.at, keep);
                    let keep = |at, reloc: &Reloc| others.push(reloc.field(at));
                    spans.each_within(&fields.others, |reloc| reloc.at, keep);
                    cut.texts = texts[..wanted.len()].iter().map(Vec::clone).collect();
                    cut.others = others.clone();
                    texts.iter_mut().for_each(Vec::clear);
                    others.clear();
                }
                Fate::Dropped | Fate::Strings => {}
            }
        }
        for list in &mut wanted {
            let bytes = sections.data(list.section());
            list.finish(bytes, unsorted);
        }
        self.wanted = wanted;
    }
}
