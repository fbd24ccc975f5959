//! The command `xsys`; all code is in the library, which the three programs share.

use std::process::ExitCode;

fn main() -> ExitCode {
    xsys::main_with(std::env::args_os().collect())
}
