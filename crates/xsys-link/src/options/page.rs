//! `docs/linker-options.md`, made from the tables of options.
//!
//! Problem: a hand-written list of what works is soon wrong. The page is rendered from the rows that the parser
//! uses, and a test checks that the file is the same (`BLESS=1` writes it). The wasm linker's options have a table
//! of their own. Options that are parsed and then refused, because a pass does not support them yet, are found by
//! trying them.
//!
//! "Works" needs a witness: a case in `tests/cases` whose output is different without the option (`//# shows:
//! OPTION`, which the suites try), or, for what a link cannot show, a test that does ([`ELSEWHERE`]).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::ElfOptions;
use super::gnu::{find, parse};
use super::row::{Arg, Effect};
use super::table::{Row, TABLE};
use super::z::{self, Z_TABLE, ZRow};
use crate::wasm::options::flags::{Action, Argument, FLAGS};

const HEAD: &str = "\
# Linker options

What `xsys ld` makes of the options of GNU ld and lld, and of wasm-ld's where it links WebAssembly.
This page is made from the tables in `crates/xsys-link/src/options` and
`crates/xsys-link/src/wasm/options/flags.rs`; `BLESS=1 cargo test -p xsys-link options::page` writes it.

Long options work with one dash or two (those that begin with `o` only with two), values stand
after `=` or as the next argument, `[no-]` forms undo. `@FILE` stands for the arguments in a file.
Every option is in one of three states: it **works**; it is accepted **without effect**, for the
reason given; or it is **refused**, because leaving it out would change what you get. What is not
here is an error, with a suggestion. The last column names a case that shows what works: the tests link it with the
option and without it, and something else must come out.
";

/// Options that no case can show: usage, the file in `tests` that does, and a word in that file.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("-o FILE, --output=FILE", LINE, "-o "),
    ("-L DIR, --library-path=DIR", LINE, "-L "),
    ("--sysroot=DIR", LINE, "--sysroot="),
    ("-nostdlib", LINE, "-nostdlib"),
    ("--remap-inputs-file=FILE", LINE, "--remap-inputs-file="),
    (
        "-z KEYWORD",
        "cases/link/options-muldefs/main.s",
        "-z muldefs",
    ),
    ("-EB", ORDER, "-EB"),
    ("-EL", ORDER, "-EL"),
    ("--oformat=FORMAT", FORMATS, "--oformat="),
    (
        "--color-diagnostics[=auto|always|never]",
        LINE,
        "--color-diagnostics",
    ),
    ("--no-color-diagnostics", LINE, "--no-color-diagnostics"),
    ("--error-format=human|json", LINE, "--error-format=json"),
    ("--threads[=N], --thread-count[=N]", LINE, "--threads="),
    ("--no-threads", LINE, "--no-threads"),
    ("--help, --target-help", LINE, "--help"),
    ("--version", LINE, "--version"),
    ("-v, -V", LINE, "-v"),
    ("--rsp-quoting=posix", LINE, "--rsp-quoting="),
    ("--vfp11-denorm-fix=none", LINE, "--vfp11-denorm-fix="),
    ("-o, --output VALUE", LINE, "-o "),
    ("-L, --library-path VALUE", LINE, "-L "),
    ("--threads VALUE", "src/wasm/links.rs", "--threads="),
    ("--rsp-quoting VALUE", LINE, "--rsp-quoting="),
    ("--help", LINE, "--help"),
];

const LINE: &str = "tests/linker_options.rs";
const ORDER: &str = "cases/errors/byte-order-asked-for/command";
const FORMATS: &str = "cases/errors/options-of-others/command";

/// The page.
pub(super) fn page() -> String {
    let mut out = String::from(HEAD);
    let witnesses = witnesses("link", gnu_option);
    let rows = TABLE.iter().map(|row| {
        let state = state(row.act, || refused_later(&spelled(row)));
        (row.usage(), state, row.text())
    });
    section(&mut out, "Options", &witnesses, rows);
    let keywords = Z_TABLE.iter().map(|row| {
        let state = state(row.act, || refused_later(&keyword(row)));
        (format!("-z {}", row.usage()), state, row.text())
    });
    section(&mut out, "Keywords of `-z`", &witnesses, keywords);
    let witnesses = self::witnesses("wasm", wasm_option);
    let rows = FLAGS.iter().map(|flag| {
        let (state, text) = match flag.action {
            Action::Set(_) => ("works", flag.help),
            Action::Ignored | Action::Checked(_) => ("without effect", flag.help),
            Action::Rejected(reason) => ("refused", reason),
        };
        (flag.usage(), state.to_owned(), text)
    });
    section(&mut out, "Options for WebAssembly", &witnesses, rows);
    out
}

