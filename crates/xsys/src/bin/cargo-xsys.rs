//! `cargo xsys …`: cargo starts this program with `xsys` as its first argument.

#[path = "../launcher.rs"]
mod launcher;

use std::process::ExitCode;

fn main() -> ExitCode {
    launcher::launch()
}
