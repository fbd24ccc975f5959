//! Bytes that a section can do without at its address.
//!
//! Problem: RISC-V assemblers write more padding before an aligned label than the final address
//! needs, because relaxation may move it; the linker must take the rest out, or the label is not
//! aligned. Sections stay untouched: what goes is a list of [`Cuts`] on the side, found anew in
//! every round of the layout.
//!
//! Spec: RISC-V psABI, "Linker Relaxation", R_RISCV_ALIGN.

use super::Map;

use object::elf;
use rayon::prelude::*;

use super::arch::{Arch, Site};
use super::layout::{Addresses, Cuts};
use super::sections::SectionId;

/// The cuts of all placed code sections at their present addresses.
pub fn cuts(arch: &dyn Arch, addresses: &Addresses<'_, '_>) -> Map<SectionId, Cuts> {
    if !arch.shrinks() {
        return Map::default();
    }
    let found: Vec<(SectionId, Cuts)> = (0..addresses.sections.input_count() as u32)
        .into_par_iter()
        .map(SectionId)
        .filter_map(|id| {
            let output = addresses.layout.output_of[id.0 as usize]?;
            let section = addresses.sections.input(addresses.resolution, id)?;
            if section.flags & elf::SHF_EXECINSTR.0 == 0 {
                return None;
            }
            let base = addresses.layout.extents[output.0 as usize].addr
                + addresses.layout.offsets[id.0 as usize];
            let mut cuts = Cuts::default();
            let mut removed = 0;
            for reloc in section.relocs.iter() {
                let offset = usize::try_from(reloc.offset).ok()?;
                let site = Site {
                    r_type: reloc.r_type,
                    offset,
                    addend: reloc.addend.unwrap_or(0),
                };
                let p = base.wrapping_add(reloc.offset).wrapping_sub(removed);
                if let Some((kept, cut)) = arch.align_padding(site, p)
                    && cut > 0
                    && reloc.offset.saturating_add(kept + cut) <= section.size
                {
                    cuts.0.push((reloc.offset + kept, cut));
                    removed += cut;
                }
            }
            (!cuts.0.is_empty()).then_some((id, cuts))
        })
        .collect();
    found.into_iter().collect()
}
