//! What to remove from an image that is too large, as far as its contents show it.
//!
//! Problem: the sizes alone do not say why something is there. Most small programs that overflow do
//! so for one of a few reasons: they were built without optimisation, panic messages and `{}` pull in
//! `core::fmt`, floats are printed, unwind tables are kept, one table or buffer is huge, or one
//! dependency is. Each is recognised by the names of what is there, and the reference that garbage
//! collection met first says who brought it.

use std::collections::BTreeMap;

use super::{Contents, RegionPiece, name_in, share};
use crate::elf::assign::AssignContext;
use crate::elf::ids::SectionId;
use crate::elf::live::gc::Reason;
use crate::elf::sections::Sections;
use crate::elf::sections::owners;

/// Shares (percent) below which a reason is not mentioned.
const WORTH: f64 = 2.0;
const LARGE: f64 = 20.0;

/// Crates that every program has and that nobody can remove.
const STANDARD: [&str; 4] = ["core", "alloc", "std", "compiler_builtins"];

/// Names that belong to formatting: `core::fmt`, and what only it needs.
const FORMATTING: [&str; 6] = [
    "core::fmt::",
    "core::num::fmt",
    "core::num::flt2dec",
    "core::unicode::printable",
    "alloc::fmt",
    "core::char::methods::<impl char>::escape",
];

const FLOATS: [&str; 4] = [
    "core::num::flt2dec",
    "core::num::bignum",
    "core::fmt::float",
    "core::num::diy_float",
];

