//! The directives of wasm cases, and the words of their links.

use std::path::{Path, PathBuf};

use super::c_code;
use crate::link::case::{Case, Format};
use crate::link::compile::rustc;
use crate::project;

/// Directives of `tests/cases/wasm`.
pub const WASM: Format = Format {
    keys: &[
        ("target", false),
        ("args", true),
        ("shows", true),
        ("first", true),
        ("rustc", true),
        ("clang", true),
        ("clang-below", false),
        ("archive", true),
        ("program", false),
        ("expect-error", true),
        ("expect-warning", true),
        ("refused", true),
        ("prints", true),
        ("contains", true),
        ("imports", true),
        ("exports", true),
        ("memory", false),
        ("tables", false),
        ("tags", false),
        ("segments", false),
        ("bytes", true),
        ("value", true),
        ("start", false),
        ("calls", true),
        ("present", true),
        ("absent", true),
        ("custom", true),
        ("no-custom", true),
        ("compare", false),
        ("lld-args", true),
        ("differs", true),
        ("run", true),
        ("stdout", true),
        ("engine", false),
        ("workers", false),
        ("worker", true),
        ("tools", true),
        ("inspect", true),
        ("says", true),
    ],
    checks: &[
        "imports",
        "exports",
        "memory",
        "tables",
        "tags",
        "segments",
        "bytes",
        "value",
        "start",
        "calls",
        "present",
        "absent",
        "custom",
        "no-custom",
        "compare",
        "run",
        "stdout",
        "prints",
        "contains",
        "expect-error",
        "refused",
    ],
    target: "wasm32-unknown-unknown",
};

/// Whether something that a case needs is not installed.
pub fn missing(case: &Case, target: &str) -> bool {
    let is_for_clang = c_code::is_program(case) || case.first("inspect").is_some();
    if is_for_clang && c_code::missing(case) {
        return true;
    }
    let needs_node = case.first("engine") == Some("node");
    if needs_node && project::find_program("node").is_none() {
        return true;
    }
    let mut words = case.all("args").iter().flat_map(|a| a.split_whitespace());
    let needs_std = case.is_program() || words.any(|word| word.starts_with('$'));
    needs_std && !library(target).is_ok_and(|folder| folder.exists())
}

/// The directory of the target's std.
fn library(target: &str) -> Result<PathBuf, String> {
    let output = rustc()
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .map_err(|e| format!("cannot start rustc: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(PathBuf::from(text.trim()))
}

/// Replaces `$std` by the target's libraries and `$lib` by the directory that they are in.
pub fn with_places(words: Vec<String>, target: &str) -> Result<Vec<String>, String> {
    if !words.iter().any(|word| word.starts_with('$')) {
        return Ok(words);
    }
    let folder = library(target)?;
    let mut out = Vec::new();
    for word in words {
        if word == "$std" {
            let entries = std::fs::read_dir(&folder).map_err(|e| format!("no std: {e}"))?;
            let paths = entries.flatten().map(|entry| entry.path());
            let mut rlibs: Vec<_> = paths
                .filter(|path| path.extension().is_some_and(|e| e == "rlib"))
                .map(|path| path.display().to_string())
                .collect();
            rlibs.sort();
            out.extend(rlibs);
        } else if let Some(rest) = word.strip_prefix("$lib") {
            out.push(format!("{}{rest}", folder.display()));
        } else {
            out.push(word);
        }
    }
    Ok(out)
}

/// Builds `main.rs` as rustc does by itself; the words that rustc gave its linker.
pub fn program_words(case: &Case, target: &str, work: &Path) -> Result<Vec<String>, String> {
    let kind = match case.first("program") {
        Some("cdylib") => "cdylib",
        _ => "bin",
    };
    let output = rustc()
        .args(["--edition", "2024", "--target", target, "-Awarnings"])
        .args(["--crate-type", kind, "--print=link-args", "-Csave-temps"])
        .args(case.words("rustc"))
        .args(
            case.words("args")
                .iter()
                .map(|arg| format!("-Clink-arg={arg}")),
        )
        .arg("-o")
        .arg(work.join("program.wasm"))
        .arg(&case.sources[0])
        .output()
        .map_err(|e| format!("cannot start rustc: {e}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let line = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = quoted(&line);
    let from = words
        .iter()
        .position(|word| word == "-flavor")
        .ok_or("rustc tells no linker's command line")?;
    words.drain(..from + 2);
    if let Some(at) = words.iter().position(|word| word == "-o") {
        words.drain(at..at + 2);
    }
    Ok(words)
}

/// The words of a line that has each of them in double quotes.
pub fn quoted(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut letters = line.chars();
    while letters.by_ref().any(|letter| letter == '"') {
        let mut word = String::new();
        while let Some(letter) = letters.next().filter(|&letter| letter != '"') {
            match letter {
                '\\' => word.extend(letters.next()),
                _ => word.push(letter),
            }
        }
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_of_a_line() {
        assert_eq!(quoted(r#"A="1" "a b" "c\"d""#), ["1", "a b", "c\"d"]);
    }
}
