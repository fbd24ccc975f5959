//! Calls of cargo: the same flags, in an environment that makes rustc use our sysroot and linker.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use cargo_metadata::{CrateType, Message, TargetKind};
use serde_json::json;
use xsys_diag::Diagnostic;
use xsys_target::Kind;

use crate::driver::plan::{Plan, Verb};
use crate::driver::run::{self, Context};
use crate::error::{BUILD_FAILED, Result, file, reason};
use crate::linker;
use crate::ui::{self, Ui};

/// What a build gave.
#[derive(Debug)]
pub struct Built {
    pub code: u8,
    /// Programs, in the order in which cargo finished them.
    pub programs: Vec<PathBuf>,
    pub time: Duration,
}

/// Builds, and learns from cargo's messages which programs there are. A build that is not `alone`
/// does not say in JSON that all is finished.
pub fn build(ui: &Ui, plan: &Plan, alone: bool) -> Result<Built> {
    let mut command = command(ui, plan, Verb::Build)?;
    let pass_on = plan.flags.wants_json();
    if !pass_on {
        // People's messages still go to stderr, rendered by cargo.
        let format = match plan.flags.message_format.as_deref() {
            Some("short") => "json-diagnostic-short,json-render-diagnostics",
            _ => "json-render-diagnostics",
        };
        command.arg(format!("--message-format={format}"));
    }
    command.stdout(Stdio::piped());
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| not_started(plan, &error))?;
    let mut programs = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let Ok(line) = line else { break };
            let message = serde_json::from_str(&line);
            if pass_on && (alone || !matches!(message, Ok(Message::BuildFinished(_)))) {
                ui::answer(&line);
            }
            if let Ok(Message::CompilerArtifact(artifact)) = message {
                programs.extend(program(artifact));
            }
        }
    }
    let status = child
        .wait()
        .map_err(|error| file("wait for", &plan.toolchain.cargo, &error))?;
    Ok(Built {
        code: code(status),
        programs,
        time: start.elapsed(),
    })
}

/// The end of several builds, as cargo tells it of one.
pub fn tell_finished(plan: &Plan, success: bool) {
    if plan.flags.wants_json() {
        ui::answer(&json!({ "reason": "build-finished", "success": success }).to_string());
    }
}

/// Lets cargo build and run, with ourselves as its runner unless the user has one.
pub fn build_and_run(ui: &Ui, plan: &Plan, verb: Verb, context: &Context) -> Result<u8> {
    let mut command = command(ui, plan, verb)?;
    if plan.user.runner.is_none() {
        let text = serde_json::to_string(context)
            .map_err(|error| Diagnostic::error(format!("cannot prepare the run: {error}")))?;
        command.env(run::VARIABLE, text);
    }
    if !plan.flags.program.is_empty() {
        command.arg("--").args(&plan.flags.program);
    }
    let status = command
        .status()
        .map_err(|error| not_started(plan, &error))?;
    Ok(code(status))
}

fn command(ui: &Ui, plan: &Plan, verb: Verb) -> Result<Command> {
    let rustc = plan.toolchain.rustc.program();
    let mut command = Command::new(&plan.toolchain.cargo);
    command
        .current_dir(&plan.project.folder)
        .arg(verb.name())
        .args(flags(plan))
        .arg("--target")
        .arg(plan.cargo_target())
        // The compiler that the sysroot was made with, whatever PATH says.
        .env("RUSTC", rustc)
        .env("CARGO_ENCODED_RUSTFLAGS", &plan.rustflags)
        .env("CARGO_ENCODED_RUSTDOCFLAGS", &plan.rustdocflags)
        .env(linker::REPORT_VARIABLE, plan.project.reports());
    let rustdoc = rustc.with_file_name(format!("rustdoc{}", std::env::consts::EXE_SUFFIX));
    if rustdoc.is_file() {
        command.env("RUSTDOC", rustdoc);
    }
    if let Some(name) = &plan.toolchain.name {
        // Build scripts that call cargo or rustc get the same toolchain.
        command.env("RUSTUP_TOOLCHAIN", name);
    }
    if plan.target.kind == Kind::Json {
        command.arg("-Zjson-target-spec");
    }
    // Inline assembler is unstable on these, and no crate for them does without.
    if plan.target.kind == Kind::Json || matches!(plan.target.arch(), "avr" | "msp430") {
        command.env("RUSTC_BOOTSTRAP", "1");
    }
    // Our own decision holds for cargo, rustc and our linker alike: their stderr is ours, or is
    // captured and shown through it. A flag, not a variable: the program's environment is its own.
    let color = if ui.color { "always" } else { "never" };
    command
        .args(["--color", color])
        .env(linker::COLOR_VARIABLE, color);
    if ui.json {
        command.env(linker::FORMAT_VARIABLE, "json");
    }
    if verb != Verb::Build && plan.user.runner.is_none() {
        let own = std::env::current_exe()
            .map_err(|error| file("find", std::path::Path::new("xsys"), &error))?;
        // As a list: in an environment variable a path with a space would be two words.
        command.arg("--config").arg(format!(
            "target.{}.runner=[{}, \"__exec\"]",
            toml::Value::from(plan.target.name.as_str()),
            toml::Value::from(own.display().to_string()),
        ));
    }
    Ok(command)
}

/// The user's flags; a target given in the configuration is ours to give.
fn flags(plan: &Plan) -> Vec<OsString> {
    plan.flags.flags.clone()
}

/// The file that a build target's artifact is, if it is a program.
fn program(artifact: cargo_metadata::Artifact) -> Option<PathBuf> {
    if let Some(path) = artifact.executable {
        return Some(path.into_std_path_buf());
    }
    // On wasm a library for others to load is a program of its own.
    let library = artifact.target.crate_types.contains(&CrateType::CDyLib)
        && artifact.target.kind.contains(&TargetKind::CDyLib);
    library
        .then(|| {
            artifact
                .filenames
                .into_iter()
                .find(|path| path.extension() == Some("wasm"))
        })?
        .map(|path| path.into_std_path_buf())
}

fn not_started(plan: &Plan, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(format!(
        "cannot start `{}`: {}",
        plan.toolchain.cargo.display(),
        reason(error)
    ))
    .help("`xsys doctor` shows what is installed")
}

/// cargo's exit code; killed by a signal counts as a failed build.
fn code(status: ExitStatus) -> u8 {
    match status.code() {
        Some(code) => u8::try_from(code & 0xff).unwrap_or(BUILD_FAILED),
        None => BUILD_FAILED,
    }
}