/// Help texts for one region.
pub(super) fn give(
    facts: &AssignContext<'_, '_>,
    sections: &Sections,
    contents: &Contents<'_>,
    region: &str,
) -> Vec<String> {
    let mut out = Vec::new();
    let part = |size: u64| share(size, contents.used);
    let functions = contents
        .pieces
        .iter()
        .filter(|piece| piece.symbol.is_some_and(|symbol| symbol.function));
    let code = functions.fold(0u64, |sum, piece| sum.saturating_add(piece.size));
    if part(code) >= LARGE && is_debug_build(facts) {
        out.push(
            "this is a debug build: `--release` makes code several times smaller (or, for the `dev` profile, `opt-level = \"s\"`)"
                .to_owned(),
        );
    }
    let readable: Vec<(&RegionPiece<'_>, String)> = contents
        .pieces
        .iter()
        .filter_map(|piece| Some((piece, crate::elf::names::demangle(piece.symbol?.name))))
        .collect();
    let all_of = |parts: &[&str]| -> (u64, Vec<SectionId>) {
        let mut size = 0u64;
        let mut ids = Vec::new();
        for (piece, name) in &readable {
            if parts.iter().any(|part| name.contains(part)) {
                size = size.saturating_add(piece.size);
                ids.push(piece.section);
            }
        }
        (size, ids)
    };

    let (size, ids) = all_of(&FORMATTING);
    if part(size) >= WORTH {
        let because = because_of(facts, sections, &ids);
        out.push(format!(
            "formatting (`core::fmt` and its users) takes {size} bytes, {:.1} %{because}; it goes when nothing formats: a panic handler that prints nothing (`panic-halt`), `defmt` in place of `write!`, and `panic = \"immediate-abort\"` for the sysroot, so that not even panic messages are made",
            part(size)
        ));
    }
    let (size, _) = all_of(&FLOATS);
    if part(size) >= WORTH {
        out.push(format!(
            "printing floating-point numbers takes {size} bytes, {:.1} % (`core::num::flt2dec`); print scaled integers instead",
            part(size)
        ));
    }
    let tables = contents
        .outputs
        .iter()
        .filter(|(_, name, _)| {
            [".eh_frame", ".gcc_except_table", ".ARM.exidx", ".ARM.extab"].contains(&name.as_str())
        })
        .fold(0u64, |sum, (size, ..)| sum.saturating_add(*size));
    if part(tables) >= WORTH {
        out.push(format!(
            "unwind tables take {tables} bytes, {:.1} %; a program that aborts on panic can do without: `-Cforce-unwind-tables=no`, or `/DISCARD/ : {{ *(.eh_frame .ARM.exidx*) }}` in the script",
            part(tables)
        ));
    }
    if let Some((piece, name)) = readable.iter().max_by(|a, b| {
        let key = |(piece, name): &(&RegionPiece<'_>, String)| {
            (piece.size, std::cmp::Reverse(name.clone()))
        };
        key(a).cmp(&key(b))
    }) && part(piece.size) >= LARGE
        && piece.symbol.is_some_and(|symbol| !symbol.function)
    {
        let what = if piece.load_only {
            "initial values (zeros would take none here: `.bss` is not stored)"
        } else {
            "one object"
        };
        out.push(format!(
            "`{name}` alone is {:.1} % of `{region}`, {what}: make it smaller, or place it elsewhere (`#[unsafe(link_section = \"…\")]`)",
            part(piece.size)
        ));
    }
    out.extend(largest_dependency(facts, sections, contents));
    if out.is_empty() {
        out.push(
            "shrink what is at the top of the tables; in the profile `opt-level = \"z\"`, `lto = true` and `codegen-units = 1` make code smaller"
                .to_owned(),
        );
    }
    out
}

/// cargo's directory for programs without optimisation is called `debug`.
fn is_debug_build(facts: &AssignContext<'_, '_>) -> bool {
    facts.resolution.files.iter().any(|file| {
        let path = file.name.path.to_string_lossy();
        path.ends_with(".rcgu.o")
            && file
                .name
                .path
                .components()
                .any(|part| part.as_os_str() == "debug")
    })
}

/// The largest crate that is neither the standard library's nor the program's own.
fn largest_dependency(
    facts: &AssignContext<'_, '_>,
    sections: &Sections,
    contents: &Contents<'_>,
) -> Option<String> {
    let mut sums: BTreeMap<&str, (u64, Vec<SectionId>)> = BTreeMap::new();
    let own: Vec<String> = facts
        .resolution
        .files
        .iter()
        .filter(|file| file.name.member.is_none())
        .map(|file| owners::of_object(&file.name))
        .collect();
    for piece in &contents.pieces {
        if piece.krate.starts_with('[')
            || STANDARD.contains(&piece.krate.as_str())
            || own.contains(&piece.krate)
        {
            continue;
        }
        let (size, ids) = sums.entry(&piece.krate).or_default();
        *size = size.saturating_add(piece.size);
        ids.push(piece.section);
    }
    let (name, (size, ids)) = sums
        .into_iter()
        .max_by_key(|(name, (size, _))| (*size, std::cmp::Reverse(*name)))?;
    let part = share(size, contents.used);
    if part < LARGE / 2.0 {
        return None;
    }
    let because = because_of(facts, sections, &ids);
    Some(format!(
        "the crate `{name}` takes {size} bytes, {part:.1} %{because}; see whether its features can be reduced (`default-features = false`)"
    ))
}

/// The two functions outside of the standard library (and of `ids`) that brought most of these
/// sections into the image.
fn because_of(facts: &AssignContext<'_, '_>, sections: &Sections, ids: &[SectionId]) -> String {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut callers: BTreeMap<String, usize> = BTreeMap::new();
    for &id in sorted.iter().take(256) {
        if let Some(name) = first_outsider(facts, sections, &sorted, id) {
            *callers.entry(name).or_default() += 1;
        }
    }
    let mut callers: Vec<(usize, String)> =
        callers.into_iter().map(|(name, n)| (n, name)).collect();
    callers.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let names: Vec<String> = callers
        .into_iter()
        .take(2)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    if names.is_empty() {
        return String::new();
    }
    format!(", in the image because of {}", names.join(" and "))
}

fn first_outsider(
    facts: &AssignContext<'_, '_>,
    sections: &Sections,
    ids: &[SectionId],
    start: SectionId,
) -> Option<String> {
    let mut at = start;
    // A section is marked once, so the chain is no longer than the number of sections.
    for _ in 0..sections.count() {
        let Reason::ReferredBy(from) = facts.live.reason(at) else {
            return None;
        };
        at = from;
        if ids.binary_search(&at).is_ok() {
            continue;
        }
        let Some(name) = name_in(facts, sections, at) else {
            continue;
        };
        let standard =
            owners::of_symbol(name).is_none_or(|krate| STANDARD.contains(&krate.as_str()));
        if !standard {
            return Some(crate::elf::names::demangle(name));
        }
    }
    None
}
