//! Compares relocations and groups of files by meaning.
//!
//! Tables refer to symbols and sections by index, which differ between linkers; here indexes become
//! names. Read with goblin.

use goblin::container::{Container, Ctx, Endian};
use goblin::elf::section_header as sh;

use super::image::{Image, Section};

/// A table that has a meaning only through its indexes.
pub fn is_relation(section: &Section) -> bool {
    let alloc = section.flags & u64::from(sh::SHF_ALLOC) != 0;
    !alloc && matches!(section.sh_type, sh::SHT_REL | sh::SHT_RELA | sh::SHT_GROUP)
}

/// The relocations and groups that only one of two files has.
pub fn compare(ours: &Image, theirs: &Image, out: &mut Vec<String>) {
    let (a, b) = (relations(ours), relations(theirs));
    for (list, other, who) in [(&a, &b, "only here"), (&b, &a, "only lld has it")] {
        let lone: Vec<&String> = list.iter().filter(|line| !other.contains(line)).collect();
        if let [first, rest @ ..] = lone.as_slice() {
            out.push(format!("{who}: {first} (and {} more)", rest.len()));
        }
    }
    if out.is_empty() && a.len() != b.len() {
        out.push(format!("{} relations, lld {}", a.len(), b.len()));
    }
}

fn relations(image: &Image) -> Vec<String> {
    let mut out = Vec::new();
    for section in image.sections.iter().filter(|s| is_relation(s)) {
        match section.sh_type {
            sh::SHT_GROUP => out.push(group(image, section)),
            _ => relocations(image, section, &mut out),
        }
    }
    out.sort();
    out
}

fn relocations(image: &Image, section: &Section, out: &mut Vec<String>) {
    let container = if image.is_64 {
        Container::Big
    } else {
        Container::Little
    };
    let endian = if image.little {
        Endian::Little
    } else {
        Endian::Big
    };
    let is_rela = section.sh_type == sh::SHT_RELA;
    let entries = goblin::elf::reloc::RelocSection::parse(
        &image.bytes,
        section.offset as usize,
        section.size as usize,
        is_rela,
        Ctx::new(container, endian),
    );
    let Ok(entries) = entries else {
        return out.push(format!("`{}` cannot be read", section.name));
    };
    for entry in entries.iter() {
        out.push(format!(
            "{} at {:#x}: type {} {} {:+#x}",
            section.name,
            entry.r_offset,
            entry.r_type,
            symbol(image, entry.r_sym),
            entry.r_addend.unwrap_or(0)
        ));
    }
}

/// A symbol by its name, a section's symbol by the section's. The table here begins with symbol 1.
fn symbol(image: &Image, index: usize) -> String {
    let Some(symbol) = index.checked_sub(1).and_then(|at| image.symbols.get(at)) else {
        return "(no symbol)".to_owned();
    };
    let section = image.sections.get(symbol.section).map_or("?", |s| &s.name);
    match symbol.kind {
        goblin::elf::sym::STT_SECTION => format!("section {section}"),
        _ => symbol.name.clone(),
    }
}

fn group(image: &Image, section: &Section) -> String {
    let (words, _) = image.contents(section).as_chunks::<4>();
    let words: Vec<u32> = words
        .iter()
        .map(|word| match image.little {
            true => u32::from_le_bytes(*word),
            false => u32::from_be_bytes(*word),
        })
        .collect();
    let mut members: Vec<&str> = words
        .iter()
        .skip(1)
        .map(|index| image.sections.get(*index as usize).map_or("?", |s| &s.name))
        .collect();
    members.sort();
    format!(
        "group {} flags {:?}: {}",
        symbol(image, section.info as usize),
        words.first(),
        members.join(" ")
    )
}
