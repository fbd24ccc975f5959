//! Shows that an option does something: `//# shows: WORDS` in a case says that its link has another result without
//! these words of `args`.
//!
//! Problem: a table of options can say "works" for an option that nothing reads, and a case can use it and still
//! pass. So the case is linked again without the option, and the output, other files, messages or what is printed
//! must differ. `docs/linker-options.md` names such a case for each option that works.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use xsys_link::Outcome;

use crate::link::case::Case;

/// The results of a link.
#[derive(PartialEq, Eq)]
struct Left {
    failed: bool,
    stdout: String,
    said: Vec<String>,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

/// Links with and without the words of each `shows` and returns what is wrong. The directory contains only inputs, before
/// and after.
pub fn problems(
    case: &Case,
    words: &[String],
    work: &Path,
    output: &str,
    link: impl Fn(&[String], &Path) -> Outcome,
) -> Result<Vec<String>, String> {
    let shown = case.all("shows");
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let inputs = files(work)?;
    let output = work.join(output);
    let run = |words: &[String]| {
        let outcome = link(words, &output);
        let mut left = files(work)?;
        left.retain(|path, bytes| inputs.get(path) != Some(bytes));
        for path in left.keys() {
            std::fs::remove_file(path).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        Ok::<_, String>(Left {
            failed: outcome.failed,
            stdout: outcome.stdout,
            said: outcome
                .diagnostics
                .iter()
                .map(ToString::to_string)
                .collect(),
            files: left,
        })
    };
    let with = run(words)?;
    let mut problems = Vec::new();
    for option in shown {
        let taken: Vec<&str> = option.split_whitespace().collect();
        let Some(at) = words.windows(taken.len()).position(|some| some == taken) else {
            problems.push(format!("`shows: {option}`: the words are not in `args`"));
            continue;
        };
        let mut without = words.to_vec();
        without.drain(at..at + taken.len());
        if run(&without)? == with {
            problems.push(format!("`shows: {option}`: without it the same comes out"));
        }
    }
    Ok(problems)
}

/// The files of a directory, without its directories.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .map(|path| {
            let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            Ok((path, bytes))
        })
        .collect()
}
