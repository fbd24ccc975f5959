//! Shorter code where addresses allow it, round by round.
//!
//! Problem: RISC-V assemblers write the longest form of a call or an address and mark it; they pad
//! before an aligned label as if all of those stayed. The linker removes the excess: of the padding
//! it must, or the label is not aligned, and of the rest it should, since that is a tenth of the
//! code. Each round of the layout decides anew from the present addresses, since a removal moves all
//! that follows, and may even move things apart (padding grows when code in front of it shrinks).
//! After [`FREE_ROUNDS`] an instruction loses no more bytes than in the round before, so that the
//! rounds come to an end.
//!
//! **The global pointer.** GNU ld uses `gp` wherever `__global_pointer$` is defined; lld asks for
//! `--relax-gp`, because platforms may keep something else in the register (a shadow stack), and
//! code that runs before start-up code has set it would go wrong. Here the image decides: where live
//! code loads `__global_pointer$` into `gp`, the register has its psABI meaning, and relaxation uses
//! it. `--relax-gp` and `--no-relax-gp` override that.
//!
//! Spec: RISC-V psABI, "Linker Relaxation".

use object::elf;
use rayon::prelude::*;

use super::thunks::{branch_target, stand_in};
use crate::elf::arch::deltas::Deltas;
use crate::elf::arch::shortening::{AddressView, Anchor, Candidate, Marked, Shortening};
use crate::elf::arch::{Arch, SymbolFacts};
use crate::elf::ids::FileId;
use crate::elf::ids::SectionId;
use crate::elf::layout::linker_values;
use crate::elf::layout::tls::Tls;
use crate::elf::layout::{Addresses, Layout};
use crate::elf::names::Map;
use crate::elf::sections::Sections;
use crate::elf::sections::refs::{SymRef, ValueSource};
use crate::elf::symbols::resolve::{Definition, Resolution};
use crate::elf::synthetic::scan::Demands;
use crate::options::{ElfOptions, OutputKind};

/// Rounds in which every decision is open.
const FREE_ROUNDS: usize = 8;

/// The candidates for relaxation, which are found once.
#[derive(Default)]
pub(crate) struct RelaxState {
    sections: Vec<(SectionId, Vec<Candidate>)>,
    uses_gp: bool,
    kind: OutputKind,
    rounds: usize,
}

impl RelaxState {
    /// Gathers the candidates of the placed sections that carry markers.
    pub(crate) fn prepare(
        arch: &dyn Arch,
        resolution: &Resolution<'_>,
        sections: &Sections,
        demands: &Demands,
        layout: &Layout<'_>,
        options: &ElfOptions,
    ) -> Self {
        let Some(shortening) = arch.shortening().filter(|_| !demands.marked.is_empty()) else {
            return Self::default();
        };
        let relax = options.machine.relax != Some(false) && options.kind.is_image();
        let gathered = demands
            .marked
            .par_iter()
            .filter_map(|&id| {
                layout.output_of[id.0 as usize]?;
                let marked = marked(resolution, sections, id)?;
                if marked.section.flags & elf::SHF_EXECINSTR.0 == 0 {
                    return None;
                }
                let (file, _) = sections.origin(id)?;
                let anchor = |symbol| anchor(resolution, sections, file, symbol);
                let candidates = shortening.candidates(marked, relax, &anchor);
                (!candidates.is_empty()).then_some((id, candidates))
            })
            .collect();
        Self {
            sections: gathered,
            uses_gp: relax && uses_gp(shortening, resolution, sections, layout, options),
            kind: options.kind,
            rounds: 0,
        }
    }

    /// The deltas at the present addresses.
    pub(crate) fn round(
        &mut self,
        arch: &dyn Arch,
        addresses: &Addresses<'_, '_>,
        demands: &Demands,
    ) -> Map<SectionId, Deltas> {
        let Some(shortening) = arch.shortening().filter(|_| !self.sections.is_empty()) else {
            return Map::default();
        };
        self.rounds += 1;
        let fixed = self.rounds > FREE_ROUNDS;
        let gp = global_pointer(arch, addresses).filter(|_| self.uses_gp);
        let tls = Tls::of_layout(addresses.layout);
        let found: Vec<(SectionId, Deltas)> = self
            .sections
            .par_iter()
            .filter_map(|(id, candidates)| {
                let marked = marked(addresses.resolution, addresses.sections, *id)?;
                let (file, _) = addresses.sections.origin(*id)?;
                let view = SectionView {
                    arch,
                    addresses,
                    demands,
                    file,
                    base: addresses.of_section(*id, 0)?,
                    before: addresses.layout.deltas.get(id),
                    gp,
                    tls,
                    kind: self.kind,
                    fixed,
                };
                Some((*id, shortening.shorten(marked, candidates, &view)?))
            })
            .collect();
        found.into_iter().collect()
    }

    /// The sections whose deltas differ between two rounds, with the bytes that each round removes.
    pub(crate) fn unsettled(
        &self,
        before: &Map<SectionId, Deltas>,
        now: &Map<SectionId, Deltas>,
    ) -> Vec<(SectionId, u64, u64)> {
        if self.rounds <= FREE_ROUNDS {
            return Vec::new();
        }
        let total = |deltas: &Map<SectionId, Deltas>, id| deltas.get(id).map_or(0, Deltas::total);
        self.sections
            .iter()
            .filter(|(id, _)| before.get(id) != now.get(id))
            .map(|(id, _)| (*id, total(before, id), total(now, id)))
            .collect()
    }
}

