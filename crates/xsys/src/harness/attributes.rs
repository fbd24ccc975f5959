//! The attributes at the top of a crate's root file, and whether they apply in its tests.
//!
//! This is not a parser of Rust: inner attributes come before everything else, between comments.
//!
//! Spec: <https://doc.rust-lang.org/reference/attributes.html>, and "Conditional compilation".

use std::ops::Range;

use cargo_platform::{Cfg, CfgExpr};

/// `#![name…]`, or a name in `#![cfg_attr(…, name…)]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub name: String,
    /// Its place in the file, with brackets.
    pub span: Range<usize>,
    pub in_tests: Setting,
}

/// Whether an attribute applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    On,
    Off,
    /// It depends on something else than `test`.
    Unknown,
}

/// All of them.
pub(super) fn inner(text: &str) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    let mut at = start(text);
    while let Some((span, content)) = next(text, at) {
        at = span.end;
        add(content, &span, Setting::On, &mut attributes);
    }
    attributes
}

/// After a byte order mark and a line `#!/usr/bin/…`.
fn start(text: &str) -> usize {
    let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let rest = &text[mark..];
    let script = rest.starts_with("#!") && !rest[2..].trim_start().starts_with('[');
    match rest.find('\n') {
        Some(end) if script => mark + end,
        _ => mark,
    }
}

/// The next attribute: its place, and the text between its brackets.
fn next(text: &str, from: usize) -> Option<(Range<usize>, &str)> {
    let at = from + blank(&text[from..]);
    let inside = text[at..].strip_prefix('#')?.trim_start();
    let inside = inside.strip_prefix('!')?.trim_start().strip_prefix('[')?;
    let start = text.len() - inside.len();
    let length = matching(inside, ']')?;
    Some((at..start + length + 1, &inside[..length]))
}

/// The length of white space and comments.
fn blank(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with("/*") {
            rest = &rest[comment(rest)..];
        } else {
            return text.len() - rest.len();
        }
    }
}

/// The length of a comment that may contain others.
fn comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        let step = match rest {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length up to the closing bracket, past strings and other brackets.
fn matching(text: &str, close: char) -> Option<usize> {
    let mut depth = 0;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => loop {
                match letters.next()?.1 {
                    '\\' => drop(letters.next()),
                    '"' => break,
                    _ => {}
                }
            },
            _ if depth == 0 && letter == close => return Some(at),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Adds the attribute, or those in a `cfg_attr`.
fn add(content: &str, span: &Range<usize>, setting: Setting, to: &mut Vec<Attribute>) {
    let content = content.trim();
    let name: String = content
        .chars()
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect();
    let inside = content[name.len()..].trim_start().strip_prefix('(');
    let (Some(inside), "cfg_attr") = (inside, name.as_str()) else {
        to.push(Attribute {
            name,
            span: span.clone(),
            in_tests: setting,
        });
        return;
    };
    let inside = &inside[..matching(inside, ')').unwrap_or(inside.len())];
    let mut parts = separated(inside).into_iter();
    let condition = parts.next().map_or(Setting::Unknown, in_tests);
    let setting = match (setting, condition) {
        (Setting::Off, _) | (_, Setting::Off) => Setting::Off,
        (Setting::On, Setting::On) => Setting::On,
        _ => Setting::Unknown,
    };
    for part in parts {
        add(part, span, setting, to);
    }
}

/// The parts between commas that are not inside brackets and strings.
fn separated(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(length) = matching(rest, ',') {
        parts.push(&rest[..length]);
        rest = &rest[length + 1..];
    }
    if !rest.trim().is_empty() {
        parts.push(rest);
    }
    parts
}

/// A condition, if it only depends on `test`.
fn in_tests(condition: &str) -> Setting {
    let Ok(condition) = condition.trim().parse::<CfgExpr>() else {
        return Setting::Unknown;
    };
    let holds = |tests: &str| {
        let cfgs: Vec<Cfg> = tests.parse().into_iter().collect();
        condition.matches(&cfgs)
    };
    if !only_tests(&condition) {
        return Setting::Unknown;
    }
    match holds("test") {
        true => Setting::On,
        false => Setting::Off,
    }
}

fn only_tests(condition: &CfgExpr) -> bool {
    match condition {
        CfgExpr::Not(inner) => only_tests(inner),
        CfgExpr::All(parts) | CfgExpr::Any(parts) => parts.iter().all(only_tests),
        CfgExpr::Value(Cfg::Name(name)) => name.as_str() == "test",
        CfgExpr::Value(_) => false,
        CfgExpr::True | CfgExpr::False => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found() {
        for (text, expected) in [
            ("", ""),
            ("#![no_std]\nfn f() {}", "no_std On"),
            (
                "//! Text.\n/* a /* b */ c */ #![no_std]\n# ! [ no_main ]",
                "no_std On, no_main On",
            ),
            ("#!/usr/bin/env x\n#![no_std]", "no_std On"),
            ("\u{feff}#![no_std]", "no_std On"),
            ("fn f() {}\n#![no_std]", ""),
            ("#[cfg(test)]\n#![no_std]", ""),
            (
                "#![cfg_attr(not(test), no_std, no_main)]",
                "no_std Off, no_main Off",
            ),
            ("#![cfg_attr(test, no_main)]", "no_main On"),
            (
                "#![cfg_attr(not(feature = \"std\"), no_std)]",
                "no_std Unknown",
            ),
            (
                "#![cfg_attr(all(not(test), feature = \"a\"), no_std)]",
                "no_std Unknown",
            ),
            (
                "#![cfg_attr(not(test), cfg_attr(feature = \"]\", no_std))]\n#![allow(a, b)]",
                "no_std Off, allow On",
            ),
            (
                "#![doc = \"]\\\"#![no_std]\"]\n#![no_main]",
                "doc On, no_main On",
            ),
            ("#![no_std", ""),
        ] {
            let shown: Vec<String> = inner(text)
                .iter()
                .map(|found| format!("{} {:?}", found.name, found.in_tests))
                .collect();
            assert_eq!(shown.join(", "), expected, "{text}");
        }
        let text = "// é\n#![no_std]";
        assert_eq!(&text[inner(text)[0].span.clone()], "#![no_std]");
    }
}
