//! Compares the messages of rust-lld and of xsys with `--compat=wasm-ld`.
//!
//! Problem: scripts search for wasm-ld's words. So the first line of each of its messages must be the first line of
//! one of xsys's, and the other way round; the lines below may differ. Other output (`--trace` and the like) must be
//! the same.

use std::path::Path;
use std::process::Output;

use xsys_diag::Severity;
use xsys_link::Outcome;

use crate::link::case::Case;

/// The messages of a linker.
#[derive(Debug)]
pub struct Said {
    /// Whether there is no output.
    pub failed: bool,
    /// First lines of errors.
    pub errors: Vec<String>,
    /// First lines of warnings.
    pub warnings: Vec<String>,
    /// Other output.
    pub stdout: String,
}

impl Said {
    /// From rust-lld.
    pub fn of_lld(result: &Output, work: &Path) -> Self {
        let text = String::from_utf8_lossy(&result.stderr);
        let lines = |prefix: &str| {
            let lines = text.lines().filter_map(|line| line.strip_prefix(prefix));
            lines.map(|line| without(line, work)).collect()
        };
        Self {
            failed: !result.status.success(),
            errors: lines("rust-lld: error: "),
            warnings: lines("rust-lld: warning: "),
            stdout: without(&String::from_utf8_lossy(&result.stdout), work),
        }
    }

    /// From xsys.
    pub fn of_outcome(outcome: &Outcome, work: &Path) -> Self {
        let lines = |severity: Severity| {
            let found = outcome.diagnostics.iter();
            let found = found.filter(move |problem| problem.severity == severity);
            found.map(|problem| without(problem.message.lines().next().unwrap_or(""), work))
        };
        Self {
            failed: outcome.failed,
            errors: lines(Severity::Error).collect(),
            warnings: lines(Severity::Warning).collect(),
            stdout: without(&outcome.stdout, work),
        }
    }
}

/// The text without the names of directories.
fn without(text: &str, work: &Path) -> String {
    text.replace(&format!("{}/", work.display()), "")
}

/// The differences of compat mode from rust-lld.
pub fn compare(case: &Case, compat: &Said, lld: &Said) -> Vec<String> {
    let named = |what: &str| {
        let mut reasons = case.all("differs").iter();
        reasons.any(|reason| reason.split(':').next() == Some(what))
    };
    let mut problems = Vec::new();
    if !named("words") {
        for (what, ours, theirs) in [
            ("error", &compat.errors, &lld.errors),
            ("warning", &compat.warnings, &lld.warnings),
        ] {
            let (mut ours, mut theirs) = (ours.clone(), theirs.clone());
            for lines in [&mut ours, &mut theirs] {
                lines.sort();
                lines.dedup();
            }
            if ours != theirs {
                problems.push(format!(
                    "{what}s of `--compat=wasm-ld`:\n  {}\nof rust-lld:\n  {}",
                    ours.join("\n  "),
                    theirs.join("\n  ")
                ));
            }
        }
    }
    if !named("prints") && compat.stdout != lld.stdout {
        problems.push(format!(
            "`--compat=wasm-ld` prints:\n{}\nrust-lld:\n{}",
            compat.stdout, lld.stdout
        ));
    }
    for text in case.all("refused") {
        if !lld
            .errors
            .iter()
            .any(|line| line.starts_with(text.as_str()))
        {
            problems.push(format!(
                "rust-lld does not say `{text}`, but:\n{}",
                lld.errors.join("\n")
            ));
        }
    }
    problems
}
