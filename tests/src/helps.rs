//! All helps that the sources have, and those that some test follows.
//!
//! A help is in `.help("…")`, `.help(format!("…"))` or a `push` to a list of helps; what `format!` fills in can
//! be anything. If a help is an expression, its texts are elsewhere, in tables and functions: then only the file
//! is known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::project::{cases, folders_in, repository};

/// What the sources have.
#[derive(Debug, Default)]
pub struct Helps {
    /// Texts, and the files they are in.
    pub texts: BTreeMap<String, String>,
    /// Files with helps that are expressions.
    pub computed: BTreeSet<String>,
}

/// What begins a help in the sources.
const HELPS: &[&str] = &[".help(", "help.push(", "help.extend("];

/// What begins a note there.
const NOTES: &[&str] = &[".note(", "notes.push(", "notes.extend("];

/// Reads all crates.
pub fn all() -> Helps {
    read_crates(HELPS)
}

/// Their notes. They are facts, which cannot be followed, but each must be shown by some test.
pub fn notes() -> Helps {
    read_crates(NOTES)
}

fn read_crates(openings: &[&str]) -> Helps {
    let mut helps = Helps::default();
    let crates = repository().join("crates");
    for name in folders_in(&crates) {
        read_folder(
            &crates,
            &crates.join(name).join("src"),
            openings,
            &mut helps,
        );
    }
    helps
}

/// The notes that the expected texts of all suites show.
pub fn shown_notes() -> BTreeSet<String> {
    let mut notes = BTreeSet::new();
    read_texts(&repository().join("tests/cases"), &mut notes);
    notes
}

fn read_texts(folder: &Path, notes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_texts(&path, notes);
        } else if path.extension().is_some_and(|ending| ending == "txt") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            notes.extend(crate::follow::remarks(&text, "note"));
        }
    }
}

fn read_folder(crates: &Path, folder: &Path, openings: &[&str], helps: &mut Helps) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            read_folder(crates, &path, openings, helps);
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let shown = path.strip_prefix(crates).unwrap_or(&path);
            read_source(&text, &shown.display().to_string(), openings, helps);
        }
    }
}

fn read_source(text: &str, file: &str, openings: &[&str], helps: &mut Helps) {
    let end = text.find("#[cfg(test)]\nmod tests {");
    let text = &text[..end.unwrap_or(text.len())];
    for opening in openings {
        for (at, _) in text.match_indices(opening) {
            let rest = text[at + opening.len()..].trim_start();
            let rest = rest.strip_prefix("format!(").unwrap_or(rest).trim_start();
            match rest.strip_prefix('"').map(literal) {
                Some(help) => {
                    helps.texts.insert(help, file.to_owned());
                }
                None => {
                    helps.computed.insert(file.to_owned());
                }
            }
        }
    }
}

/// A string literal's value, from behind its first quote.
fn literal(source: &str) -> String {
    let mut value = String::new();
    let mut chars = source.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' => break,
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some('\n') => while chars.next_if(|char| char.is_whitespace()).is_some() {},
                Some(other) => value.push(other),
                None => break,
            },
            other => value.push(other),
        }
    }
    value
}

/// Whether a help in an output was made from a text of the sources.
pub fn is_made_of(said: &str, text: &str) -> bool {
    let text = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut parts = Vec::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        parts.push(before);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    parts.push(rest);
    let parts: Vec<String> = parts
        .iter()
        .map(|part| part.replace('\u{1}', "{").replace('\u{2}', "}"))
        .collect();
    let [first, middle @ ..] = parts.as_slice() else {
        return false;
    };
    let Some(mut said) = said.strip_prefix(first.as_str()) else {
        return false;
    };
    let Some((last, middle)) = middle.split_last() else {
        return said.is_empty();
    };
    for part in middle {
        let Some(at) = said.find(part.as_str()) else {
            return false;
        };
        said = &said[at + part.len()..];
    }
    said.ends_with(last.as_str())
}

/// The helps of `tests/cases/errors`: the text, and whether a case follows it.
pub fn said() -> BTreeMap<String, bool> {
    let mut said = BTreeMap::new();
    let errors = cases("errors");
    for name in folders_in(&errors) {
        let read =
            |file| std::fs::read_to_string(errors.join(&name).join(file)).unwrap_or_default();
        let (command, expected) = (read("command"), read("expected.txt"));
        let parts = command.lines().filter_map(|l| l.strip_prefix("follow "));
        let parts: Vec<&str> = parts.collect();
        for help in crate::follow::remarks(&expected, "help") {
            let followed = parts.iter().any(|part| help.contains(part));
            *said.entry(help).or_insert(false) |= followed;
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helps_are_found_in_sources() {
        let mut helps = Helps::default();
        let source = "a.help(\"one \\\n    line\").help(format!(\n  \"say `{x}`\\n{{}}\"\n)).help(other)\n\
                      #[cfg(test)]\nmod tests { x.help(\"no\") }";
        read_source(source, "f.rs", HELPS, &mut helps);
        let texts: Vec<&str> = helps.texts.keys().map(String::as_str).collect();
        assert_eq!(texts, ["one line", "say `{x}`\n{{}}"]);
        assert_eq!(helps.computed.len(), 1);
    }

    #[test]
    fn texts_are_patterns() {
        for (said, text, expected) in [
            ("use 4", "use {}", true),
            ("use 4 of", "use {} or", false),
            ("`.a : { … }`", "`{name} : {{ … }}`", true),
            ("plain", "plain", true),
            ("plain and more", "plain", false),
        ] {
            assert_eq!(is_made_of(said, text), expected, "{said}");
        }
    }
}
