//! `docs/linker-options.md`, made from the tables of options.
//!
//! Problem: a list of what works that somebody writes by hand is wrong within a month. The page is
//! rendered from the rows that the parser itself uses, and a test keeps the file equal to them
//! (`BLESS=1` writes it). The wasm linker's options stand in a table of its own. Options that are parsed and then refused, because a later pass cannot do it
//! yet, are found by asking for them.

use std::fmt::Write;

use super::ElfOptions;
use super::gnu::parse;
use super::row::{Act, Arg};
use super::table::{Row, TABLE};
use super::z::{Z_TABLE, ZRow};
use crate::wasm::flags::{Action, FLAGS};

const HEAD: &str = "\
# Linker options

What `xsys ld` makes of the options of GNU ld and lld, and of wasm-ld's where it links WebAssembly.
This page is made from the tables in `crates/xsys-link/src/options` and
`crates/xsys-link/src/wasm/flags.rs`; `BLESS=1 cargo test -p xsys-link options::page` writes it.

Long options work with one dash or two (those that begin with `o` only with two), values stand
after `=` or as the next argument, `[no-]` forms undo. `@FILE` stands for the arguments in a file.
Every option is in one of three states: it **works**; it is accepted **without effect**, for the
reason given; or it is **refused**, because leaving it out would change what you get. What is not
here is an error, with a suggestion.
";

/// The page.
pub(super) fn page() -> String {
    let mut out = String::from(HEAD);
    let rows = TABLE.iter().map(|row| {
        let state = state(row.act, || refused_later(&spelled(row)));
        (row.usage(), state, row.text())
    });
    section(&mut out, "Options", rows);
    let keywords = Z_TABLE.iter().map(|row| {
        let state = state(row.act, || refused_later(&keyword(row)));
        (format!("-z {}", row.usage()), state, row.text())
    });
    section(&mut out, "Keywords of `-z`", keywords);
    let rows = FLAGS.iter().map(|flag| {
        let (state, text) = match flag.action {
            Action::Set(_) => ("works", flag.help),
            Action::Ignored => ("without effect", flag.help),
            Action::Rejected(reason) => ("refused", reason),
        };
        (flag.usage(), state.to_owned(), text)
    });
    section(&mut out, "Options for WebAssembly", rows);
    out
}

fn section<'t>(
    out: &mut String,
    title: &str,
    rows: impl Iterator<Item = (String, String, &'t str)>,
) {
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "\n## {title}\n\n| option | state | effect or reason |\n|---|---|---|"
    );
    for (usage, state, text) in rows {
        let cell = |text: &str| text.replace('|', "\\|");
        let _ = writeln!(out, "| `{}` | {} | {} |", cell(&usage), state, cell(text));
    }
}

fn state(act: Act, later: impl FnOnce() -> Option<String>) -> String {
    match act {
        Act::Set(..) => later().unwrap_or_else(|| "works".to_owned()),
        Act::Ignore(_) => "without effect".to_owned(),
        Act::Reject(_) => "refused".to_owned(),
    }
}

fn spelled(row: &Row) -> String {
    let name = row.names.first().copied().unwrap_or_default();
    match row.arg {
        Arg::Value(_) | Arg::Prefix(_) if name.len() == 2 => format!("{name}1"),
        Arg::Value(_) => format!("{name}=1"),
        _ => name.to_owned(),
    }
}

fn keyword(row: &ZRow) -> String {
    match row.arg {
        Arg::Value(_) => format!("-z{}=1", row.name),
        _ => format!("-z{}", row.name),
    }
}

/// What the link says to an option that the parser takes.
fn refused_later(option: &str) -> Option<String> {
    let options: ElfOptions = parse(&["x.o".into(), option.into()]).options;
    let said = crate::elf::unsupported(&options);
    said.first().map(|diagnostic| match diagnostic.severity {
        xsys_diag::Severity::Error => "refused, not supported yet".to_owned(),
        _ => "not supported yet, a warning says so".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn the_page_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/linker-options.md");
        let page = page();
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, &page).expect("the page can be written");
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        let differs = found
            .lines()
            .zip(page.lines())
            .find(|(old, new)| old != new);
        assert!(
            found == page,
            "docs/linker-options.md is not what the tables say, first here: {differs:?}\n\
             `BLESS=1` writes it"
        );
    }
}
