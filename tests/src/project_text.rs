//! Compares the output of programs with expected text, on any machine.
//!
//! Directories become names in capitals before anything is compared or stored; in expected text `[..]`
//! stands for any characters of a line, and a line `...` for any lines.

use std::path::Path;

use crate::project::{cache, repository, rustc_release, rustc_sysroot, xsys};

/// Replaces the paths of this machine in a text.
pub fn redact(text: &str, place: &Path) -> String {
    let toolchain = rustc_sysroot();
    let mut names = vec![
        (place.to_owned(), "[PLACE]"),
        (cache(), "[CACHE]"),
        (xsys().to_owned(), "[XSYS]"),
        (repository().to_owned(), "[REPOSITORY]"),
        (toolchain.clone(), "[TOOLCHAIN]"),
    ];
    // The longest first: one may be inside another.
    names.sort_by_key(|(path, _)| std::cmp::Reverse(path.as_os_str().len()));
    let mut text = text.to_owned();
    for (path, name) in names {
        text = text.replace(&path.display().to_string(), name);
    }
    let release = rustc_release();
    text = text.replace(&format!("rustc {release}"), "rustc [RELEASE]");
    if let Some(name) = toolchain.file_name().and_then(|name| name.to_str()) {
        text = text.replace(name, "[TOOLCHAIN-NAME]");
    }
    text.lines()
        .map(str::trim_end)
        .fold(String::new(), |all, line| all + line + "\n")
}

/// The first place where a text does not match a pattern.
pub fn difference(pattern: &str, text: &str) -> Option<String> {
    let pattern: Vec<&str> = pattern.lines().collect();
    let lines: Vec<&str> = text.lines().collect();
    compare(&pattern, &lines, 1).err()
}

fn compare(pattern: &[&str], lines: &[&str], number: usize) -> Result<(), String> {
    match (pattern.split_first(), lines.split_first()) {
        (None, None) => Ok(()),
        (Some((&"...", rest)), _) => (0..=lines.len())
            .any(|at| compare(rest, &lines[at..], number).is_ok())
            .then_some(())
            .ok_or_else(|| match rest.first() {
                Some(next) => format!("no line after line {number} is `{next}` with what follows"),
                None => "text after the end".to_owned(),
            }),
        (Some((expected, pattern)), Some((line, lines))) => {
            if line_matches(expected, line) {
                compare(pattern, lines, number + 1)
            } else {
                Err(format!(
                    "line {number}\n  expected `{expected}`\n  found    `{line}`"
                ))
            }
        }
        (Some((expected, _)), None) => Err(format!("the text ends before `{expected}`")),
        (None, Some((line, _))) => Err(format!("line {number}: more text: `{line}`")),
    }
}

fn line_matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("[..]");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_parts_and_lines() {
        for (pattern, text, same) in [
            ("a\nb", "a\nb\n", true),
            ("a\nb", "a\n", false),
            ("a", "a\nb", false),
            ("a [..] c", "a b c", true),
            ("a [..] c", "a b d", false),
            ("[..]-[..]-x", "1-2-3-x", true),
            ("a[..]", "a", true),
            ("ab[..]b", "ab", false),
            ("...\nz", "a\nb\nz", true),
            ("...\nz", "a\nb", false),
            ("a\n...", "a\nb\nc", true),
            ("...", "", true),
        ] {
            assert_eq!(
                difference(pattern, text).is_none(),
                same,
                "{pattern:?} {text:?}"
            );
        }
    }
}
