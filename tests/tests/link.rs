//! Every folder of `tests/cases/link` is a test; `tests/cases/link/readme` explains the format.
//!
//! The program is a linker as well: cases that need a whole Rust program call rustc with this
//! program as its linker, so that no second binary has to be built first.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let first = std::env::args_os().nth(1);
    if first.is_some_and(|word| word == "-flavor") {
        return xsys_tests::link::program::act_as_linker();
    }
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/link");
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("link");
    xsys_tests::link::run_all(&cases, &scratch)
}
