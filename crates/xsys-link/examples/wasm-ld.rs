//! The wasm linker by itself: takes `wasm-ld`'s command line, as rustc passes it to `-C linker`.

use std::fs;
use std::process::ExitCode;

use xsys_diag::Diagnostic;
use xsys_link::wasm::{WasmInput, WasmOptions, link};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            show(&problems);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "this is a command")]
fn show(problems: &[Diagnostic]) {
    for problem in problems {
        eprintln!("{problem}");
    }
}

#[expect(clippy::print_stdout, reason = "this is a command")]
fn run() -> Result<(), Vec<Diagnostic>> {
    let mut arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "-flavor") {
        arguments.drain(..arguments.len().min(2));
    }
    let options = WasmOptions::parse(&arguments)?;
    let found = options.find_inputs()?;
    let mut contents = Vec::new();
    for (path, _) in &found {
        contents.push(fs::read(path).map_err(|error| {
            let path = path.display();
            vec![Diagnostic::error(format!(
                "`{path}` cannot be read: {error}"
            ))]
        })?);
    }
    let inputs = found
        .iter()
        .zip(&contents)
        .map(|((path, input), bytes)| WasmInput {
            path: path.clone(),
            bytes,
            whole_archive: input.whole_archive,
            lazy: input.lazy,
        });
    let linked = link(&options, inputs.collect())?;
    show(&linked.warnings);
    print!("{}", linked.stdout);
    fs::write(&options.output, &linked.bytes).map_err(|error| {
        let path = options.output.display();
        vec![Diagnostic::error(format!(
            "`{path}` cannot be written: {error}"
        ))]
    })
}
