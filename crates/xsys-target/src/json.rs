//! JSON whose keys and values keep their place in the file.
//!
//! rustc reports a bad spec with a line at best, and serde_json forgets places once a value is read. This reader keeps
//! the byte range of every key and value, and continues after common mistakes: comments, trailing or missing commas,
//! duplicate keys. Specification: RFC 8259.

use std::ops::Range;

use xsys_diag::{Diagnostic, Source};

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub span: Range<usize>,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    String(String),
    Array(Vec<Node>),
    Object(Vec<Member>),
}

/// A key, its place (with the quotes), and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub key: String,
    pub key_span: Range<usize>,
    pub value: Node,
}

impl Node {
    /// The member of an object with this key.
    pub(crate) fn member(&self, key: &str) -> Option<&Member> {
        match &self.value {
            Value::Object(members) => members.iter().find(|member| member.key == key),
            _ => None,
        }
    }

    /// The same value without places.
    pub(crate) fn plain(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(value) => value.clone().into(),
            Value::String(value) => value.clone().into(),
            Value::Array(items) => items.iter().map(Node::plain).collect(),
            Value::Object(members) => members
                .iter()
                .map(|member| (member.key.clone(), member.value.plain()))
                .collect(),
        }
    }
}

/// Reads one JSON document; otherwise everything that is wrong with it.
pub(crate) fn parse(source: &Source) -> Result<Node, Vec<Diagnostic>> {
    let mut parser = Parser {
        source,
        text: &source.text,
        at: 0,
        depth: 0,
        diagnostics: Vec::new(),
    };
    let node = parser.document();
    match node {
        Ok(node) if parser.diagnostics.is_empty() => Ok(node),
        Ok(_) => Err(parser.diagnostics),
        Err(Stop(fatal)) => {
            parser.diagnostics.push(*fatal);
            Err(parser.diagnostics)
        }
    }
}

/// Deeper than any spec; keeps the recursion off the end of the stack.
const MAX_DEPTH: usize = 64;

/// A mistake after which nothing sensible can be read.
struct Stop(Box<Diagnostic>);

