//! Records the inputs of links by other linkers, too ([`crate::linker::record`]).
//!
//! Problem: cargo does not know what a linker reads, and rust-lld, compilers and the user's own linkers leave no
//! record, so that an edited script would change nothing. So rustc is given a link to this program with the name of the
//! real linker, from which rustc concludes the flavor ([`crate::driver::linking::front`] creates it). Here the
//! arguments are read ([`arguments`]), the record is written, and this process becomes the linker: its arguments,
//! output, exit code and signals are unchanged.
//!
//! The record is written before the link. If a file is edited in between, the record is wrong, and the program is
//! linked again; the record of a failed link is about a missing output.

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

/// The directory of such links, below the target directory.
pub(crate) const DIRECTORY: &str = "xsys/linkers";

/// Runs as a stand-in for another linker, whose path is the first argument.
pub(crate) fn main(args: &[OsString]) -> ExitCode {
    let own = args.first().map(PathBuf::from).unwrap_or_default();
    let program = match behind(&own) {
        Ok(program) => program,
        Err(problem) => return fail(problem),
    };
    let args = args.get(1..).unwrap_or_default();
    if let Some(directory) = std::env::var_os(variables::LINK_RECORD) {
        leave(&program, args, Path::new(&directory));
    }
    let mut command = Command::new(&program);
    command.args(args);
    fail(error::file("start", &program, &become_it(command)))
}

fn leave(program: &Path, args: &[OsString], directory: &Path) {
    let reading = Reading::of(args);
    // A compiler that is asked for its version links nothing.
    let Some(output) = &reading.output else {
        return;
    };
    // A linker may be a script as well.
    let program = find(&program.to_string_lossy());
    let record = Record::of_other(&reading.read, &reading.missed, program.as_deref(), output);
    // Without a record the next build links again, which is no reason to fail this link.
    let _ = record.leave(directory);
}

fn fail(problem: Diagnostic) -> ExitCode {
    render::show(&Ui::new(None, false), &[problem]);
    ExitCode::FAILURE
}

/// Whether a program's path is one of these links.
pub(crate) fn is_one(path: &Path) -> bool {
    let directories = path.parent().and_then(Path::parent);
    directories.is_some_and(|directory| directory.ends_with(DIRECTORY))
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

/// The path of the linker's name for the link in a directory.
pub(crate) fn note(directory: &Path) -> PathBuf {
    directory.with_extension("program")
}
