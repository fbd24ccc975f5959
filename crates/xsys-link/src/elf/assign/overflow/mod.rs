//! The error for memory that is too small: by how much, because of what, and what to do.
//!
//! Problem: "will not fit" is useless without "by how much" and "because of what". All regions that
//! overflow make one error, because one change often helps more than one of them. For each region
//! three tables say what fills it: by crate, since that is what a manifest can change; by output
//! section; and the largest functions and objects. Advice follows from what was found (`advice`).
//!
//! Every byte of a region is counted once: what no symbol covers belongs to the object's crate, and
//! what no input covers is the linker's (merged strings, tables) or a gap.

mod advice;

use std::collections::BTreeMap;

use object::elf;
use xsys_diag::Diagnostic;

use super::AssignContext;
use crate::elf::ids::SectionId;
use crate::elf::layout::{Layout, Region};
use crate::elf::names::Map;
use crate::elf::object::SymbolPlace;
use crate::elf::sections::Sections;
use crate::elf::sections::owners;
use crate::elf::sections::owners::Named;
use crate::script::ast::{Command, Script, Span};

/// Rows of each table.
const ROWS: usize = 8;

/// Consecutive bytes of a region that belong together.
struct RegionPiece<'a> {
    size: u64,
    krate: String,
    section: SectionId,
    /// The symbol that covers it.
    symbol: Option<Named<'a>>,
    /// Only the initial values are in this region, from which they are copied at start-up.
    load_only: bool,
}

/// What fills a region.
struct Contents<'a> {
    pieces: Vec<RegionPiece<'a>>,
    /// Output sections: bytes, name, and whether only their initial values are here.
    outputs: Vec<(u64, String, bool)>,
    used: u64,
}

/// One error for all regions that are too small, if there are any.
pub(crate) fn check(
    facts: &AssignContext<'_, '_>,
    sections: &Sections,
    layout: &Layout<'_>,
) -> Option<Diagnostic> {
    let over: Vec<(usize, &Region)> = layout
        .regions
        .iter()
        .enumerate()
        .filter(|(_, region)| region.used() > region.length.saturating_sub(region.shift))
        .collect();
    let (_, first) = over.first()?;
    let amount = |region: &Region| {
        let over = region
            .used()
            .saturating_sub(region.length.saturating_sub(region.shift));
        format!("{over} byte{}", if over == 1 { "" } else { "s" })
    };
    let message = if over.len() == 1 {
        format!("region `{}` overflows by {}", first.name, amount(first))
    } else {
        let list: Vec<String> = over
            .iter()
            .map(|(_, region)| format!("`{}` by {}", region.name, amount(region)))
            .collect();
        format!("{} regions overflow: {}", over.len(), list.join(", "))
    };
    let mut diagnostic = Diagnostic::error(message).code("region-overflow");
    for (_, region) in &over {
        if let Some(span) = declared_at(facts.script, &region.name) {
            let text = format!(
                "{} bytes are needed, the region has {}",
                region.used(),
                region.length
            );
            diagnostic = facts.script.label(diagnostic, span, text);
        }
    }
    let named = owners::named_places(facts.resolution, sections);
    let mut help = Vec::new();
    for (index, region) in &over {
        let contents = contents(facts, sections, layout, &named, *index);
        diagnostic = diagnostic
            .note(format!(
                "`{}` needs {} bytes and has {} ({:#x} at {:#x}); by crate:\n{}",
                region.name,
                region.used(),
                region.length,
                region.length,
                region.origin,
                table(by_crate(&contents), contents.used)
            ))
            .note(format!(
                "`{}` by section:\n{}",
                region.name,
                table(by_output(&contents), contents.used)
            ));
        let symbols = by_symbol(&contents);
        if !symbols.is_empty() {
            diagnostic = diagnostic.note(format!(
                "`{}`, what is largest:\n{}",
                region.name,
                table(symbols, contents.used)
            ));
        }
        for text in advice::give(facts, sections, &contents, &region.name) {
            if !help.contains(&text) {
                help.push(text);
            }
        }
    }
    help.push("or enlarge the region, if the chip has more memory than the script says".to_owned());
    diagnostic.help.extend(help);
    Some(diagnostic)
}

/// Where MEMORY declares a region.
pub(crate) fn declared_at(script: &Script, name: &str) -> Option<Span> {
    script.commands.iter().find_map(|command| match command {
        Command::Memory(list) => list
            .iter()
            .find(|region| &*region.name.text == name)
            .map(|region| region.name.span),
        _ => None,
    })
}