struct Parser<'a> {
    source: &'a Source,
    text: &'a str,
    at: usize,
    depth: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<Node, Stop> {
        if self.text.starts_with('\u{feff}') {
            self.report(0..3, "byte order mark in JSON", "here")
                .help
                .push("save the file as UTF-8 without a byte order mark".to_owned());
            self.at = 3;
        }
        let node = self.value()?;
        self.space();
        if self.at < self.text.len() {
            return Err(self.stop(
                self.at..self.text.len().min(self.at + self.char_len()),
                "text after the end of the JSON value",
                "the value has ended before this",
            ));
        }
        Ok(node)
    }

    fn value(&mut self) -> Result<Node, Stop> {
        self.space();
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        Ok(Node {
            span: start..self.at,
            value,
        })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, Stop>) -> Result<Value, Stop> {
        if self.depth == MAX_DEPTH {
            return Err(self.stop(
                self.at..self.at + 1,
                format!("values nested deeper than {MAX_DEPTH} levels"),
                "here",
            ));
        }
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Value, Stop> {
        let mut members: Vec<Member> = Vec::new();
        let open = self.at;
        self.at += 1;
        while self.another(b'}', open, !members.is_empty())? {
            let start = self.at;
            if self.peek() != Some(b'"') {
                let word = self.bare_word();
                let help = match self.peek() {
                    Some(b'\'') => "JSON knows double quotes only".to_owned(),
                    _ if word.is_empty() => "a key is a string in double quotes".to_owned(),
                    _ => format!("write \"{word}\""),
                };
                let end = start + word.len().max(self.char_len_at(start));
                return Err(self
                    .stop(start..end, "expected a key in double quotes", "found this")
                    .help(help));
            }
            let key = self.string()?;
            let key_span = start..self.at;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.stop(
                    key_span.clone(),
                    format!("expected `:` after the key `{key}`"),
                    "this key has no value",
                ));
            }
            self.at += 1;
            let value = self.value()?;
            if let Some(first) = members.iter().find(|member| member.key == key) {
                let first = first.key_span.clone();
                let source = self.source;
                let message = format!("key `{key}` is given twice");
                let twice = Diagnostic::error(message)
                    .label(source, key_span, "again here")
                    .label(source, first, "first here")
                    .help("remove one of the two");
                self.diagnostics.push(twice);
                continue;
            }
            members.push(Member {
                key,
                key_span,
                value,
            });
        }
        Ok(Value::Object(members))
    }

    fn array(&mut self) -> Result<Value, Stop> {
        let mut items = Vec::new();
        let open = self.at;
        self.at += 1;
        while self.another(b']', open, !items.is_empty())? {
            items.push(self.value()?);
        }
        Ok(Value::Array(items))
    }

    /// Steps over a comma and returns true, or over the closing bracket and returns false.
    fn another(&mut self, close: u8, open: usize, behind_one: bool) -> Result<bool, Stop> {
        let value_end = self.at;
        self.space();
        let mut comma = None;
        if behind_one && self.peek() == Some(b',') {
            comma = Some(self.at);
            self.at += 1;
            self.space();
        }
        match self.peek() {
            None => {
                let bracket = char::from(self.text.as_bytes()[open]);
                Err(self.stop(
                    open..open + 1,
                    format!("`{bracket}` is never closed"),
                    format!(
                        "expected `{}` before the end of the file",
                        char::from(close)
                    ),
                ))
            }
            Some(byte) if byte == close => {
                if let Some(comma) = comma {
                    self.report(
                        comma..comma + 1,
                        "trailing comma",
                        "JSON allows no comma after the last one",
                    )
                    .help
                    .push("remove the comma".to_owned());
                }
                self.at += 1;
                Ok(false)
            }
            Some(b',') => Err(self.stop(
                self.at..self.at + 1,
                "expected a value before the comma",
                "here",
            )),
            Some(b'"' | b'{' | b'[' | b'-' | b'0'..=b'9' | b'a'..=b'z')
                if behind_one && comma.is_none() =>
            {
                self.report(value_end..value_end, "missing comma", "expected `,` here");
                Ok(true)
            }
            Some(_) if behind_one && comma.is_none() => {
                let message = format!("expected `,` or `{}`", char::from(close));
                Err(self.stop(self.at..self.at + self.char_len(), message, "found this"))
            }
            Some(_) => Ok(true),
        }
    }

    fn string(&mut self) -> Result<String, Stop> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(b'\n') | None => {
                    let end = self.at.min(self.text.len());
                    return Err(self.stop(
                        start..end,
                        "string without an end",
                        "expected `\"` before the end of the line",
                    ));
                }
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let raw = self.text.get(start..self.at).unwrap_or("");
        serde_json::from_str(raw).map_err(|_| {
            self.stop(
                start..self.at,
                "bad escape or control character",
                "in this string",
            )
            .help("JSON escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four digits")
        })
    }

    fn number(&mut self) -> Result<Value, Stop> {
        let start = self.at;
        while matches!(
            self.peek(),
            Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.' | b'_')
        ) {
            self.at += 1;
        }
        let raw = &self.text[start..self.at];
        match serde_json::from_str(raw) {
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => {
                let stop = self.stop(start..self.at, format!("`{raw}` is not a number"), "here");
                let hexadecimal = raw
                    .strip_prefix("0x")
                    .and_then(|digits| u64::from_str_radix(&digits.replace('_', ""), 16).ok());
                Err(match hexadecimal {
                    Some(value) => stop.help(format!("JSON numbers are decimal: {value}")),
                    None => stop,
                })
            }
        }
    }

    fn word(&mut self) -> Result<Value, Stop> {
        let start = self.at;
        let word = self.bare_word().to_owned();
        let value = match word.as_str() {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "" if start == self.text.len() => {
                return Err(self.stop(start..start, "expected a value", "the file ends here"));
            }
            "" => {
                let end = start + self.char_len_at(start);
                let stop = self.stop(start..end, "expected a value", "found this");
                return Err(match self.peek() {
                    Some(b'\'') => stop.help("JSON knows double quotes only"),
                    _ => stop,
                });
            }
            _ => {
                let lower = word.to_lowercase();
                let help = match lower.as_str() {
                    "true" | "false" | "null" => format!("write {lower}"),
                    _ => format!("strings are written in double quotes: \"{word}\""),
                };
                return Err(self
                    .stop(start..start + word.len(), "expected a value", "found this")
                    .help(help));
            }
        };
        self.at += word.len();
        Ok(value)
    }

    /// The letters, digits and dashes from here on, not stepped over.
    fn bare_word(&self) -> &str {
        let rest = self.text.get(self.at..).unwrap_or("");
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
            .unwrap_or(rest.len());
        &rest[..end]
    }

    /// Steps over white space, and over comments, which it reports.
    fn space(&mut self) {
        loop {
            let rest = self.text.get(self.at..).unwrap_or("");
            let length = match rest.as_bytes() {
                [b' ' | b'\t' | b'\n' | b'\r', ..] => {
                    self.at += 1;
                    continue;
                }
                [b'/', b'/', ..] | [b'#', ..] => rest.find('\n').unwrap_or(rest.len()),
                [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
                _ => return,
            };
            self.report(
                self.at..self.at + length,
                "comment in JSON",
                "JSON has no comments",
            )
            .help
            .push("remove it, or say it in `metadata.description`".to_owned());
            self.at += length;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn char_len(&self) -> usize {
        self.char_len_at(self.at)
    }

    fn char_len_at(&self, at: usize) -> usize {
        self.text
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .map_or(0, char::len_utf8)
    }

    fn report(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        self.diagnostics
            .push(Diagnostic::error(message).label(self.source, span, label));
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    fn stop(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Stop {
        Stop(Box::new(Diagnostic::error(message).label(
            self.source,
            span,
            label,
        )))
    }
}

impl Stop {
    fn help(mut self, text: impl Into<String>) -> Stop {
        self.0.help.push(text.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source {
            path: "t.json".into(),
            text: text.into(),
        }
    }

    #[test]
    fn agrees_with_serde_json() {
        for text in [
            "{}",
            "[]",
            "null",
            " true ",
            "-1.5e3",
            "\"a\\u00e9\\n\"",
            "{\"a\":[1,2,{\"b\":null}],\"c\":\"d\"}",
            "[18446744073709551615, -9223372036854775808, 0]",
        ] {
            let expected: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(parse(&source(text)).unwrap().plain(), expected, "{text}");
        }
    }

    #[test]
    fn knows_places() {
        let text = "{ \"a\" : [1, \"ü\"] }";
        let node = parse(&source(text)).unwrap();
        let member = node.member("a").unwrap();
        assert_eq!(&text[member.key_span.clone()], "\"a\"");
        assert_eq!(&text[member.value.span.clone()], "[1, \"ü\"]");
        let Value::Array(items) = &member.value.value else {
            panic!("not an array");
        };
        assert_eq!(&text[items[1].span.clone()], "\"ü\"");
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let cases: &[(&str, &[&str])] = &[
            (
                "",
                &["error: expected a value\n  --> t.json:1:1: the file ends here"],
            ),
            (
                "{\"a\": 1,\n}",
                &[
                    "error: trailing comma\n  --> t.json:1:8: JSON allows no comma after the last one\n  = help: remove the comma",
                ],
            ),
            (
                "[1,]",
                &[
                    "error: trailing comma\n  --> t.json:1:3: JSON allows no comma after the last one\n  = help: remove the comma",
                ],
            ),
            (
                "{\n  // cpu\n  \"cpu\": \"x\"\n}",
                &[
                    "error: comment in JSON\n  --> t.json:2:3: JSON has no comments\n  = help: remove it, or say it in `metadata.description`",
                ],
            ),
            (
                "{\"a\": 1 /* x */ \"a\": 2}",
                &[
                    "error: comment in JSON\n  --> t.json:1:9: JSON has no comments\n  = help: remove it, or say it in `metadata.description`",
                    "error: missing comma\n  --> t.json:1:8: expected `,` here",
                    "error: key `a` is given twice\n  --> t.json:1:17: again here\n  --> t.json:1:2: first here\n  = help: remove one of the two",
                ],
            ),
            (
                "{cpu: 1}",
                &[
                    "error: expected a key in double quotes\n  --> t.json:1:2: found this\n  = help: write \"cpu\"",
                ],
            ),
            (
                "{'cpu': 1}",
                &[
                    "error: expected a key in double quotes\n  --> t.json:1:2: found this\n  = help: JSON knows double quotes only",
                ],
            ),
            (
                "{\"cpu\" \"x\"}",
                &[
                    "error: expected `:` after the key `cpu`\n  --> t.json:1:2: this key has no value",
                ],
            ),
            (
                "{\"cpu\": generic}",
                &[
                    "error: expected a value\n  --> t.json:1:9: found this\n  = help: strings are written in double quotes: \"generic\"",
                ],
            ),
            (
                "[True]",
                &["error: expected a value\n  --> t.json:1:2: found this\n  = help: write true"],
            ),
            (
                "[0x10]",
                &[
                    "error: `0x10` is not a number\n  --> t.json:1:2: here\n  = help: JSON numbers are decimal: 16",
                ],
            ),
            (
                "[\"abc\n\"]",
                &[
                    "error: string without an end\n  --> t.json:1:2: expected `\"` before the end of the line",
                ],
            ),
            (
                "[\"\\q\"]",
                &[
                    "error: bad escape or control character\n  --> t.json:1:2: in this string\n  = help: JSON escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four digits",
                ],
            ),
            (
                "{\"a\": [1",
                &[
                    "error: `[` is never closed\n  --> t.json:1:7: expected `]` before the end of the file",
                ],
            ),
            (
                "{} {}",
                &[
                    "error: text after the end of the JSON value\n  --> t.json:1:4: the value has ended before this",
                ],
            ),
            (
                "[,1]",
                &["error: expected a value before the comma\n  --> t.json:1:2: here"],
            ),
            (
                "[1;2]",
                &["error: expected `,` or `]`\n  --> t.json:1:3: found this"],
            ),
            (
                "\u{feff}{}",
                &[
                    "error: byte order mark in JSON\n  --> t.json:1:1: here\n  = help: save the file as UTF-8 without a byte order mark",
                ],
            ),
        ];
        for (text, expected) in cases {
            let found: Vec<String> = parse(&source(text))
                .unwrap_err()
                .iter()
                .map(Diagnostic::to_string)
                .collect();
            assert_eq!(found, *expected, "{text}");
        }
    }

    #[test]
    fn deep_nesting_and_cut_input_do_not_panic() {
        let deep = "[".repeat(100_000);
        assert_eq!(
            parse(&source(&deep)).unwrap_err()[0].message,
            "values nested deeper than 64 levels"
        );
        let whole = "{\"ä\": [1, \"b\\u00e9\", {\"c\": -1.0e3}], 'd'}";
        for (end, _) in whole.char_indices() {
            assert!(parse(&source(&whole[..end])).is_err(), "{end}");
        }
    }
}
