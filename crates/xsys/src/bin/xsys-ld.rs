//! `linker = "xsys-ld"`: the same program under the linker's name.

#[path = "../launcher.rs"]
mod launcher;

use std::process::ExitCode;

fn main() -> ExitCode {
    launcher::launch()
}
