//! JSON with comments and trailing commas, as editors keep their settings: read it, and add to it
//! without touching anything else in the file.

use serde_json::{Map, Value};

/// The object that a text holds.
pub fn parse(text: &str) -> Option<Map<String, Value>> {
    let plain = without_comments(text);
    if plain.trim().is_empty() {
        return Some(Map::new());
    }
    serde_json::from_str(&without_trailing_commas(&plain)).ok()
}

/// The text with entries added at the beginning of its object.
pub fn with(text: &str, entries: &[(String, Value)]) -> Option<String> {
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
            let value = serde_json::to_string_pretty(value).unwrap_or_default();
            // The printer's two columns become an editor's four.
            let value = value.replace("  ", "    ").replace('\n', "\n    ");
            format!("\n    {}: {value}", Value::from(name.as_str()))
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

/// The same text with spaces for comments: places stay what they are.
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

/// How long a string is with its quotes.
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
