//! `xsys __exec FILE ARGS…`: the runner that cargo starts for `xsys run` and `xsys test`.
//!
//! cargo decides which program is run and in which environment; this part makes the images the
//! program's loader needs, tells what was made, and becomes the program (or its emulator), so
//! that signals, input and exit codes are the program's own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};
use xsys_diag::Diagnostic;
use xsys_target::Stop;

use crate::driver::emit::{self, Emit, Output, Shared};
use crate::driver::gdb::Gdb;
use crate::driver::launch::{self, Launch};
use crate::driver::loader;
use crate::driver::messages::Messages;
use crate::driver::report;
use crate::driver::watch;
use crate::error::{Failure, Result};
use crate::files::absolute;
use crate::harness;
use crate::programs::{cannot_start, find, quote};
use crate::render;
use crate::ui::{self, Ui, When};
use crate::variables;
use crate::wasm_engine::{
    self,
    options::Options,
    shape::{self, Other},
};

/// The host that runs wasm programs in Node.
const NODE_HOST: &str = include_str!("node_host.js");

/// Exit code where the emulator is missing: a shell's for a command that does not exist.
pub const NOT_FOUND: u8 = 127;

/// What the runner is told by the command that started cargo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Context {
    pub launch: Launch,
    /// The debugger, where one is asked for.
    pub gdb: Option<Gdb>,
    /// What a program in the built-in engine is given.
    pub wasm: Options,
    pub emits: Vec<String>,
    pub shared: Shared,
    /// Where links leave their reports.
    pub reports: PathBuf,
    /// Where processes of this command tell each other which of the linker's messages were shown.
    pub messages_shown: Option<PathBuf>,
    /// Whether messages are JSON between cargo's.
    pub beside_cargos: bool,
    /// Who links, if not xsys.
    pub linker: Option<String>,
    /// Whether to tell what was made; tests are many and say nothing.
    pub tell: bool,
    /// Whether an image that cannot be run here is still a success.
    pub lenient: bool,
    pub color: Option<String>,
    pub json: bool,
    pub quiet: bool,
    /// For tests: the seconds that each may take.
    pub time_limit: Option<u64>,
}

/// How a program is to be started.
#[derive(Debug)]
pub enum Start {
    /// In the built-in engine.
    Here,
    Program {
        command: Box<Command>,
        /// What ends it, where it does not end by itself.
        stop: Option<Stop>,
        /// The folder of another system's libraries that it gets.
        libraries: Option<OsString>,
    },
    /// The emulator, which is not there, and the arguments that it would have got.
    Missing { program: String, words: Vec<String> },
}

