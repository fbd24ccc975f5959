//! Links by others: what they were made of is written down, too ([`crate::linker::record`]).
//!
//! Problem: cargo does not know what a linker reads, and rust-lld, compilers and the user's own linkers
//! leave no record, so that an edited script would change nothing. So rustc is given a link to this
//! program that has the name of the real linker, from which rustc learns whose language is spoken
//! ([`crate::driver::linking::front`] makes it). Here the arguments are read ([`arguments`]), the record is left,
//! and this process becomes the linker: its arguments, output, exit code and signals are what they were.
//!
//! The record is older than the link. What is edited in between makes it wrong, and the program is linked
//! again; the record of a link that fails is of an output that is not there.

mod arguments;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use xsys_diag::Diagnostic;

use crate::error::{self, file};
use crate::linker::record::Record;
use crate::programs::{become_it, find};
use crate::render;
use crate::ui::Ui;
use crate::variables;
use arguments::Reading;

/// The folder of such links, below the target folder.
pub(crate) const FOLDER: &str = "xsys/linkers";

/// Links as the program behind a stand-in, whose path is the first argument.
pub(crate) fn main(args: &[OsString]) -> ExitCode {
    let own = args.first().map(PathBuf::from).unwrap_or_default();
    let program = match behind(&own) {
        Ok(program) => program,
        Err(problem) => return fail(problem),
    };
    let args = args.get(1..).unwrap_or_default();
    if let Some(folder) = std::env::var_os(variables::LINK_RECORD) {
        leave(&program, args, Path::new(&folder));
    }
    let mut command = Command::new(&program);
    command.args(args);
    fail(error::file("start", &program, &become_it(command)))
}

fn leave(program: &Path, args: &[OsString], folder: &Path) {
    let reading = Reading::of(args);
    // A compiler that is asked for its version makes nothing.
    let Some(output) = &reading.output else {
        return;
    };
    // A linker may be a script as well.
    let program = find(&program.to_string_lossy());
    let record = Record::of_other(&reading.read, &reading.missed, program.as_deref(), output);
    // Without a record the next build links again, which is no reason to fail this one.
    let _ = record.leave(folder);
}

fn fail(problem: Diagnostic) -> ExitCode {
    render::show(&Ui::new(None, false), &[problem]);
    ExitCode::FAILURE
}

/// Whether a program's path is one of these links.
pub(crate) fn is_one(path: &Path) -> bool {
    let folders = path.parent().and_then(Path::parent);
    folders.is_some_and(|folder| folder.ends_with(FOLDER))
}

/// The program that a link stands for.
pub(crate) fn behind(link: &Path) -> Result<PathBuf, Diagnostic> {
    let note = note(link.parent().unwrap_or(Path::new("")));
    let text = std::fs::read(&note).map_err(|error| file("read", &note, &error))?;
    Ok(of_bytes(text))
}

#[cfg(unix)]
fn of_bytes(bytes: Vec<u8>) -> PathBuf {
    std::ffi::OsString::from(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&bytes)).into()
}

#[cfg(not(unix))]
fn of_bytes(bytes: Vec<u8>) -> PathBuf {
    std::ffi::OsString::from(String::from_utf8_lossy(&bytes).into_owned()).into()
}

/// Where the name of the program is that a folder's link stands for.
pub(crate) fn note(folder: &Path) -> PathBuf {
    folder.with_extension("program")
}
