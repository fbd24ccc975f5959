//! Every folder of `tests/cases/dynamic` is a program that uses shared libraries; `tests/src/dynamic` explains the format.
//!
//! The program is a linker as well: it stands as `ld` in a directory that the compilers search.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let first = std::env::args_os().nth(1);
    if first.is_some_and(|word| word == "-flavor") {
        return xsys_tests::link::program::act_as_linker();
    }
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dynamic");
    let linker = scratch.join("linker");
    if let Err(problem) = xsys_tests::dynamic::install_linker(&linker) {
        panic!("{problem}");
    }
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/dynamic");
    xsys_tests::dynamic::run_all(&cases, &scratch, &linker)
}
