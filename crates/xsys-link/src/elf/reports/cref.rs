//! The cross reference table (`--cref`): each symbol with the file that defines it and, below, those that
//! mention it.
//!
//! Spec: GNU ld manual, `--cref`; the columns are lld's.

use std::fmt::Write;

use crate::elf::layout::Addresses;
use crate::elf::object::SymbolPlace;

/// The table of all symbols that some file mentions.
pub(super) fn table(addresses: &Addresses<'_, '_>) -> String {
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
            if own && entry.place != SymbolPlace::Undefined {
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
    text(
        rows.into_iter()
            .map(|(name, files)| (name, files.iter().map(String::as_str))),
    )
}

/// The text of the table.
fn text<'a, F>(symbols: impl IntoIterator<Item = (&'a [u8], F)>) -> String
where
    F: IntoIterator<Item = &'a str>,
{
    let mut out = format!("Cross Reference Table\n\n{:<49} File\n", "Symbol");
    for (name, files) in symbols {
        let mut column = String::from_utf8_lossy(name).into_owned();
        for file in files {
            let _ = writeln!(out, "{column:<49} {file}");
            column.clear();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_references() {
        let long = [b'x'; 60];
        let table = text([
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
