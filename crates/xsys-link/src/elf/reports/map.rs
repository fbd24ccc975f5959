//! The map of an image (`-Map`, `-M`): what is where, and which file it comes from.
//!
//! lld's table is followed column by column, because scripts that read maps know it: addresses,
//! load addresses and sizes in hexadecimal, then the output section, its inputs and their symbols,
//! each indented by eight more columns. Commands of a script that assign or write data stand where `.` meets them,
//! as their text; the built-in layout's are not shown. Names are raw bytes in ELF files; what is not UTF-8 is
//! replaced here, and nowhere else.

use std::fmt::Write;

use object::elf;
use xsys_diag::Diagnostic;

use super::cref;
use crate::demangle::as_llvm;
use crate::elf::ids::SectionId;
use crate::elf::layout::placement::Item;
use crate::elf::layout::{Addresses, Extent, Layout};
use crate::elf::object::SymbolPlace;
use crate::elf::sections::described::Statement;
use crate::options::{ElfOptions, MapTo};
use crate::script::ast::{Script, Span};
use crate::script::eval::OutputId;

/// Writes the map and the cross references where the options want them.
pub(crate) fn write(
    addresses: &Addresses<'_, '_>,
    script: &Script,
    options: &ElfOptions,
    stdout: &mut String,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(to) = &options.reports.map else {
        if options.reports.cref {
            stdout.push_str(&cref::table(addresses));
        }
        return;
    };
    let objects = &addresses.resolution.files;
    let is_64 = objects.first().is_some_and(|file| file.is_64);
    let files: Vec<String> = objects.iter().map(|file| file.name.to_string()).collect();
    let mangled = options.reports.mangled;
    let mut text = text(is_64, mangled, rows(addresses, script, &files));
    if options.reports.cref {
        text.push('\n');
        text.push_str(&cref::table(addresses));
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

/// The rows in the order of the layout.
fn rows<'m>(
    addresses: &'m Addresses<'_, '_>,
    script: &'m Script,
    files: &'m [String],
) -> Vec<Row<'m>> {
    let layout = addresses.layout;
    let mut rows = Vec::new();
    let mut before = None;
    for statement in &layout.placement.statements {
        match statement {
            Statement::Assign(assignment) => {
                rows.extend(command(layout, script, assignment.span, before, false));
            }
            Statement::Section(id) if layout.placement.output(*id).is_in_output() => {
                section(addresses, script, files, *id, &mut rows);
                before = Some(layout.extents[id.0 as usize]);
            }
            Statement::Section(_) | Statement::Assert(_) => {}
        }
    }
    rows
}

/// The rows of an output section and of what it holds.
fn section<'m>(
    addresses: &'m Addresses<'_, '_>,
    script: &'m Script,
    files: &'m [String],
    id: OutputId,
    rows: &mut Vec<Row<'m>>,
) {
    let layout = addresses.layout;
    let (output, extent) = (layout.placement.output(id), layout.extents[id.0 as usize]);
    rows.push(Row {
        addr: extent.addr,
        load_addr: extent.load_addr,
        size: extent.size,
        align: extent.align,
        entry: MapEntry::Output(output.name.as_bytes()),
    });
    for item in &output.items {
        let span = match item {
            Item::Inputs(ids) => {
                for &id in ids {
                    input(addresses, files, id, extent, rows);
                }
                continue;
            }
            Item::Assign(assignment) => assignment.span,
            Item::Data { span, .. } => *span,
            Item::Assert(_) | Item::Bytes(_) | Item::Fill(_) => continue,
        };
        rows.extend(command(layout, script, span, Some(extent), true));
    }
}

/// The row of a command of the user's scripts. Load addresses go on as in the section that it is in or behind.
fn command<'m>(
    layout: &Layout<'_>,
    script: &'m Script,
    span: Span,
    section: Option<Extent>,
    inside: bool,
) -> Option<Row<'m>> {
    let &(addr, size) = layout.commands.get(&span)?;
    let load_addr = |extent: Extent| {
        addr.wrapping_sub(extent.addr)
            .wrapping_add(extent.load_addr)
    };
    (script.built_in != Some(span.file)).then(|| Row {
        addr,
        load_addr: section.map_or(0, load_addr),
        size,
        align: 1,
        entry: MapEntry::Command {
            inside,
            text: script.text(span),
        },
    })
}

