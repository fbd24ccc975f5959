//! `linker = "xsys-ld"`: the same program under a name that means the linker.

use std::process::ExitCode;

fn main() -> ExitCode {
    xsys::main_with(std::env::args_os().collect())
}
