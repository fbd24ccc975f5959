//! Addends in section contents, for `-r` where the psABI has REL tables.
//!
//! Problem: a reference to an input section becomes one to the output section, so the input's offset
//! in it must be added to the addend, which REL keeps in the instruction or word itself. The field is
//! written by the encoder that relocates images, and read back to check it. High halves hold their
//! addend unshifted (AAELF32, "Addends and PC-bias"), so an encoder that shifts its value gets the
//! addend shifted the other way.

use xsys_diag::Diagnostic;

use super::relocs::section_target;
use crate::elf::arch::{Arch, RelocRule};
use crate::elf::ids::FileId;
use crate::elf::ids::SectionId;
use crate::elf::object::Reloc;
use crate::elf::relocate::Relocator;
use crate::elf::sections::describe::describe_place;
use crate::elf::sections::refs::SymRef;

/// Copies an input section to its place in the output and rewrites the addends in it.
pub(crate) fn copy(
    relocator: &Relocator<'_, '_>,
    id: SectionId,
    out: &mut [u8],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let addresses = &relocator.addresses;
    let Some((file, index)) = addresses.sections.origin(id) else {
        return;
    };
    let section = &addresses.resolution.files[file.0 as usize].sections[index as usize];
    let len = section.data.len().min(out.len());
    out[..len].copy_from_slice(&section.data[..len]);
    if section.relocs.has_addends() {
        return;
    }
    for reloc in section.relocs.iter() {
        if let Err(what) = rewrite(relocator, file, &reloc, section.data, out) {
            let place = describe_place(addresses.resolution, addresses.sections, id, reloc.offset);
            diagnostics.push(
                Diagnostic::error(format!("an addend does not fit its place: {what}"))
                    .note(format!("in {place}"))
                    .note("`-r` moves the sections of all inputs into one, which lengthens offsets")
                    .help("compile with one section per function and object, or link without `-r`"),
            );
        }
    }
}

fn rewrite(
    relocator: &Relocator<'_, '_>,
    file: FileId,
    reloc: &Reloc,
    data: &[u8],
    out: &mut [u8],
) -> Result<(), String> {
    let addresses = &relocator.addresses;
    let symbol = SymRef::of(addresses.resolution, file, reloc.symbol);
    if symbol.kind(addresses.resolution) != object::elf::STT_SECTION.0 {
        return Ok(());
    }
    let (Some(rule), Ok(place)) = (
        relocator.arch.rule(reloc.r_type),
        usize::try_from(reloc.offset),
    ) else {
        return Ok(());
    };
    let fits = place
        .checked_add(usize::from(rule.size))
        .is_some_and(|end| end <= data.len().min(out.len()));
    if !fits || rule.size == 0 {
        return Ok(());
    }
    let addend = relocator.arch.implicit_addend(rule, data, place);
    let Some((_, moved)) = section_target(addresses, symbol, addend) else {
        return Ok(());
    };
    if moved != addend && !put(relocator.arch, rule, out, place, moved) {
        return Err(format!("`{}` cannot hold {moved:#x}", rule.name));
    }
    Ok(())
}

/// Writes an addend. Returns whether it reads back the same.
fn put(arch: &dyn Arch, rule: &RelocRule, out: &mut [u8], place: usize, addend: i64) -> bool {
    [0, 16].into_iter().any(|shift| {
        arch.encode(rule, out, place, addend << shift);
        arch.implicit_addend(rule, out, place) == addend
    })
}
