//! Relaxation that replaces instructions by cheaper ones of the same length.
//!
//! Problem: some replacements depend on final addresses, so they are decided while the output is
//! written. GOT slots that are no longer read stay.
//!
//! Spec: AAELF64, "Relocation optimization"; AMD64 psABI, "Linker Optimization".

use super::Relocator;
use crate::elf::arch::{Base, FinalSite, Site};
use crate::elf::object::Section;
use crate::elf::sections::refs::ValueSource;
use crate::elf::synthetic::scan::Decided;

impl Relocator<'_, '_> {
    /// Replaces the instruction of the relocation at `index`, and perhaps that of the next one. Returns
    /// how many relocations are done. `whole` caches whether all GOT loads of the section are pairs.
    pub(super) fn relax_in_place(
        &self,
        section: &Section<'_>,
        index: usize,
        decided: &Decided,
        (place, p): (usize, u64),
        whole: &mut Option<bool>,
        out: &mut [u8],
    ) -> usize {
        if decided.rewrite.is_some() {
            return 0;
        }
        let (resolution, sections) = (self.addresses.resolution, self.addresses.sections);
        let symbol = decided.symbol;
        let facts = symbol.facts(resolution, sections, self.kind);
        let missing = matches!(
            symbol.value_source(resolution, sections),
            ValueSource::Undefined | ValueSource::UndefinedWeak | ValueSource::Discarded
        );
        if missing || facts.ifunc || facts.preemptible {
            return 0;
        }
        let Some(s) = self.addresses.of_symbol(symbol, 0) else {
            return 0;
        };
        let this = section.relocs.get(index);
        let next = (index + 1 < section.relocs.len())
            .then(|| section.relocs.get(index + 1))
            .filter(|next| next.symbol == this.symbol && next.offset >= this.offset);
        let next = next.and_then(|next| {
            Some(Site {
                r_type: next.r_type,
                offset: place.checked_add((next.offset - this.offset) as usize)?,
                addend: next.addend?,
            })
        });
        let known = FinalSite {
            site: Site {
                offset: place,
                ..decided.site
            },
            next,
            s,
            p,
            facts,
            got_pairs_only: decided.rule.base == Base::Got
                && *whole.get_or_insert_with(|| self.arch.got_pairs_only(section.relocs)),
        };
        self.arch.relax_in_place(&known, out)
    }
}
