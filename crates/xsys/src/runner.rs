//! `xsys __exec FILE ARGS…`: the runner that cargo starts for `xsys run` and `xsys test`.
//!
//! cargo decides which program is run and in which environment. The runner makes the images that the program's loader
//! needs, reports what was made, and becomes the program (or its emulator), so that signals, input and exit codes are
//! the program's own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use xsys_diag::Diagnostic;

use crate::driver::report;
use crate::error::{Failure, Result};
use crate::files::absolute;
use crate::harness;
use crate::images::emit::Emit;
use crate::images::{self, Output};
use crate::launch::context::Context;
use crate::launch::start::{NOT_FOUND, Start, needed, start};
use crate::launch::watch;
use crate::launch::{self, Launch};
use crate::linker::messages::Messages;
use crate::programs::{cannot_start, quote};
use crate::render;
use crate::ui::{self, Ui, When};
use crate::variables;
use crate::wasm_engine::{
    self,
    options::Options,
    shape::{self, Other},
};

pub(crate) fn main(args: Vec<OsString>) -> ExitCode {
    let context = std::env::var(variables::RUN)
        .ok()
        .and_then(|text| serde_json::from_str::<Context>(&text).ok());
    let mut ui = Ui::new(None, false);
    let Some(context) = context else {
        let problem = Diagnostic::error("`xsys __exec` is for `xsys run` and `xsys test` alone")
            .help("use `xsys run`");
        render::show(&ui, &[problem]);
        return ExitCode::from(2);
    };
    let color = match context.color.as_deref() {
        Some("always") => Some(When::Always),
        Some("never") => Some(When::Never),
        _ => None,
    };
    ui = Ui::new(color, context.json);
    ui.quiet = context.quiet;
    let Some((program, args)) = args.split_first() else {
        render::show(&ui, &[Diagnostic::error("no program to run")]);
        return ExitCode::from(2);
    };
    match execute(&ui, &context, Path::new(program), args) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => ExitCode::from(render::fail(&ui, &failure)),
    }
}

fn execute(ui: &Ui, context: &Context, program: &Path, args: &[OsString]) -> Result<u8> {
    if let Some(done) = harness::run(context, program, args) {
        return done;
    }
    let mut emits = Emit::parse_all(context.emits.iter().map(String::as_str))?;
    for emit in &mut emits {
        emit.shared = context.shared;
    }
    if !context.tell {
        emits.retain(|emit| needed(emit, &context.launch));
    }
    let outputs = images::write_all(program, &emits, 0)?;
    Messages::new(ui, context.beside_cargos, context.messages_shown.as_deref())
        .of_program(&context.reports, program);
    if context.tell {
        let times = report::Times {
            linker: context.linker.clone(),
            ..report::Times::default()
        };
        report::tell(ui, &outputs, &context.reports, &times);
    }
    match start(&context.launch, program, args, &outputs)? {
        Start::Here => run_wasm(program, args, &context.wasm),
        Start::Program {
            command,
            stop,
            libraries,
        } => {
            if let (Some(directory), true) = (libraries, context.tell) {
                let text = format!("of {} (as QEMU_LD_PREFIX would say)", directory.display());
                ui.status("Libraries", &text);
            }
            match (&context.gdb, stop) {
                (Some(gdb), _) => gdb.run(ui, &context.launch, program, *command),
                (None, Some(stop)) => watch::until(*command, &stop),
                (None, None) => become_program(*command),
            }
        }
        Start::Missing { program, words } => missing(ui, context, &program, &words, &outputs),
    }
}

/// Runs the program in the built-in engine, or, if it needs another engine that is installed, in that one. As with
/// processes, the low byte of its code becomes ours.
pub(crate) fn run_wasm(program: &Path, args: &[OsString], options: &Options) -> Result<u8> {
    let wasm =
        std::fs::read(program).map_err(|error| crate::error::file("read", program, &error))?;
    // Other engines have their own options for directories and variables.
    let plain = options.directories.is_empty() && options.environment.is_empty();
    let other = shape::other(&wasm).filter(|_| plain);
    let launch = other.map(|other| match other {
        Other::Components => launch::components(),
        Other::Node => Launch::Node,
    });
    if let Some(launch) = launch {
        let itself = Output {
            path: program.to_owned(),
            format: "wasm".to_owned(),
            size: wasm.len() as u64,
            names: vec!["elf".to_owned()],
        };
        // If none is installed, the built-in engine says what to do.
        if let Start::Program { command, .. } = start(&launch, program, args, &[itself])? {
            return become_program(*command);
        }
    }
    let args: Vec<String> = args
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let code = wasm_engine::run(&wasm, program, &args, options)?;
    Ok((code & 0xff) as u8)
}

fn missing(
    ui: &Ui,
    context: &Context,
    program: &str,
    words: &[String],
    outputs: &[Output],
) -> Result<u8> {
    let by_hand = std::iter::once(program)
        .chain(words.iter().map(String::as_str))
        .map(quote)
        .collect::<Vec<_>>()
        .join(" ");
    let message = format!("`{program}` is not installed, so the program was not run");
    let mut diagnostic = if context.lenient {
        Diagnostic::warning(message)
    } else {
        Diagnostic::error(message)
    };
    diagnostic = diagnostic.help(format!("install it: {}", launch::how_to_install(program)));
    if !context.lenient {
        if let Some(image) = outputs.last() {
            diagnostic = diagnostic.note(format!(
                "the finished image: {}",
                absolute(&image.path).display()
            ));
        }
        // Node is given our host on its command line, which is too long to be typed.
        if !words.is_empty() {
            diagnostic = diagnostic.help(format!("then run it: {by_hand}"));
        }
        return Err(Failure {
            diagnostics: vec![diagnostic],
            code: NOT_FOUND,
        });
    }
    render::show(ui, &[diagnostic]);
    if let Some(image) = outputs.last() {
        ui::answer(&format!(
            "the finished image: {}",
            absolute(&image.path).display()
        ));
    }
    ui::answer(&format!("run it with: {by_hand}"));
    Ok(0)
}

/// Replaces this process where the system can do that, and waits elsewhere.
fn become_program(mut command: Command) -> Result<u8> {
    variables::hide(&mut command);
    let program = PathBuf::from(command.get_program());
    #[cfg(unix)]
    let error = {
        use std::os::unix::process::CommandExt;
        command.exec()
    };
    #[cfg(not(unix))]
    let error = match command.status() {
        Ok(status) => return Ok(u8::try_from(status.code().unwrap_or(1) & 0xff).unwrap_or(1)),
        Err(error) => error,
    };
    Err(cannot_start(&program, &error))
}