fn marked<'m, 'a>(
    resolution: &'m Resolution<'a>,
    sections: &Sections,
    id: SectionId,
) -> Option<Marked<'m, 'a>> {
    let (file, index) = sections.origin(id)?;
    let object = &resolution.files[file.0 as usize];
    Some(Marked {
        object,
        index,
        section: object.sections.get(index as usize)?,
    })
}

fn anchor(
    resolution: &Resolution<'_>,
    sections: &Sections,
    file: FileId,
    symbol: u32,
) -> Option<Anchor> {
    let symbol = SymRef::of(resolution, file, symbol);
    let ValueSource::Section(id, offset) = symbol.value_source(resolution, sections) else {
        return None;
    };
    let section = sections.input(resolution, id)?;
    Some(Anchor {
        offset,
        align: section.align.max(1),
        merged: section.flags & elf::SHF_MERGE.0 != 0,
    })
}

/// Whether code may use the global pointer.
fn uses_gp(
    shortening: &dyn Shortening,
    resolution: &Resolution<'_>,
    sections: &Sections,
    layout: &Layout<'_>,
    options: &ElfOptions,
) -> bool {
    let Some(gp) = resolution.find(shortening.global_pointer()) else {
        return false;
    };
    if matches!(
        resolution.symbol(gp).definition,
        Definition::Undefined | Definition::Lazy { .. }
    ) {
        return false;
    }
    if let Some(given) = options.machine.relax_gp {
        return given;
    }
    (0..sections.input_count() as u32)
        .into_par_iter()
        .with_min_len(256)
        .map(SectionId)
        .filter(|id| layout.output_of[id.0 as usize].is_some())
        .any(|id| {
            let (Some((file, _)), Some(section)) =
                (sections.origin(id), sections.input(resolution, id))
            else {
                return false;
            };
            section.flags & elf::SHF_EXECINSTR.0 != 0
                && section.relocs.iter().any(|reloc| {
                    SymRef::of(resolution, file, reloc.symbol) == SymRef::Global(gp)
                        && shortening.sets_global_pointer(section, reloc)
                })
        })
}

/// The value of the symbol that start-up code loads into the global pointer.
pub(crate) fn global_pointer(arch: &dyn Arch, addresses: &Addresses<'_, '_>) -> Option<u64> {
    let resolution = addresses.resolution;
    let id = resolution.find(arch.shortening()?.global_pointer())?;
    match resolution.symbol(id).definition {
        Definition::Undefined | Definition::Lazy { .. } => None,
        // The linker's own symbols get their values after layout.
        Definition::Linker => linker_values::global_pointer(addresses.layout),
        _ => addresses.of_symbol(SymRef::Global(id), 0),
    }
}

/// A section's view of the present addresses.
struct SectionView<'s, 'l, 'a> {
    arch: &'s dyn Arch,
    addresses: &'s Addresses<'l, 'a>,
    demands: &'s Demands,
    file: FileId,
    base: u64,
    before: Option<&'s Deltas>,
    gp: Option<u64>,
    tls: Option<Tls>,
    kind: OutputKind,
    fixed: bool,
}

impl SectionView<'_, '_, '_> {
    fn symbol_of(&self, index: u32) -> SymRef {
        SymRef::of(self.addresses.resolution, self.file, index)
    }
}

impl AddressView for SectionView<'_, '_, '_> {
    fn base(&self) -> u64 {
        self.base
    }

    fn place(&self, offset: u64) -> u64 {
        let offset = self.before.map_or(offset, |deltas| deltas.map(offset));
        self.base.wrapping_add(offset)
    }

    fn symbol(&self, symbol: u32, addend: i64) -> Option<u64> {
        let symbol = self.symbol_of(symbol);
        match stand_in(self.arch, self.addresses, self.demands, symbol) {
            Some(entry) => Some(entry.wrapping_add_signed(addend)),
            None => self.addresses.of_symbol(symbol, addend),
        }
    }

    fn branch(&self, symbol: u32, addend: i64) -> Option<u64> {
        let symbol = self.symbol_of(symbol);
        let target = branch_target(self.arch, self.addresses, self.demands, symbol, addend);
        if let Some(target) = target {
            return Some(target.addr);
        }
        match symbol.value_source(self.addresses.resolution, self.addresses.sections) {
            ValueSource::UndefinedWeak => Some(addend as u64),
            _ => None,
        }
    }

    fn tp_offset(&self, symbol: u32, addend: i64) -> Option<u64> {
        let symbol = self.symbol_of(symbol);
        match symbol.value_source(self.addresses.resolution, self.addresses.sections) {
            ValueSource::UndefinedWeak => Some(addend as u64),
            _ => {
                let s = self.addresses.of_symbol(symbol, addend)?;
                Some(self.tls?.tp_offset(self.arch, s))
            }
        }
    }

    fn facts(&self, symbol: u32) -> SymbolFacts {
        self.symbol_of(symbol).facts(
            self.addresses.resolution,
            self.addresses.sections,
            self.kind,
        )
    }

    fn global_pointer(&self) -> Option<u64> {
        self.gp
    }

    fn limit(&self, reloc: u32) -> u64 {
        if !self.fixed {
            return u64::MAX;
        }
        let known = self.before.and_then(|deltas| deltas.change_of(reloc));
        known.map_or(0, |change| u64::from(change.removed))
    }
}
