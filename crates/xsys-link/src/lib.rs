//! An ELF and wasm linker for Rust's objects.
//!
//! It is a library: it prints nothing, starts no process and knows no boards. Problems are returned as
//! [`xsys_diag::Diagnostic`]s, as many as can be found in one run.

mod crash;
pub mod demangle;
mod elf;
mod filling;
pub mod hints;
pub mod input;
mod options;
mod output;
pub mod script;
mod spare;
mod threads;
pub mod wasm;

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::PathBuf;

use xsys_diag::{Diagnostic, Severity};

pub use elf::live::reasons::{By, Kept};
pub use elf::reports::usage::RegionUsage;
pub use input::map::ReadFile;
pub use input::search::STAND_IN;
pub use options::{expand_response_files, response_files};
pub use output::remove_unfinished;

/// The linker whose command line is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// GNU ld's and ld.lld's.
    Gnu,
    /// wasm-ld's.
    Wasm,
}

/// The outcome of a link.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The output file, if it was written.
    pub output: Option<PathBuf>,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// Why the sections of an ELF image are in it, from [`link_with_reasons`].
    pub reasons: Vec<Kept>,
    /// What the options asked to be printed on standard output.
    pub stdout: String,
    /// Memory regions and how full they are.
    pub usage: Vec<RegionUsage>,
    /// There is no output because of errors.
    pub failed: bool,
    /// The error is the linker's own fault, whatever the inputs are.
    pub crashed: bool,
    /// The files that were read, response files aside.
    pub read: Vec<ReadFile>,
    /// Where scripts were looked for before they were found.
    pub missed: Vec<PathBuf>,
}

/// Carries out a linker's command line (without the program's name).
pub fn link_command_line(flavor: Flavor, args: &[OsString]) -> Outcome {
    let args = &with_reproduce(args);
    crash::guarded(|| match flavor {
        Flavor::Gnu => link_gnu(args, 0),
        Flavor::Wasm => wasm::command::link_command_line(args),
    })
}

/// lld's `LLD_REPRODUCE`: the value of `--reproduce` if the command line has none.
fn with_reproduce(args: &[OsString]) -> Cow<'_, [OsString]> {
    let given = |word: &OsString| {
        let word = word.to_string_lossy();
        word.starts_with("--reproduce") || word.starts_with("-reproduce")
    };
    match std::env::var_os("LLD_REPRODUCE").filter(|_| !args.iter().any(given)) {
        None => Cow::Borrowed(args),
        Some(file) => {
            let wish = [OsString::from("--reproduce"), file];
            Cow::Owned(wish.into_iter().chain(args.iter().cloned()).collect())
        }
    }
}

/// Like [`link_command_line`], and returns why each section is in the image, if it has at most `most` sections. For
/// more it would take as long as the link.
pub fn link_with_reasons(flavor: Flavor, args: &[OsString], most: usize) -> Outcome {
    match flavor {
        Flavor::Gnu => crash::guarded(|| link_gnu(&with_reproduce(args), most)),
        Flavor::Wasm => link_command_line(flavor, args),
    }
}

/// `--error-limit`: drops errors above the limit and says how many. Warnings stay.
pub(crate) fn limit_errors(diagnostics: &mut Vec<Diagnostic>, limit: usize) {
    let is_error = |d: &Diagnostic| d.severity == Severity::Error;
    let count = diagnostics.iter().filter(|d| is_error(d)).count();
    if limit == 0 || count <= limit {
        return;
    }
    let mut seen = 0;
    diagnostics.retain(|d| {
        seen += usize::from(is_error(d));
        !is_error(d) || seen <= limit
    });
    diagnostics.push(
        Diagnostic::error(format!("{} more errors are not shown", count - limit))
            .help("`--error-limit=0` shows all"),
    );
}

fn link_gnu(args: &[OsString], keep_reasons: usize) -> Outcome {
    use options::Action;
    use options::gnu::{VERSION, parse};
    let parsed = parse(args);
    let mut outcome = Outcome {
        diagnostics: parsed.diagnostics,
        ..Outcome::default()
    };
    outcome.failed = outcome
        .diagnostics
        .iter()
        .any(|d| d.severity == Severity::Error);
    if outcome.failed {
        return outcome;
    }
    let mut options = parsed.options;
    options.reports.keep_reasons = keep_reasons;
    match parsed.action {
        Action::Version => outcome.stdout = format!("{VERSION}\n"),
        Action::Help(text) => outcome.stdout = text,
        Action::Link => {
            let linked = threads::run(options.threads, || elf::link(&options));
            outcome.diagnostics.extend(linked.diagnostics);
            outcome.stdout = linked.stdout;
            outcome.usage = linked.usage;
            outcome.reasons = linked.reasons;
            outcome.failed = !linked.written;
            outcome.read = linked.read;
            outcome.missed = linked.missed;
            let output = linked.output.unwrap_or(options.output);
            outcome.output = linked.written.then_some(output);
        }
    }
    limit_errors(&mut outcome.diagnostics, options.reports.error_limit);
    if options.reports.no_warnings {
        outcome
            .diagnostics
            .retain(|d| d.severity == Severity::Error);
    }
    outcome
}