/// Cases that show an option, by its row: the one with the shortest name.
type Witnesses = BTreeMap<String, String>;

/// What `//# shows: WORDS` says in the cases of a suite; `row` finds the option of the words.
fn witnesses(suite: &str, row: fn(&str) -> Option<String>) -> Witnesses {
    let mut out = Witnesses::new();
    let folder = Path::new(TESTS).join("cases").join(suite);
    let cases = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for case in cases {
        let name = case.file_name().to_string_lossy().into_owned();
        let sources = ["main.s", "main.rs", "main.c", "main.cpp"];
        let text = sources
            .iter()
            .find_map(|source| std::fs::read_to_string(case.path().join(source)).ok());
        let shown = text.iter().flat_map(|text| text.lines());
        let shown = shown.filter_map(|line| line.trim().strip_prefix("//# shows: "));
        for option in shown.filter_map(row) {
            let known = out.entry(option).or_insert_with(|| name.clone());
            if (name.len(), &name) < (known.len(), known) {
                *known = name.clone();
            }
        }
    }
    out
}

const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests");

fn gnu_option(words: &str) -> Option<String> {
    let mut words = words.split_whitespace();
    let first = words.next()?;
    let found = find(first.as_ref())?;
    if found.row.names != ["-z"] {
        return Some(found.row.usage());
    }
    let keyword = match &first["-z".len()..] {
        "" => words.next()?,
        joined => joined,
    };
    let row = z::find(keyword.split('=').next()?)?.0;
    Some(format!("-z {}", row.usage()))
}

fn wasm_option(words: &str) -> Option<String> {
    let first = words.split_whitespace().next()?;
    let name = first.trim_start_matches('-').split('=').next()?;
    let has = |name: &str| FLAGS.iter().find(|flag| flag.names.contains(&name));
    let short = || has(name.get(..1)?).filter(|flag| flag.argument == Argument::Required);
    Some(has(name).or_else(short)?.usage())
}

fn witness(usage: &str, witnesses: &Witnesses) -> String {
    if let Some(case) = witnesses.get(usage) {
        return case.clone();
    }
    let test = ELSEWHERE.iter().find(|(option, ..)| *option == usage);
    test.map_or_else(
        || "nobody".to_owned(),
        |(_, test, _)| format!("`tests/{test}`"),
    )
}

fn section<'t>(
    out: &mut String,
    title: &str,
    witnesses: &Witnesses,
    rows: impl Iterator<Item = (String, String, &'t str)>,
) {
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "\n## {title}\n\n| option | state | effect or reason | shown by |\n|---|---|---|---|"
    );
    for (usage, state, text) in rows {
        let cell = |text: &str| text.replace('|', "\\|");
        let witness = match &*state {
            "works" => witness(&usage, witnesses),
            _ => String::new(),
        };
        let (usage, text) = (cell(&usage), cell(text));
        let _ = writeln!(out, "| `{usage}` | {state} | {text} | {witness} |");
    }
}

fn state(act: Effect, later: impl FnOnce() -> Option<String>) -> String {
    match act {
        Effect::Set(..) => later().unwrap_or_else(|| "works".to_owned()),
        Effect::Ignore(_) => "without effect".to_owned(),
        Effect::Reject(_) => "refused".to_owned(),
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

/// How a link treats an option that the parser takes.
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
    use std::path::Path;

    use super::{ELSEWHERE, TESTS, page};

    #[test]
    fn what_works_has_a_witness() {
        let page = page();
        let without = page.lines().filter(|line| line.ends_with("| nobody |"));
        let without: Vec<&str> = without.collect();
        assert!(without.is_empty(), "{}", without.join("\n"));
        for (option, test, word) in ELSEWHERE {
            let text = std::fs::read_to_string(Path::new(TESTS).join(test)).unwrap_or_default();
            assert!(text.contains(word), "{test} says nothing of {option}");
        }
    }

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
