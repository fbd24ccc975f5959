//! `xsys test` for programs that cannot survive a failing test: bare metal, and wasm.
//!
//! Such a program contains xsys's own crate `test` (`xsys-sysroot`, `harness/`), which lists its tests or runs one of
//! them, depending on a word in the program's file ([`selection`]), and reports the outcome in lines of its own
//! ([`wire`]). Everything else that libtest does is done here: options ([`options`]), a machine with a time limit for
//! each test ([`machine`]), which results count as passed ([`verdict`]), and libtest's own output ([`report`]).
//!
//! [`advice`] reports projects whose tests cannot work this way, before anything is compiled.

pub(crate) mod advice;
mod attributes;
mod machine;
mod options;
mod report;
mod selection;
mod suite;
mod verdict;
mod wire;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use xsys_diag::Diagnostic;

use crate::children;
use crate::error::{BUILD_FAILED, Failure, Result, file};
use crate::launch::context::Context;
use crate::ui;
use machine::Machines;
use options::Options;
use report::Report;
use selection::{Copies, Selection};
use verdict::Test;

/// The default time limit of a test.
pub(crate) const TIME_LIMIT: u64 = 60;

/// Runs the tests in a program; none if the program has no such harness.
pub(crate) fn run(context: &Context, program: &Path, args: &[OsString]) -> Option<Result<u8>> {
    let limit = Duration::from_secs(context.time_limit?);
    let bytes = match std::fs::read(program) {
        Ok(bytes) => bytes,
        Err(error) => return Some(Err(file("read", program, &error).into())),
    };
    let selection = Selection::find(&bytes)?;
    let tested = test(context, program, args, (bytes, selection), limit);
    // libtest's exit code for every failure.
    Some(tested.map_err(Failure::into_build))
}

fn test(
    context: &Context,
    program: &Path,
    args: &[OsString],
    (bytes, selection): (Vec<u8>, Selection),
    limit: Duration,
) -> Result<u8> {
    let options = match Options::try_parse_from(args) {
        Ok(options) => options.checked()?,
        Err(problem) if !problem.use_stderr() => {
            ui::answer(problem.to_string().trim_end());
            return Ok(0);
        }
        Err(problem) => return Err(options::refused(&problem)),
    };
    if let Some(problem) = advice::for_javascript(&bytes, &package_directory()) {
        return Err(failed(problem));
    }
    children::watch();
    let copies = Copies::new(program, bytes, selection)?;
    let machines = Machines::new(context, &copies, limit);
    let all = machines.list()?;
    let total = all.len();
    let tests: Vec<Test> = options.chosen(all);
    let mut report = Report::new(&options, &tests, total - tests.len());
    if options.list {
        report.list();
        return Ok(0);
    }
    let passed = suite::run(&machines, &options, &tests, &mut report)?;
    Ok(if passed { 0 } else { BUILD_FAILED })
}

/// The directory of the tested package, which cargo passes to runners.
fn package_directory() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from)
}

/// A failure of the run itself.
fn failed(problem: Diagnostic) -> Failure {
    Failure {
        diagnostics: vec![problem],
        code: BUILD_FAILED,
    }
}
