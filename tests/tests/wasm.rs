//! Every folder of `tests/cases/wasm` is a test; `tests/cases/wasm/readme` explains the format.
//!
//! The program is a linker as well (`-flavor wasm …`), so that a case's link can be repeated by hand.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let first = std::env::args_os().nth(1);
    if first.is_some_and(|word| word == "-flavor") {
        return xsys_tests::link::program::act_as_linker();
    }
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/wasm");
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wasm");
    xsys_tests::wasm::run_all(&cases, &scratch)
}
