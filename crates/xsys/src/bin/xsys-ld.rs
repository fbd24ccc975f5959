//! `linker = "xsys-ld"`: the same program under a name that means the linker.

#[path = "../launcher.rs"]
mod launcher;

use std::process::ExitCode;

fn main() -> ExitCode {
    launcher::launch()
}