/// The rows of a section of an object, or of one that the linker has made.
fn input<'m>(
    addresses: &'m Addresses<'_, '_>,
    files: &'m [String],
    id: SectionId,
    extent: Extent,
    rows: &mut Vec<Row<'m>>,
) {
    let outline = addresses.sections.outline(addresses.resolution, id);
    let Some(at) = addresses.of_section(id, 0) else {
        return;
    };
    let loaded = |addr: u64| {
        addr.wrapping_sub(extent.addr)
            .wrapping_add(extent.load_addr)
    };
    let origin = addresses.sections.origin(id);
    rows.push(Row {
        addr: at,
        load_addr: loaded(at),
        size: addresses.layout.size(id, outline.size),
        align: outline.align,
        entry: MapEntry::Input {
            file: origin.map_or("<linker>", |(file, _)| &files[file.0 as usize]),
            section: outline.name,
        },
    });
    let Some((file, section)) = origin else {
        return;
    };
    let object = &addresses.resolution.files[file.0 as usize];
    for symbol in (1..object.symbols.len()).map(|i| object.symbols.get(i)) {
        let named = symbol.place == SymbolPlace::Section(section)
            && symbol.kind() != elf::STT_SECTION.0
            && symbol.kind() != elf::STT_FILE.0;
        let Some(value) = addresses.of_section(id, symbol.value).filter(|_| named) else {
            continue;
        };
        rows.push(Row {
            addr: value,
            load_addr: loaded(value),
            size: addresses.length(id, symbol.value, symbol.size),
            align: 1,
            entry: MapEntry::Symbol(object.symbols.name(&symbol)),
        });
    }
}

/// What a line of the map is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MapEntry<'a> {
    /// An output section.
    Output(&'a [u8]),
    /// An input section and the file it comes from, as the user would name it: `a.o`,
    /// `lib.a(b.o)`, `<internal>`.
    Input { file: &'a str, section: &'a [u8] },
    /// A symbol that an input section defines.
    Symbol(&'a [u8]),
    /// An assignment or data command of a script, in an output section or outside.
    Command { inside: bool, text: &'a str },
}

/// A line of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row<'a> {
    addr: u64,
    load_addr: u64,
    size: u64,
    align: u64,
    entry: MapEntry<'a>,
}

/// The text of the map. The rows are in the order of the output.
fn text<'a>(is_64: bool, mangled: bool, rows: impl IntoIterator<Item = Row<'a>>) -> String {
    let width = if is_64 { 16 } else { 8 };
    let mut out = format!(
        "{:>width$} {:>width$} {:>8} Align Out     In      Symbol\n",
        "VMA", "LMA", "Size"
    );
    for row in rows {
        write_number(&mut out, row.addr, width);
        write_number(&mut out, row.load_addr, width);
        write_number(&mut out, row.size, 8);
        // Writing into a string cannot fail.
        let _ = write!(out, "{:>5} ", row.align);
        match row.entry {
            MapEntry::Output(name) => push_name(&mut out, name),
            MapEntry::Input { file, section } => {
                out.push_str("        ");
                out.push_str(file);
                out.push_str(":(");
                push_name(&mut out, section);
                out.push(')');
            }
            MapEntry::Symbol(name) => {
                out.push_str("                ");
                let name = String::from_utf8_lossy(name);
                match mangled {
                    true => out.push_str(&name),
                    false => out.push_str(&as_llvm(&name)),
                }
            }
            MapEntry::Command { inside, text } => {
                if inside {
                    out.push_str("        ");
                }
                for (index, word) in text.split_whitespace().enumerate() {
                    if index > 0 {
                        out.push(' ');
                    }
                    out.push_str(word);
                }
            }
        }
        out.push('\n');
    }
    out
}

fn write_number(out: &mut String, number: u64, width: usize) {
    let _ = write!(out, "{number:>width$x} ");
}

fn push_name(out: &mut String, name: &[u8]) {
    out.push_str(&String::from_utf8_lossy(name));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(addr: u64, size: u64, align: u64, entry: MapEntry<'_>) -> Row<'_> {
        Row {
            addr,
            load_addr: addr & 0xffff,
            size,
            align,
            entry,
        }
    }

    fn command(inside: bool, text: &str) -> MapEntry<'_> {
        MapEntry::Command { inside, text }
    }

    #[test]
    fn columns() {
        let rows = [
            row(0x2000_1000, 0x1a4, 16, MapEntry::Output(b".text")),
            row(
                0x2000_1000,
                0xc,
                4,
                MapEntry::Input {
                    file: "liba.rlib(a.o)",
                    section: b".text.main",
                },
            ),
            row(0x2000_1001, 0xc, 1, MapEntry::Symbol(b"main\xff")),
            row(0x2000_100c, 4, 1, command(true, ". =\n  ALIGN(16)")),
            row(0x2000_1010, 0, 1, command(false, "end = .")),
        ];
        let narrow = "     VMA      LMA     Size Align Out     In      Symbol
20001000     1000      1a4    16 .text
20001000     1000        c     4         liba.rlib(a.o):(.text.main)
20001001     1001        c     1                 main\u{fffd}
2000100c     100c        4     1         . = ALIGN(16)
20001010     1010        0     1 end = .
";
        assert_eq!(text(false, false, rows), narrow);
        let wide = text(
            true,
            false,
            [row(u64::MAX, u64::MAX, 1 << 20, MapEntry::Output(b".x"))],
        );
        let expected = "             VMA              LMA     Size Align Out     In      Symbol
ffffffffffffffff             ffff ffffffffffffffff 1048576 .x
";
        assert_eq!(wide, expected);
    }
}
