//! Checks and reports after layout: overlaps, the entry point, the map.
//!
//! Spec: GNU ld manual, `--check-sections`, "Setting the Entry Point", `-Map`, `--cref`,
//! `--print-gc-sections`.

use object::elf;
use xsys_diag::{Diagnostic, Severity};

use super::map;
use crate::elf::ids::FileId;
use crate::elf::layout::{Addresses, Layout};
use crate::elf::live::gc::{Live, Reason};
use crate::elf::sections::describe;
use crate::elf::sections::refs::{Home, SymRef};
use crate::elf::sections::{Sections, is_linked};
use crate::elf::symbols::resolve::Resolution;
use crate::elf::symbols::script_symbols::ScriptSymbols;
use crate::options::{ElfOptions, Icf, MapTo};
use crate::script::ast::Script;

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
    let Some(Home::Section(start, _)) = symbol.map(|symbol| symbol.home(resolution, sections))
    else {
        return format!("`{name}`: no input section defines it\n");
    };
    let mut out = format!("`{}`\n", crate::elf::names::demangle(name.as_bytes()));
    let mut at = start;
    // A section is woken once, so the chain cannot be longer than the number of sections.
    for _ in 0..sections.count() {
        let place = describe::describe_place(resolution, sections, at, 0);
        match live.reason(at) {
            Reason::Dead => {
                return out + &format!("  nothing refers to {place}: it is not in the image\n");
            }
            Reason::Root => return out + &format!("  {place} is kept by itself\n"),
            Reason::Symbol(id) => {
                let root = crate::elf::names::demangle(resolution.symbol(id).name);
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

/// Sections that end where addresses of 32 bits do not reach.
pub(crate) fn check_address_space(
    layout: &Layout<'_>,
    is_64: bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    const END: u64 = 1 << 32;
    if is_64 {
        return;
    }
    for (output, extent) in layout.placement.outputs.iter().zip(&layout.extents) {
        let end = extent.addr.checked_add(extent.size);
        if output.present && output.is_alloc() && extent.size > 0 && end.is_none_or(|e| e > END) {
            diagnostics.push(
                Diagnostic::error(format!(
                    "section `{}` ends outside of the address space",
                    output.name
                ))
                .note(format!(
                    "it has {:#x} bytes at {:#x}; addresses of this machine end at {:#x}",
                    extent.size,
                    extent.addr,
                    END - 1
                ))
                .help("make it smaller, or check its address in the script")
                .code("address-space"),
            );
        }
    }
}

/// Sections that share addresses, at run time or in load memory.
pub(crate) fn check_overlaps(
    layout: &Layout<'_>,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if !options.layout.check_sections || options.kind.is_object() {
        return;
    }
    let order: Vec<_> = layout
        .in_order()
        .into_iter()
        .filter(|id| {
            let output = layout.placement.output(*id);
            output.is_alloc() && !output.is_tbss() && layout.extents[id.0 as usize].size > 0
        })
        .collect();
    for what in ["address", "load address"] {
        let mut ranges: Vec<(u64, u64, &str)> = order
            .iter()
            .filter(|id| {
                what == "address" || layout.placement.output(**id).sh_type != elf::SHT_NOBITS.0
            })
            // Sections of one OVERLAY share their addresses on purpose.
            .filter(|id| {
                what != "address"
                    || layout
                        .placement
                        .output(**id)
                        .overlay
                        .is_none_or(|(_, at)| at == 0)
            })
            .map(|id| {
                let extent = layout.extents[id.0 as usize];
                let start = if what == "address" {
                    extent.addr
                } else {
                    extent.load_addr
                };
                (
                    start,
                    start.saturating_add(extent.size),
                    layout.placement.output(*id).name.as_str(),
                )
            })
            .collect();
        ranges.sort_unstable();
        for pair in ranges.windows(2) {
            let ((start, end, name), (next, next_end, next_name)) = (pair[0], pair[1]);
            if next < end {
                diagnostics.push(
                    Diagnostic::error(format!("sections `{name}` and `{next_name}` overlap by {what}"))
                        .note(format!("`{name}` is at {start:#x} to {end:#x}"))
                        .note(format!("`{next_name}` is at {next:#x} to {next_end:#x}"))
                        .help("check the addresses and regions that the script gives to both; `--no-check-sections` turns this off"),
                );
            }
        }
    }
}

/// `e_entry`: `-e`, else ENTRY, else `_start`.
pub(crate) fn entry_point(
    addresses: &Addresses<'_, '_>,
    script: &Script,
    script_symbols: &ScriptSymbols<'_>,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> u64 {
    if options.kind.is_object() {
        return 0;
    }
    let asked = options.symbols.entry.as_deref().or(script_symbols.entry);
    let name = asked.unwrap_or("_start");
    let symbol = addresses
        .resolution
        .find(name.as_bytes())
        .map(SymRef::Global);
    let defined = symbol.filter(|symbol| {
        !matches!(
            symbol.home(addresses.resolution, addresses.sections),
            Home::Undefined | Home::UndefinedWeak | Home::Discarded
        )
    });
    if let Some(at) = defined.and_then(|symbol| addresses.of_symbol(symbol, 0)) {
        return at;
    }
    let number = name.strip_prefix("0x").map_or_else(
        || name.parse().ok(),
        |hex| u64::from_str_radix(hex, 16).ok(),
    );
    if let Some(number) = number {
        return number;
    }
    let mut diagnostic = Diagnostic::warning(format!(
        "the entry symbol `{name}` is not defined; the entry address is 0"
    ))
    .code("entry-undefined");
    if options.symbols.entry.is_none()
        && let Some(span) = super::checks::entry_named_at(script, name)
    {
        diagnostic = script.label(diagnostic, span, "named here");
    }
    let close = crate::elf::symbols::hints::similar_symbol(addresses.resolution, name);
    diagnostics.push(match close {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None => match crate::elf::symbols::hints::for_symbol(name) {
            Some(origin) => diagnostic.help(origin),
            None => {
                diagnostic.help("define it, or name another one with `-e` or ENTRY in the script")
            }
        },
    });
    0
}

/// Writes the link map and the cross references where the options want them.
pub(crate) fn map_file(
    addresses: &Addresses<'_, '_>,
    options: &ElfOptions,
    stdout: &mut String,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(to) = &options.reports.map else {
        if options.reports.cref {
            stdout.push_str(&cross_references(addresses));
        }
        return;
    };
    let mut text = render(addresses);
    if options.reports.cref {
        text.push('\n');
        text.push_str(&cross_references(addresses));
    }
    match to {
        MapTo::Stdout => stdout.push_str(&text),
        MapTo::File(path) => {
            if let Err(error) = std::fs::write(path, text) {
                diagnostics.push(Diagnostic::error(format!(
                    "cannot write the map `{}`: {error}",
                    path.display()
                )));
            }
        }
    }
}

fn render(addresses: &Addresses<'_, '_>) -> String {
    let layout = addresses.layout;
    let is_64 = addresses.resolution.files.first().is_some_and(|f| f.is_64);
    let files: Vec<String> = addresses
        .resolution
        .files
        .iter()
        .map(|file| file.name.to_string())
        .collect();
    let mut rows = Vec::new();
    for id in layout.in_order() {
        let (output, extent) = (layout.placement.output(id), layout.extents[id.0 as usize]);
        rows.push(map::Row {
            addr: extent.addr,
            load_addr: extent.load_addr,
            size: extent.size,
            align: extent.align,
            entry: map::Entry::Output(output.name.as_bytes()),
        });
        for input in output.inputs() {
            let outline = addresses.sections.outline(addresses.resolution, input);
            let Some(at) = addresses.of_section(input, 0) else {
                continue;
            };
            rows.push(map::Row {
                addr: at,
                load_addr: at.wrapping_sub(extent.addr).wrapping_add(extent.load_addr),
                size: layout.size(input, outline.size),
                align: outline.align,
                entry: map::Entry::Input {
                    file: addresses
                        .sections
                        .origin(input)
                        .map_or("<linker>", |(file, _)| &files[file.0 as usize]),
                    section: outline.name,
                },
            });
            let Some((file, section)) = addresses.sections.origin(input) else {
                continue;
            };
            let object = &addresses.resolution.files[file.0 as usize];
            for symbol in (1..object.symbols.len()).map(|i| object.symbols.get(i)) {
                let named = symbol.place == crate::elf::object::SymbolPlace::Section(section)
                    && symbol.kind() != elf::STT_SECTION.0
                    && symbol.kind() != elf::STT_FILE.0;
                let Some(value) = addresses.of_section(input, symbol.value).filter(|_| named)
                else {
                    continue;
                };
                rows.push(map::Row {
                    addr: value,
                    load_addr: value
                        .wrapping_sub(extent.addr)
                        .wrapping_add(extent.load_addr),
                    size: addresses.length(input, symbol.value, symbol.size),
                    align: 1,
                    entry: map::Entry::Symbol(object.symbols.name(&symbol)),
                });
            }
        }
    }
    map::render(is_64, rows)
}

fn cross_references(addresses: &Addresses<'_, '_>) -> String {
    let resolution = addresses.resolution;
    let mut files: Vec<Vec<String>> = vec![Vec::new(); resolution.symbols.len()];
    for (file, globals) in resolution.globals.iter().enumerate() {
        for (position, id) in globals.iter().enumerate() {
            let object = &resolution.files[file];
            let entry = object.symbols.get(object.first_global + position);
            let name = object.name.to_string();
            // The defining file comes first.
            let own = resolution
                .definition_entry(*id)
                .is_some_and(|(f, _)| f.0 as usize == file);
            if own && entry.place != crate::elf::object::SymbolPlace::Undefined {
                files[id.0 as usize].insert(0, name);
            } else {
                files[id.0 as usize].push(name);
            }
        }
    }
    let mut rows: Vec<(&[u8], &Vec<String>)> = resolution
        .symbols
        .iter()
        .map(|s| s.name)
        .zip(&files)
        .collect();
    rows.retain(|(_, files)| !files.is_empty());
    rows.sort();
    map::render_cross_references(
        rows.into_iter()
            .map(|(name, files)| (name, files.iter().map(String::as_str))),
    )
}

/// Options that are understood and not supported yet. Those that would change the image are errors,
/// those that only ask for a report are warnings: nothing is dropped without a word.
pub(crate) fn unsupported(options: &ElfOptions) -> Vec<Diagnostic> {
    let errata = "compile with the compiler's own workaround, or leave the option out if the core is not affected";
    let changes = [(options.machine.fix_cortex_a8, "--fix-cortex-a8", errata)];
    let errors = changes
        .into_iter()
        .filter(|(asked, ..)| *asked)
        .map(|(_, option, help)| {
            Diagnostic::error(format!("`{option}` is not supported yet")).help(help)
        });
    let warning = (options.layout.icf != Icf::None).then(|| {
        Diagnostic::warning("`--icf` is not supported yet: equal functions stay apart")
            .note("the image is right as it is, only larger than it could be")
    });
    errors.chain(warning).collect()
}

/// `--fatal-warnings`
pub(crate) fn make_fatal(diagnostic: &mut Diagnostic) {
    if diagnostic.severity == Severity::Warning {
        diagnostic.severity = Severity::Error;
        diagnostic
            .notes
            .push("it is a warning, which `--fatal-warnings` makes an error".to_owned());
    }
}