pub fn main(args: Vec<OsString>) -> ExitCode {
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
    let outputs = emit::write_all(program, &emits, 0)?;
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
            if let (Some(folder), true) = (libraries, context.tell) {
                let text = format!("of {} (as QEMU_LD_PREFIX would say)", folder.display());
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

/// The command that a way to start programs comes to.
pub fn start(
    launch: &Launch,
    program: &Path,
    args: &[OsString],
    outputs: &[Output],
) -> Result<Start> {
    Ok(match launch {
        Launch::Wasm => Start::Here,
        Launch::Node => {
            let Some(node) = find("node") else {
                return Ok(Start::Missing {
                    program: "node".to_owned(),
                    words: Vec::new(),
                });
            };
            let mut command = Command::new(node);
            // Node calls its WASI experimental each time.
            command.args(["--no-warnings", "-e", NODE_HOST, "--"]);
            command.arg(absolute(program)).args(args);
            Start::Program {
                command: Box::new(command),
                stop: None,
                libraries: None,
            }
        }
        Launch::Native => {
            let mut command = Command::new(absolute(program));
            command.args(args);
            if is_doctest(program) {
                command.env(DOCTEST_PROGRAM, absolute(program));
            }
            Start::Program {
                command: Box::new(command),
                stop: None,
                libraries: None,
            }
        }
        Launch::Through {
            programs,
            args: emulator_args,
            takes_arguments,
            stop,
        } => {
            let words = fill(emulator_args, outputs);
            let Some(found) = programs.iter().find_map(|name| find(name)) else {
                return Ok(Start::Missing {
                    program: programs.first().cloned().unwrap_or_default(),
                    words,
                });
            };
            let loader = loader::arguments(&found, &words, program)?;
            let mut command = Command::new(found);
            command.args(&loader).args(words);
            if *takes_arguments || !args.is_empty() {
                // A machine has no arguments: they are the emulator's then.
                command.args(args);
            }
            Start::Program {
                command: Box::new(command),
                stop: stop.clone(),
                libraries: loader.get(1).cloned(),
            }
        }
    })
}

/// Runs the program in the built-in engine, or where it is for another one that is installed, in that; the
/// low byte of its code is ours, as with processes.
pub fn run_wasm(program: &Path, args: &[OsString], options: &Options) -> Result<u8> {
    let wasm =
        std::fs::read(program).map_err(|error| crate::error::file("read", program, &error))?;
    // They have folders and variables in ways of their own.
    let plain = options.folders.is_empty() && options.environment.is_empty();
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
        // Where it is not installed, the engine says what to do.
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

/// Whether a run argument refers to an image.
pub fn needed(emit: &Emit, launch: &Launch) -> bool {
    let Launch::Through { args, .. } = launch else {
        return false;
    };
    let mut names = vec![emit.format.name()];
    names.extend(emit.file.as_deref());
    names
        .iter()
        .any(|name| args.iter().any(|arg| arg.contains(&format!("{{{name}}}"))))
}

/// Puts paths in place of `{elf}`, `{bin}`, `{kernel8.img}`, …
fn fill(args: &[String], outputs: &[Output]) -> Vec<String> {
    args.iter()
        .map(|arg| {
            let mut arg = arg.clone();
            for output in outputs {
                for name in &output.names {
                    let path = absolute(&output.path).display().to_string();
                    arg = arg.replace(&format!("{{{name}}}"), &path);
                }
            }
            arg
        })
        .collect()
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
        // Node gets a host of ours on its command line, which is nothing to type.
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

/// Replaces this process where the system can do that, and waits where it cannot.
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

/// Where the tests of documentation that rustdoc has merged find their own program, to run each of
/// them in a process of its own. rustdoc sets it only where no runner stands in between.
const DOCTEST_PROGRAM: &str = "RUSTDOC_DOCTEST_BIN_PATH";

/// Whether rustdoc made the program: it works in folders of this name.
fn is_doctest(program: &Path) -> bool {
    let folder = program.parent().and_then(Path::file_name);
    folder.is_some_and(|name| name.to_string_lossy().starts_with("rustdoctest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_paths() {
        let output = |path: &str, names: &[&str]| Output {
            path: path.into(),
            format: String::new(),
            size: 0,
            names: names.iter().map(|&name| name.to_owned()).collect(),
        };
        let outputs = [
            output("/t/hello", &["elf"]),
            output("/t/kernel8.img", &["bin", "kernel8.img"]),
        ];
        let args = ["-kernel", "{kernel8.img}", "x={bin},y={elf}", "{other}"].map(str::to_owned);
        assert_eq!(
            fill(&args, &outputs),
            [
                "-kernel",
                "/t/kernel8.img",
                "x=/t/kernel8.img,y=/t/hello",
                "{other}"
            ]
        );
    }

    #[test]
    fn only_needed_images_are_made_for_tests() {
        let launch = Launch::Through {
            programs: vec![],
            args: vec!["{kernel8.img}".to_owned()],
            takes_arguments: false,
            stop: None,
        };
        for (text, expected) in [("bin=kernel8.img", true), ("bin", false), ("hex", false)] {
            assert_eq!(
                needed(&Emit::parse(text).unwrap(), &launch),
                expected,
                "{text}"
            );
        }
        assert!(!needed(&Emit::parse("bin").unwrap(), &Launch::Native));
    }
}