fn contents<'a>(
    facts: &AssignContext<'_, 'a>,
    sections: &Sections,
    layout: &Layout<'_>,
    named: &Map<SectionId, Vec<Named<'a>>>,
    region: usize,
) -> Contents<'a> {
    let mut out = Contents {
        pieces: Vec::new(),
        outputs: Vec::new(),
        used: layout.regions[region].used(),
    };
    for (output, extent) in layout.placement.outputs.iter().zip(&layout.extents) {
        let load_only = extent.load_region == Some(region) && extent.region != Some(region);
        let here =
            extent.region == Some(region) || (load_only && output.sh_type != elf::SHT_NOBITS.0);
        if !here || !output.present || !output.is_alloc() || extent.size == 0 {
            continue;
        }
        out.outputs
            .push((extent.size, output.name.clone(), load_only));
        for id in output.inputs() {
            let size = layout.size(id, sections.outline(facts.resolution, id).size);
            section_pieces(facts, sections, named, id, size, load_only, &mut out.pieces);
        }
    }
    out
}

/// Cuts a section at its symbols.
fn section_pieces<'a>(
    facts: &AssignContext<'_, 'a>,
    sections: &Sections,
    named: &Map<SectionId, Vec<Named<'a>>>,
    id: SectionId,
    size: u64,
    load_only: bool,
    pieces: &mut Vec<RegionPiece<'a>>,
) {
    let mut add = |size: u64, krate: String, symbol: Option<Named<'a>>| {
        if size > 0 {
            pieces.push(RegionPiece {
                size,
                krate,
                section: id,
                symbol,
                load_only,
            });
        }
    };
    let Some((file, _)) = sections.origin(id) else {
        return add(
            size,
            "[strings and tables made by the linker]".to_owned(),
            None,
        );
    };
    let own = || owners::of_object(&facts.resolution.files[file.0 as usize].name);
    let places = named.get(&id).map_or(&[][..], Vec::as_slice);
    let mut left = size;
    for (at, place) in places.iter().enumerate() {
        // A section of one symbol is that symbol's, with its padding and its constants.
        let bytes = if places.len() == 1 {
            left
        } else {
            let next = places.get(at + 1).map_or(u64::MAX, |next| next.offset);
            place.size.min(next - place.offset).min(left)
        };
        left -= bytes;
        let krate = owners::of_symbol(place.name).unwrap_or_else(own);
        add(bytes, krate, Some(*place));
    }
    add(left, own(), None);
}

fn by_crate(contents: &Contents<'_>) -> Vec<(u64, String)> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    let mut counted = 0u64;
    for piece in &contents.pieces {
        *sums.entry(&piece.krate).or_default() += piece.size;
        counted = counted.saturating_add(piece.size);
    }
    let mut rows: Vec<(u64, String)> = sums
        .into_iter()
        .map(|(name, size)| (size, name.to_owned()))
        .collect();
    let gaps = contents.used.saturating_sub(counted);
    if gaps > 0 {
        rows.push((gaps, "[alignment, gaps and data of the script]".to_owned()));
    }
    rows
}

fn by_output(contents: &Contents<'_>) -> Vec<(u64, String)> {
    contents
        .outputs
        .iter()
        .map(|(size, name, load_only)| {
            let what = if *load_only {
                " (its initial values)"
            } else {
                ""
            };
            (*size, format!("{name}{what}"))
        })
        .collect()
}

fn by_symbol(contents: &Contents<'_>) -> Vec<(u64, String)> {
    contents
        .pieces
        .iter()
        .filter_map(|piece| {
            let symbol = piece.symbol?;
            let name = crate::elf::names::demangle(symbol.name);
            // The path of a Rust name says which crate it is from.
            let from = match owners::of_symbol(symbol.name) {
                Some(_) => String::new(),
                None => format!(" ({})", piece.krate),
            };
            Some((piece.size, format!("{name}{from}")))
        })
        .collect()
}

/// Rows of bytes, share of what is needed and name, the largest first; the last row counts those
/// that are not shown.
fn table(mut rows: Vec<(u64, String)>, used: u64) -> String {
    rows.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let rest = rows.split_off(rows.len().min(ROWS));
    if !rest.is_empty() {
        let size = rest.iter().fold(0u64, |sum, row| sum.saturating_add(row.0));
        rows.push((size, format!("[{} more]", rest.len())));
    }
    let lines: Vec<String> = rows
        .iter()
        .map(|(size, name)| format!("{size:>10}  {:>5.1} %  {name}", share(*size, used)))
        .collect();
    lines.join("\n")
}

/// Percent of what is needed.
fn share(size: u64, used: u64) -> f64 {
    if used == 0 {
        return 0.0;
    }
    size as f64 * 100.0 / used as f64
}

/// A function's or an object's name around a place of a section, for the chain of references.
fn name_in<'a>(
    facts: &AssignContext<'_, 'a>,
    sections: &Sections,
    id: SectionId,
) -> Option<&'a [u8]> {
    let (file, index) = sections.origin(id)?;
    let object = &facts.resolution.files[file.0 as usize];
    (1..object.symbols.len())
        .map(|at| object.symbols.get(at))
        .find(|symbol| {
            symbol.place == SymbolPlace::Section(index) && matches!(symbol.kind(), 1 | 2)
        })
        .map(|symbol| object.symbols.name(&symbol))
}
