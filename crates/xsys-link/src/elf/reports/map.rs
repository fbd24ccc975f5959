//! The text of `-Map` and `--cref`; their rows are gathered in [`super::report`].
//!
//! lld's table is followed column by column, because scripts that read maps know it: addresses,
//! load addresses and sizes in hexadecimal, then the output section, its inputs and their symbols,
//! each indented by eight more columns. Names are raw bytes in ELF files; what is not UTF-8 is
//! replaced here, and nowhere else.

use std::fmt::Write;

/// What a line of the map is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry<'a> {
    /// An output section.
    Output(&'a [u8]),
    /// An input section and the file it comes from, as the user would name it: `a.o`,
    /// `lib.a(b.o)`, `<internal>`.
    Input { file: &'a str, section: &'a [u8] },
    /// A symbol that an input section defines.
    Symbol(&'a [u8]),
}

/// A line of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    pub addr: u64,
    pub load_addr: u64,
    pub size: u64,
    pub align: u64,
    pub entry: Entry<'a>,
}

/// The map of an image. The rows are in the order of the output.
pub(crate) fn render<'a>(is_64: bool, rows: impl IntoIterator<Item = Row<'a>>) -> String {
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
            Entry::Output(name) => push_name(&mut out, name),
            Entry::Input { file, section } => {
                out.push_str("        ");
                out.push_str(file);
                out.push_str(":(");
                push_name(&mut out, section);
                out.push(')');
            }
            Entry::Symbol(name) => {
                out.push_str("                ");
                push_name(&mut out, name);
            }
        }
        out.push('\n');
    }
    out
}

/// The cross reference table: each symbol with the file that defines it and, below, those that
/// mention it.
pub(crate) fn render_cross_references<'a, F>(
    symbols: impl IntoIterator<Item = (&'a [u8], F)>,
) -> String
where
    F: IntoIterator<Item = &'a str>,
{
    let mut out = format!("Cross Reference Table\n\n{:<49} File\n", "Symbol");
    for (name, files) in symbols {
        let mut column = String::new();
        push_name(&mut column, name);
        for file in files {
            let _ = writeln!(out, "{column:<49} {file}");
            column.clear();
        }
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

    fn row(addr: u64, size: u64, align: u64, entry: Entry<'_>) -> Row<'_> {
        Row {
            addr,
            load_addr: addr & 0xffff,
            size,
            align,
            entry,
        }
    }

    #[test]
    fn columns() {
        let rows = [
            row(0x2000_1000, 0x1a4, 16, Entry::Output(b".text")),
            row(
                0x2000_1000,
                0xc,
                4,
                Entry::Input {
                    file: "liba.rlib(a.o)",
                    section: b".text.main",
                },
            ),
            row(0x2000_1001, 0xc, 1, Entry::Symbol(b"main\xff")),
        ];
        let narrow = "     VMA      LMA     Size Align Out     In      Symbol
20001000     1000      1a4    16 .text
20001000     1000        c     4         liba.rlib(a.o):(.text.main)
20001001     1001        c     1                 main\u{fffd}
";
        assert_eq!(render(false, rows), narrow);
        let wide = render(
            true,
            [row(u64::MAX, u64::MAX, 1 << 20, Entry::Output(b".x"))],
        );
        let expected = "             VMA              LMA     Size Align Out     In      Symbol
ffffffffffffffff             ffff ffffffffffffffff 1048576 .x
";
        assert_eq!(wide, expected);
    }

    #[test]
    fn cross_references() {
        let long = [b'x'; 60];
        let table = render_cross_references([
            (&b"main"[..], vec!["main.o", "crt1.o"]),
            (&long[..], vec!["a.o"]),
            (&b"unmentioned"[..], vec![]),
        ]);
        let expected = format!(
            "Cross Reference Table\n\nSymbol{blank}File\nmain{}main.o\n{}crt1.o\n{} a.o\n",
            " ".repeat(46),
            " ".repeat(50),
            "x".repeat(60),
            blank = " ".repeat(44),
        );
        assert_eq!(table, expected);
    }
}
