//! The wasm linker by itself: takes `wasm-ld`'s command line, as rustc passes it to `-C linker`.

use std::process::ExitCode;

use xsys_link::{Flavor, link_command_line};

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command"
)]
fn main() -> ExitCode {
    let mut arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "-flavor") {
        arguments.drain(..arguments.len().min(2));
    }
    let outcome = link_command_line(Flavor::Wasm, &arguments);
    print!("{}", outcome.stdout);
    for problem in &outcome.diagnostics {
        eprintln!("{problem}");
    }
    ExitCode::from(u8::from(outcome.failed))
}
