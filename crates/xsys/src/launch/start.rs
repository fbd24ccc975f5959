//! The command that starts a program: which program, with which arguments.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use xsys_target::Stop;

use super::{Launch, loader};
use crate::error::Result;
use crate::files::absolute;
use crate::images::Output;
use crate::images::emit::Emit;
use crate::programs::find;

/// The host that runs wasm programs in Node.
const NODE_HOST: &str = include_str!("node_host.js");

/// The exit code if the emulator is missing: a shell's for an unknown command.
pub(crate) const NOT_FOUND: u8 = 127;

/// How a program is to be started.
#[derive(Debug)]
pub(crate) enum Start {
    /// In the built-in engine.
    Here,
    Program {
        command: Box<Command>,
        /// What ends it, if it does not end by itself.
        stop: Option<Stop>,
        /// The directory with another system's libraries for it.
        libraries: Option<OsString>,
    },
    /// The missing emulator, and its arguments.
    Missing { program: String, words: Vec<String> },
}

/// The command for a way to start programs.
pub(crate) fn start(
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
            // Node warns about its experimental WASI each time.
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
                // Programs on a machine have no arguments, so they are the emulator's.
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

/// Whether a run argument refers to an image.
pub(crate) fn needed(emit: &Emit, launch: &Launch) -> bool {
    let Launch::Through { args, .. } = launch else {
        return false;
    };
    let mut names = vec![emit.format.name()];
    names.extend(emit.file.as_deref());
    names
        .iter()
        .any(|name| args.iter().any(|arg| arg.contains(&format!("{{{name}}}"))))
}

/// Replaces `{elf}`, `{bin}`, `{kernel8.img}`, … by paths.
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

/// Where tests in documentation that rustdoc has merged find their own program, to run each of them
/// in a process of its own. rustdoc sets it only if there is no runner.
const DOCTEST_PROGRAM: &str = "RUSTDOC_DOCTEST_BIN_PATH";

/// Whether rustdoc made the program: it works in directories of this name.
fn is_doctest(program: &Path) -> bool {
    let directory = program.parent().and_then(Path::file_name);
    directory.is_some_and(|name| name.to_string_lossy().starts_with("rustdoctest"))
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
