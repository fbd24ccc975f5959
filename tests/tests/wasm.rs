//! Every folder of `tests/cases/wasm` is a test; `tests/cases/wasm/readme` explains the format.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/wasm");
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wasm");
    xsys_tests::wasm::run_all(&cases, &scratch)
}
