//! `cargo xsys …`: cargo starts this program with `xsys` as its first argument.

use std::process::ExitCode;

fn main() -> ExitCode {
    xsys::main_with(std::env::args_os().collect())
}
