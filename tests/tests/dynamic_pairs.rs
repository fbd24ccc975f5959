//! Every folder of `tests/cases/dynamic-pairs` is a program in C or C++ with shared libraries; the readme there explains the
//! format.
//!
//! The program is a linker as well (`-flavor gnu …`), which the compilers call as `ld`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let first = std::env::args_os().nth(1);
    if first.is_some_and(|word| word == "-flavor") {
        return xsys_tests::link::program::act_as_linker();
    }
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/dynamic-pairs");
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dynamic-pairs");
    xsys_tests::dynamic_pairs::run_all(&cases, &scratch)
}
