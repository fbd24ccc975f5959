//! Links by others: what they were made of is written down, too ([`crate::link_record`]).
//!
//! Problem: cargo does not know what a linker reads, and rust-lld, compilers and the user's own linkers
//! leave no record, so that an edited script would change nothing. So rustc is given a link to this
//! program that has the name of the real linker, from which rustc learns whose language is spoken
//! ([`crate::driver::linker_front`] makes it). Here the arguments are read ([`arguments`]), the record is left,
//! and this process becomes the linker: its arguments, output, exit code and signals are what they were.
//!
//! The record is older than the link. What is edited in between makes it wrong, and the program is linked
//! again; the record of a link that fails is of an output that is not there.

mod arguments;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::driver::linker_front;
use crate::error;
use crate::link_record::Record;
use crate::programs::{become_it, find};
use crate::render;
use crate::ui::Ui;
use crate::variables;
pub use arguments::Reading;

/// Links as the program behind a stand-in, whose path is the first argument.
pub fn main(args: &[OsString]) -> ExitCode {
    let own = args.first().map(PathBuf::from).unwrap_or_default();
    let program = match linker_front::behind(&own) {
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
    let record = Record::of_other(&reading, program.as_deref(), output);
    // Without a record the next build links again, which is no reason to fail this one.
    let _ = record.leave(folder);
}

fn fail(problem: xsys_diag::Diagnostic) -> ExitCode {
    render::show(&Ui::new(None, false), &[problem]);
    ExitCode::FAILURE
}
