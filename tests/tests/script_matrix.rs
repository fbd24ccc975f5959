//! The support matrix of linker scripts (`docs/linker-scripts.md`) says nothing that no case shows.
//!
//! Every row names cases that exist, of which the first contains the row's first code up to `…`; every
//! case of scripts stands in some row, and every keyword that the parser knows stands somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

fn matrix() -> String {
    let path = repository().join("docs/linker-scripts.md");
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A row: its cells, without the outer bars; `\|` does not part cells.
fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| construct"))
        .filter(|line| !line.starts_with("| pitfall"))
        .map(|line| {
            let line = line.replace("\\|", "\u{1}");
            let cells = line.trim_matches('|').split('|');
            cells
                .map(|cell| cell.trim().replace('\u{1}', "|"))
                .collect()
        })
        .collect()
}

fn cases_of(row: &[String]) -> Vec<&str> {
    let cell = if row.len() == 2 { &row[1] } else { &row[4] };
    cell.split(',').map(str::trim).collect()
}

fn folder(case: &str) -> Option<PathBuf> {
    ["link", "errors"]
        .into_iter()
        .map(|kind| repository().join("tests/cases").join(kind).join(case))
        .find(|folder| folder.is_dir())
}

/// All text of a case, spaces squeezed.
fn text_of(folder: &Path) -> String {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a readable folder")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let mut text = String::new();
    for file in files {
        // A single-file link or an expected message shows what a construct does, not the construct.
        if file.file_name().is_some_and(|name| name != "expected.txt") {
            text += &std::fs::read_to_string(file).unwrap_or_default();
            text.push(' ');
        }
    }
    squeeze(&text)
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_row_is_shown_by_its_cases() {
    let text = matrix();
    let mut problems = Vec::new();
    let rows = rows(&text);
    assert!(rows.len() > 100, "the tables are gone");
    for row in &rows {
        let shown = row.join(" | ");
        if row.len() != 6 && row.len() != 2 {
            problems.push(format!("{} cells: {shown}", row.len()));
            continue;
        }
        let code = row[0].split('`').nth(1).unwrap_or_default();
        let code = squeeze(code.split('…').next().unwrap_or_default());
        if code.is_empty() {
            problems.push(format!("no code in the first cell: {shown}"));
        }
        for (position, case) in cases_of(row).into_iter().enumerate() {
            match folder(case) {
                None => problems.push(format!("there is no case `{case}`: {shown}")),
                Some(folder) if position == 0 && row.len() == 6 => {
                    if !text_of(&folder).contains(&code) {
                        problems.push(format!("`{case}` does not contain `{code}`"));
                    }
                }
                Some(_) => {}
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_case_of_scripts_has_a_row() {
    let text = matrix();
    let rows = rows(&text);
    let named: BTreeSet<&str> = rows.iter().flat_map(|row| cases_of(row)).collect();
    let link = std::fs::read_dir(repository().join("tests/cases/link")).expect("the cases");
    let missing: Vec<String> = link
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with("script-") && !named.contains(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "in no row: {missing:?}");
}

#[test]
fn every_keyword_of_the_parser_is_named() {
    let text = matrix();
    let words: BTreeSet<&str> = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    let mut missing = BTreeSet::new();
    for file in ["commands", "sections", "inputs", "expr"] {
        let path = repository().join(format!("crates/xsys-link/src/script/parse/{file}.rs"));
        let source = std::fs::read_to_string(&path).expect("the parser");
        for line in source.lines() {
            // The tables of keywords have one a line.
            let word = line.trim().trim_end_matches(',');
            let word = word.strip_prefix('"').and_then(|w| w.strip_suffix('"'));
            let Some(word) = word.filter(|w| w.len() > 2) else {
                continue;
            };
            let keyword = word
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b"_02".contains(&b));
            if keyword && !words.contains(word) {
                missing.insert(word.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "not in the matrix: {missing:?}");
}
