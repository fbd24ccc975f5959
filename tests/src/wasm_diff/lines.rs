//! Command lines that wasm-ld reads in a way of its own: values that are empty, below zero, or behind a letter and `=`.
//!
//! Each line of `cases/wasm-lines/values.txt` is a link of the objects in `link.json` beside it, by rust-lld and by compat
//! mode: `same:` where both write the same bytes, `refused:` where both refuse. `''` is a word without letters.

use std::path::Path;

use libtest_mimic::{Failed, Trial};

use super::model::Link;
use super::verdict::{Bench, Outcome};
use crate::link::oracle::rust_lld;

/// The test.
pub(super) fn trial(scratch: &Path) -> Trial {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/wasm-lines");
    let scratch = scratch.join("lines");
    Trial::test("differential-lines", move || check(&folder, &scratch))
}

fn check(folder: &Path, scratch: &Path) -> Result<(), Failed> {
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name));
        text.map_err(|error| format!("{name}: {error}"))
    };
    let link: Link = serde_json::from_str(&read("link.json")?)?;
    let bench = Bench::new(rust_lld()?, scratch.to_owned())?;
    let mut problems = Vec::new();
    let text = read("values.txt")?;
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    for line in lines {
        let (expected, words) = line.split_once(": ").ok_or("a line is `same: WORDS`")?;
        let words = words.split_whitespace().map(|word| match word {
            "''" => String::new(),
            _ => word.to_owned(),
        });
        let mut link = link.clone();
        link.options.push(words.collect());
        let links = bench.links(&link)?;
        let found = match (&links.lld, &links.compat) {
            (Outcome::Module(theirs), Outcome::Module(ours)) if theirs == ours => "same",
            (Outcome::Module(_), Outcome::Module(_)) => "other bytes",
            (Outcome::Refused(_), Outcome::Refused(_)) => "refused",
            (Outcome::Refused(_), Outcome::Module(_)) => "only rust-lld refuses",
            (Outcome::Module(_), Outcome::Refused(_)) => "only compat mode refuses",
            _ => "one of them crashes",
        };
        if found != expected {
            let said = |outcome: &Outcome| match outcome {
                Outcome::Module(_) => String::new(),
                Outcome::Refused(said) | Outcome::Crashed(said) => said.clone(),
            };
            let (lld, compat) = (said(&links.lld), said(&links.compat));
            problems.push(format!("`{line}`, but: {found}\n{lld}{compat}"));
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems.join("\n").into()),
    }
}
