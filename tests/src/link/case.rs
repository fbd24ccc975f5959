//! A case: a directory with inputs, and directives in its `main.s` or `main.rs` (for wasm also `main.c` or `main.cpp`).
//!
//! Directives are lines `//# key: value`; they may stand anywhere in the main file and are
//! collected by key. An unknown key is an error, so that a misspelt check cannot pass unseen.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The directives of a suite.
#[derive(Debug)]
pub struct Format {
    /// Keys, and whether they may occur more than once.
    pub keys: &'static [(&'static str, bool)],
    /// Keys of which a case needs at least one, because without them nothing is checked.
    pub checks: &'static [&'static str],
    /// The target of cases that name none.
    pub target: &'static str,
}

/// Directives of `tests/cases/link`.
pub const ELF: Format = Format {
    keys: ELF_KEYS,
    checks: &[
        "check",
        "bytes",
        "string",
        "absent",
        "present",
        "sections",
        "segments",
        "compare",
        "run",
        "contains",
        "prints",
        "expect-error",
        "program",
        "no-section",
    ],
    target: "aarch64-unknown-none",
};

const ELF_KEYS: &[(&str, bool)] = &[
    ("target", false),
    ("args", true),
    ("shows", true),
    ("first", true),
    ("rustc", true),
    ("archive", true),
    ("program", false),
    ("expect-error", true),
    ("expect-warning", true),
    ("check", true),
    ("absent", true),
    ("present", true),
    ("sections", false),
    ("no-section", true),
    ("segments", false),
    ("bytes", true),
    ("string", true),
    ("contains", true),
    ("prints", true),
    ("compare", false),
    ("map", false),
    ("lld-args", true),
    ("differs", true),
    ("run", false),
    ("machine", false),
    ("stdout", true),
];

/// A loaded case.
#[derive(Debug)]
pub struct Case {
    /// Its directory.
    pub folder: PathBuf,
    /// Targets to link for; a test each.
    pub targets: Vec<String>,
    /// Sources, the main one first, then by name.
    pub sources: Vec<PathBuf>,
    /// Other files: scripts, lists.
    pub others: Vec<PathBuf>,
    directives: BTreeMap<String, Vec<String>>,
}

impl Case {
    /// Reads a directory.
    pub fn load(folder: &Path, format: &Format) -> Result<Case, String> {
        let mut sources = Vec::new();
        let mut others = Vec::new();
        let entries = std::fs::read_dir(folder).map_err(|e| format!("cannot read it: {e}"))?;
        for entry in entries.flatten() {
            let path = entry.path();
            match path.extension().and_then(|e| e.to_str()) {
                Some("s" | "rs" | "c" | "cpp") => sources.push(path),
                _ => others.push(path),
            }
        }
        let is_main = |path: &Path| path.file_stem().is_some_and(|stem| stem == "main");
        sources.sort_by_key(|path| (!is_main(path), path.clone()));
        others.sort();
        let main = sources
            .first()
            .filter(|path| is_main(path))
            .ok_or("the folder has no `main.s` or `main.rs`")?;
        let text = std::fs::read_to_string(main).map_err(|e| format!("cannot read it: {e}"))?;
        let directives = parse(&text, format.keys)?;
        let mut case = Case {
            folder: folder.to_owned(),
            targets: Vec::new(),
            sources,
            others,
            directives,
        };
        case.targets = case.words("target");
        if case.targets.is_empty() {
            case.targets.push(format.target.to_owned());
        }
        if !format.checks.iter().any(|key| case.first(key).is_some()) {
            return Err("the case checks nothing".to_owned());
        }
        Ok(case)
    }

    /// All values of a key, in order.
    pub fn all(&self, key: &str) -> &[String] {
        self.directives.get(key).map_or(&[], Vec::as_slice)
    }

    /// The value of a key that occurs once.
    pub fn first(&self, key: &str) -> Option<&str> {
        self.all(key).first().map(String::as_str)
    }

    /// All words of all values of a key.
    pub fn words(&self, key: &str) -> Vec<String> {
        self.all(key)
            .iter()
            .flat_map(|value| value.split_whitespace())
            .map(|word| word.trim_end_matches(',').to_owned())
            .filter(|word| !word.is_empty())
            .collect()
    }

    /// The flags of `key` whose values are `FILE: flags` or `flags` for all.
    pub fn flags_for(&self, key: &str, file: &str) -> Vec<String> {
        let mut out = Vec::new();
        for value in self.all(key) {
            let flags = match value.split_once(": ") {
                Some((name, flags)) if name == file => flags,
                Some((name, _))
                    if [".s", ".rs", ".c", ".cpp"]
                        .iter()
                        .any(|end| name.ends_with(end)) =>
                {
                    continue;
                }
                _ => value,
            };
            out.extend(flags.split_whitespace().map(str::to_owned));
        }
        out
    }

    /// Links that come before the one that is checked: output and arguments.
    pub fn first_links(&self) -> Vec<(String, Vec<String>)> {
        let steps = self.all("first").iter();
        steps
            .filter_map(|value| value.split_once('='))
            .map(|(output, args)| {
                let args = args.split_whitespace().map(str::to_owned).collect();
                (output.trim().to_owned(), args)
            })
            .collect()
    }

    /// Whether the case is a whole Rust program that rustc links with xsys.
    pub fn is_program(&self) -> bool {
        self.first("program").is_some()
    }

    /// The linker's words: those of `args`, with all objects in front unless `args` names some.
    pub fn link_words(&self, objects: &[String]) -> Vec<String> {
        let args = self.words("args");
        let names_inputs = args.iter().any(|word| word.ends_with(".o"));
        let mut out = Vec::new();
        if !names_inputs {
            let archived: Vec<String> = archived(self);
            out.extend(objects.iter().filter(|o| !archived.contains(o)).cloned());
        }
        out.extend(args);
        out
    }
}

fn archived(case: &Case) -> Vec<String> {
    case.all("archive")
        .iter()
        .filter_map(|value| value.split_once('='))
        .flat_map(|(_, members)| members.split_whitespace())
        .map(str::to_owned)
        .collect()
}

fn parse(text: &str, keys: &[(&str, bool)]) -> Result<BTreeMap<String, Vec<String>>, String> {
    let mut directives: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let Some(line) = line.trim_start().strip_prefix("//#") else {
            continue;
        };
        let number = number + 1;
        let (key, value) = line
            .split_once(':')
            .ok_or_else(|| format!("line {number}: a directive is `//# key: value`"))?;
        let (key, value) = (key.trim(), value.trim());
        let Some((_, repeats)) = keys.iter().find(|(name, _)| *name == key) else {
            return Err(format!("line {number}: unknown directive `{key}`"));
        };
        let values = directives.entry(key.to_owned()).or_default();
        if !values.is_empty() && !repeats {
            return Err(format!("line {number}: `{key}` stands twice"));
        }
        values.push(value.to_owned());
    }
    Ok(directives)
}

#[cfg(test)]
mod tests {
    use super::{ELF_KEYS, parse};

    #[test]
    fn directives_are_checked() {
        for (text, expected) in [
            ("//# args: a\n//# args: b\n", Ok(2)),
            ("nop // not one\n  //# args: x", Ok(1)),
            (
                "//# target: a\n//# target: b",
                Err("line 2: `target` stands twice"),
            ),
            (
                "\n//# chekc: a == b",
                Err("line 2: unknown directive `chekc`"),
            ),
            ("//# check", Err("line 1: a directive is `//# key: value`")),
        ] {
            let found = parse(text, ELF_KEYS).map(|d| d.values().map(Vec::len).sum::<usize>());
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        }
    }
}
