//! `linker = "xsys-cc"`: the linker under a compiler driver's name.

#[path = "../launcher.rs"]
mod launcher;

use std::process::ExitCode;

fn main() -> ExitCode {
    launcher::launch()
}
