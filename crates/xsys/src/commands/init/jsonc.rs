//! JSON with comments and trailing commas, in which editors keep their settings: reads it, and adds
//! to it without touching anything else in the file.

use std::ops::Range;

use serde_json::{Map, Value};

/// The object in a text.
pub(super) fn parse(text: &str) -> Option<Map<String, Value>> {
    let plain = without_comments(text);
    if plain.trim().is_empty() {
        return Some(Map::new());
    }
    serde_json::from_str(&without_trailing_commas(&plain)).ok()
}

/// The text with entries added at the beginning of its object.
pub(super) fn with(text: &str, entries: &[(String, Value)]) -> Option<String> {
    if entries.is_empty() {
        return Some(text.to_owned());
    }
    let old = parse(text)?;
    let plain = without_comments(text);
    let (before, after) = match plain.find('{') {
        Some(at) => text.split_at(at + 1),
        None => ("{", "\n}\n"),
    };
    let lines: Vec<String> = entries
        .iter()
        .map(|(name, value)| {
            let name = Value::from(name.as_str());
            format!("\n    {name}: {}", shown(value))
        })
        .collect();
    let comma = if old.is_empty() { "" } else { "," };
    let newline = if after.starts_with(['\n', '\r']) {
        ""
    } else {
        "\n"
    };
    Some(format!(
        "{before}{}{comma}{newline}{after}",
        lines.join(",")
    ))
}

/// The text with another value for an entry of its object.
pub(super) fn replaced(text: &str, name: &str, value: &Value) -> Option<String> {
    let entry = entries(text).into_iter().find(|entry| entry.name == name)?;
    let (before, after) = (&text[..entry.value.start], &text[entry.value.end..]);
    Some(format!("{before}{}{after}", shown(value)))
}

/// The text without an entry of its object, and without its line if the entry is alone there.
pub(super) fn without(text: &str, name: &str) -> Option<String> {
    let plain = without_comments(text);
    let entry = entries(text).into_iter().find(|entry| entry.name == name)?;
    let (mut start, mut end) = (entry.start, entry.value.end);
    let rest = plain[end..].trim_start();
    let mut text = text.to_owned();
    if rest.starts_with(',') {
        end = plain.len() - rest.len() + 1;
    } else if let before = plain[..start].trim_end()
        && before.ends_with(',')
    {
        // If it is the last, the comma of the one before is removed.
        text.replace_range(before.len() - 1..before.len(), "");
        (start, end) = (start - 1, end - 1);
    }
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    if text[line..start].trim().is_empty() && text[end..line_end].trim().is_empty() {
        (start, end) = (line, line_end);
    }
    text.replace_range(start..end, "");
    Some(text)
}

/// Where an entry of an object is.
struct Entry {
    name: String,
    start: usize,
    value: Range<usize>,
}

/// The entries of the outermost object.
fn entries(text: &str) -> Vec<Entry> {
    let plain = without_comments(text);
    let mut entries: Vec<Entry> = Vec::new();
    let (mut depth, mut at, mut value) = (0usize, 0, None);
    let mut name: Option<(usize, String)> = None;
    while let Some(letter) = plain[at..].chars().next() {
        let length = match letter {
            '"' => string_length(&plain[at..]),
            other => other.len_utf8(),
        };
        match letter {
            '"' if depth == 1 && name.is_none() => {
                let text = serde_json::from_str(&plain[at..at + length]).unwrap_or_default();
                name = Some((at, text));
            }
            ':' if depth == 1 && value.is_none() => value = Some(at + 1),
            ',' | '}' if depth == 1 => {
                if let (Some((start, name)), Some(value)) = (name.take(), value.take()) {
                    let inner = &plain[value..at];
                    let first = value + inner.len() - inner.trim_start().len();
                    let value = first..first + inner.trim().len();
                    entries.push(Entry { name, start, value });
                }
                depth -= usize::from(letter == '}');
            }
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += length;
    }
    entries
}

/// A value as an editor writes it inside the outermost object.
fn shown(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    // The printer's two columns become an editor's four.
    text.replace("  ", "    ").replace('\n', "\n    ")
}

/// The same text with comments replaced by spaces, so that places stay the same.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '"' => string_length(rest),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            other => other.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        if letter == '/' && length > 1 {
            out.extend(
                piece
                    .bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
            );
        } else {
            out.push_str(piece);
        }
        rest = after;
    }
    out
}

/// The length of a string with its quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// For a text without comments.
fn without_trailing_commas(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '"' => string_length(rest),
            other => other.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        if letter != ',' || !after.trim_start().starts_with(['}', ']']) {
            out.push_str(piece);
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entries_change_and_go() {
        let text = "// {\"a\": 0}\n{\n  \"a\": [1, {\"b\": 2}], // one\n  \"b\": \"x,}\", // two\n  \"c\": true\n}\n";
        for (name, expected) in [
            ("a", text.replace("[1, {\"b\": 2}]", "\"new\"")),
            ("b", text.replace("\"x,}\"", "\"new\"")),
            ("c", text.replace("true", "\"new\"")),
        ] {
            assert_eq!(replaced(text, name, &json!("new")).unwrap(), expected);
        }
        for (name, gone, kept) in [
            ("a", "\"a\": [1, {\"b\": 2}],", "// one"),
            ("b", "\"b\": \"x,}\",", "// two"),
        ] {
            let text = without(text, name).unwrap();
            assert!(!text.contains(gone) && text.contains(kept), "{text}");
            assert_eq!(parse(&text).unwrap().len(), 2);
        }
        let last = without(text, "c").unwrap();
        assert!(last.ends_with("\"x,}\" // two\n}\n"), "{last}");
        assert_eq!(without("{\"a\":1}", "a").unwrap(), "{}");
        assert!(without(text, "d").is_none() && replaced("", "a", &json!(1)).is_none());
    }

    #[test]
    fn comments_and_commas_are_no_obstacle() {
        for (text, expected) in [
            ("", json!({})),
            ("// nothing {\n", json!({})),
            (
                "{ \"a\": [1, 2,], /* , } */ \"b\": \"// no \\\" comment\", }",
                json!({"a": [1, 2], "b": "// no \" comment"}),
            ),
        ] {
            assert_eq!(parse(text).map(Value::Object), Some(expected), "{text}");
        }
        assert_eq!(parse("{ \"a\": }"), None);
        assert_eq!(parse("[]"), None);
    }

    #[test]
    fn what_is_there_stays_as_it_is() {
        let entries = [
            ("x".to_owned(), json!(true)),
            ("y".to_owned(), json!(["z"])),
        ];
        for (text, expected) in [
            (
                "",
                "{\n    \"x\": true,\n    \"y\": [\n        \"z\"\n    ]\n}\n",
            ),
            (
                "{}\n",
                "{\n    \"x\": true,\n    \"y\": [\n        \"z\"\n    ]\n}\n",
            ),
            (
                "// { mine\n{\n\t\"a\": 1, // é\n}\n",
                "// { mine\n{\n    \"x\": true,\n    \"y\": [\n        \"z\"\n    ],\n\t\"a\": 1, // é\n}\n",
            ),
        ] {
            let text = with(text, &entries).unwrap();
            assert_eq!(text, expected);
            assert_eq!(parse(&text).unwrap()["y"], json!(["z"]));
        }
        assert_eq!(with("{ /* a */ }", &[]).as_deref(), Some("{ /* a */ }"));
        assert_eq!(with("[", &entries), None);
    }
}
