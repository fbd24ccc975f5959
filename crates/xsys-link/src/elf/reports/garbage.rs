//! What garbage collection leaves out, and why it keeps the rest.
//!
//! Spec: GNU ld manual, `--print-gc-sections`; lld, `--why-live`.

use object::elf;

use crate::elf::ids::FileId;
use crate::elf::live::gc::{Live, Reason};
use crate::elf::names::demangle;
use crate::elf::sections::describe::describe_place;
use crate::elf::sections::refs::{SymRef, ValueSource};
use crate::elf::sections::{Sections, is_linked};
use crate::elf::symbols::resolve::Resolution;

/// The lines of `--print-gc-sections`.
pub(crate) fn dropped_sections(
    resolution: &Resolution<'_>,
    sections: &Sections,
    live: &Live,
) -> String {
    let mut out = String::new();
    for (file, object) in resolution.files.iter().enumerate() {
        for (index, section) in object.sections.iter().enumerate() {
            let id = sections.id(FileId(file as u32), index as u32);
            let alloc = section.flags & elf::SHF_ALLOC.0 != 0;
            if alloc && is_linked(section) && section.name != b".eh_frame" && !live.contains(id) {
                out += &format!(
                    "removing unused section {}:({})\n",
                    object.name,
                    String::from_utf8_lossy(section.name)
                );
            }
        }
    }
    out
}

/// The lines of `--why-live`: from the symbol's section back to a root.
pub(crate) fn why_live(
    resolution: &Resolution<'_>,
    sections: &Sections,
    live: &Live,
    name: &str,
) -> String {
    let symbol = resolution.find(name.as_bytes()).map(SymRef::Global);
    let Some(ValueSource::Section(start, _)) =
        symbol.map(|symbol| symbol.value_source(resolution, sections))
    else {
        return format!("`{name}`: no input section defines it\n");
    };
    let mut out = format!("`{}`\n", demangle(name.as_bytes()));
    let mut at = start;
    // A section is marked once, so the chain cannot be longer than the number of sections.
    for _ in 0..sections.count() {
        let place = describe_place(resolution, sections, at, 0);
        match live.reason(at) {
            Reason::Dead => {
                return out + &format!("  nothing refers to {place}: it is not in the image\n");
            }
            Reason::Root => return out + &format!("  {place} is kept by itself\n"),
            Reason::Symbol(id) => {
                let root = demangle(resolution.symbol(id).name);
                return out + &format!("  {place} defines the root `{root}`\n");
            }
            Reason::ReferredBy(from) => {
                out += &format!("  {place}, which is referred to by\n");
                at = from;
            }
        }
    }
    out
}
