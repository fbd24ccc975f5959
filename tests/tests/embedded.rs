//! Whole embedded programs with the runtimes people use, as those are on crates.io.
//!
//! A folder below `cases/embedded` is a cargo project with a `case.toml`; the harness and the
//! meaning of that file are in [`xsys_tests::embedded`]. One by name:
//! `cargo test -p xsys-tests --test embedded -- cortex-m`.

use std::process::ExitCode;

fn main() -> ExitCode {
    xsys_tests::embedded::run_all()
}
