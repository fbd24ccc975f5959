//! Calls of cargo with the user's flags, in an environment that makes rustc use our sysroot and
//! linker.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use cargo_metadata::{CrateType, Message, TargetKind};
use serde_json::json;
use xsys_diag::Diagnostic;
use xsys_target::Kind;

use crate::children;
use crate::driver::artifacts;
use crate::driver::host_linker;
use crate::driver::link_inputs;
use crate::driver::plan::Plan;
use crate::driver::unstable;
use crate::error::{BUILD_FAILED, Result, file, reason};
use crate::launch::context::Context;
use crate::linker::messages::{self, Messages};
use crate::own_program;
use crate::project::verb::Verb;
use crate::ui::{self, Ui};
use crate::variables;

/// The outputs of a build.
#[derive(Debug)]
pub(crate) struct Built {
    pub code: u8,
    /// Programs, in the order in which cargo finished them.
    pub programs: Vec<PathBuf>,
    /// The directories of the packages that they belong to.
    pub packages: BTreeMap<PathBuf, PathBuf>,
    /// Libraries for other languages.
    pub libraries: Vec<PathBuf>,
    pub time: Duration,
}

/// Builds, and reads from cargo's messages which programs there are. A build that is not `alone`
/// does not print JSON's `build-finished`.
pub(crate) fn build(ui: &Ui, plan: &Plan, alone: bool) -> Result<Built> {
    let mut command = command(ui, plan, Verb::Build)?;
    let pass_on = plan.flags.wants_json();
    if !pass_on {
        // Messages for people still go to stderr, rendered by cargo.
        let format = match plan.flags.message_format.as_deref() {
            Some("short") => "json-diagnostic-short,json-render-diagnostics",
            _ => "json-render-diagnostics",
        };
        command.arg(format!("--message-format={format}"));
    }
    // A build has no program to pass arguments to, which cargo reports.
    if !plan.flags.program.is_empty() {
        command.arg("--").args(&plan.flags.program);
    }
    command.stdout(Stdio::piped());
    let (start, since) = (Instant::now(), SystemTime::now());
    let mut child = children::spawn(&mut command)
        .map_err(|error| not_started(command.get_program(), &error))?;
    let (mut programs, mut libraries) = (Vec::new(), Vec::new());
    let mut packages = BTreeMap::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let Ok(line) = line else { break };
            let message = serde_json::from_str(&line);
            if pass_on && (alone || !matches!(message, Ok(Message::BuildFinished(_)))) {
                ui::answer(&line);
            }
            if let Ok(Message::CompilerArtifact(artifact)) = message {
                libraries.extend(foreign_libraries(&artifact));
                let directory = artifact
                    .manifest_path
                    .parent()
                    .map(|directory| directory.to_owned());
                if let Some(program) = program(artifact) {
                    let directory = directory.unwrap_or_default().into_std_path_buf();
                    packages.insert(program.clone(), directory);
                    programs.push(program);
                }
            }
        }
    }
    let status = children::wait(&mut child)
        .map_err(|error| file("wait for", &plan.toolchain.cargo, &error))?;
    // cargo reports them as they are finished, in an order that varies.
    programs.sort();
    libraries.sort();
    let mut messages = Messages::new(ui, pass_on, None);
    let (records, reports) = (plan.project.link_records(), plan.project.reports());
    for program in &programs {
        messages.of_program(&reports, program);
    }
    // Files of other units are not outputs: images of the command's target are not made from them.
    programs.retain(|program| !artifacts::is_artifact(program));
    messages.of_links_since(&records, &reports, since);
    Ok(Built {
        code: code(status),
        programs,
        packages,
        libraries,
        time: start.elapsed(),
    })
}

/// The units of the build, as cargo's own JSON. None if cargo does not answer.
pub(crate) fn unit_graph(ui: &Ui, plan: &Plan) -> Result<Option<String>> {
    let mut command = command(
        &Ui {
            color: false,
            ..*ui
        },
        plan,
        Verb::Build,
    )?;
    // Nothing is compiled, so no crate sees the variable.
    command
        .args(["--unit-graph", "-Zunstable-options"])
        .env("RUSTC_BOOTSTRAP", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let child = children::spawn(&mut command);
    let mut child = child.map_err(|error| not_started(command.get_program(), &error))?;
    let mut text = String::new();
    let read = child
        .stdout
        .take()
        .map(|mut stdout| stdout.read_to_string(&mut text));
    let status = children::wait(&mut child)
        .map_err(|error| file("wait for", &plan.toolchain.cargo, &error))?;
    Ok((status.success() && matches!(read, Some(Ok(_)))).then_some(text))
}

/// The end of several builds, in the form in which cargo reports one.
pub(crate) fn tell_finished(plan: &Plan, success: bool) {
    if plan.flags.wants_json() {
        ui::answer(&json!({ "reason": "build-finished", "success": success }).to_string());
    }
}

/// Makes cargo build and run, with ourselves as its runner unless the user has one.
pub(crate) fn build_and_run(ui: &Ui, plan: &Plan, verb: Verb, context: &Context) -> Result<u8> {
    let mut command = command(ui, plan, verb)?;
    hand_over(&mut command, plan, context)?;
    if verb == Verb::Run {
        children::forward_signals();
    }
    finish(command, ui, plan)
}

/// Makes cargo do something that starts no program and whose outputs are not needed.
pub(crate) fn check(ui: &Ui, plan: &Plan, verb: Verb) -> Result<u8> {
    finish(command(ui, plan, verb)?, ui, plan)
}

/// Passes our runner what it needs.
pub(crate) fn hand_over(command: &mut Command, plan: &Plan, context: &Context) -> Result<()> {
    if plan.user.runner.is_none() {
        let mut context = context.clone();
        context.messages_shown = Some(messages::shared_file(&plan.project.reports()));
        let text = serde_json::to_string(&context)
            .map_err(|error| Diagnostic::error(format!("cannot prepare the run: {error}")))?;
        command.env(variables::RUN, text);
    }
    Ok(())
}

/// Adds the program's own arguments and waits for cargo.
pub(crate) fn finish(mut command: Command, ui: &Ui, plan: &Plan) -> Result<u8> {
    if !plan.flags.program.is_empty() {
        command.arg("--").args(&plan.flags.program);
    }
    run(command, ui, plan)
}

/// Waits for cargo, and shows the linker's messages meanwhile.
pub(crate) fn run(command: Command, ui: &Ui, plan: &Plan) -> Result<u8> {
    let since = SystemTime::now();
    let code = wait(command)?;
    let (records, reports) = (plan.project.link_records(), plan.project.reports());
    let shared = messages::shared_file(&reports);
    // For programs that were not run, or that the user's own runner has run.
    Messages::new(ui, plan.flags.wants_json(), Some(&shared))
        .of_links_since(&records, &reports, since);
    // There is none where nothing was shown.
    let _ = std::fs::remove_file(shared);
    Ok(code)
}

/// Waits for cargo.
pub(crate) fn wait(mut command: Command) -> Result<u8> {
    let status = children::status(&mut command)
        .map_err(|error| not_started(command.get_program(), &error))?;
    Ok(code(status))
}

fn command(ui: &Ui, plan: &Plan, verb: Verb) -> Result<Command> {
    let mut command = Command::new(&plan.toolchain.cargo);
    command
        .current_dir(&plan.project.directory)
        .arg(verb.name())
        .args(flags(plan))
        .arg("--target")
        .arg(plan.cargo_target());
    if plan.target.kind == Kind::Json {
        command.arg("-Zjson-target-spec");
    }
    environment(&mut command, ui, plan)?;
    unstable::allow(&mut command, plan, verb == Verb::Clippy)?;
    plan.switch_off_build_std(&mut command)?;
    command.args(["--color", color(ui)]);
    if verb.starts_programs() && plan.user.runner.is_none() {
        command.arg("--config").arg(runner(plan)?);
    }
    Ok(command)
}

/// Our own choice of colour applies to cargo, rustc and our linker: their stderr is ours, or is
/// captured and shown through it. It is a flag and not a variable, because the program inherits the
/// environment.
pub(crate) fn color(ui: &Ui) -> &'static str {
    if ui.color { "always" } else { "never" }
}

/// What makes cargo and rustc use our sysroot and our linker.
pub(crate) fn environment(command: &mut Command, ui: &Ui, plan: &Plan) -> Result<()> {
    link_inputs::prepare(plan)?;
    host_linker::put(command, ui, plan)?;
    let rustc = plan.toolchain.rustc.program();
    command
        // The compiler of the sysroot, whatever is in PATH.
        .env("RUSTC", rustc)
        .env("CARGO_ENCODED_RUSTFLAGS", &plan.rustflags)
        .env("CARGO_ENCODED_RUSTDOCFLAGS", &plan.rustdocflags)
        .env(variables::LINK_REPORT, plan.project.reports())
        .env(variables::LINK_RECORD, plan.project.link_records())
        .envs(plan.c_code.iter().map(|(name, value)| (name, value)));
    let rustdoc = rustc.with_file_name(format!("rustdoc{}", std::env::consts::EXE_SUFFIX));
    if rustdoc.is_file() {
        command.env("RUSTDOC", rustdoc);
    }
    if let Some(name) = &plan.toolchain.name {
        // Build scripts that call cargo or rustc get the same toolchain.
        command.env("RUSTUP_TOOLCHAIN", name);
    }
    if !plan.is_for_host() {
        command.env(variables::TARGET, &plan.target.name);
    }
    command.env(variables::COLOR, color(ui));
    if ui.json {
        command.env(variables::ERROR_FORMAT, "json");
    }
    Ok(())
}

/// Ourselves as cargo's runner, as a setting.
pub(crate) fn runner(plan: &Plan) -> Result<String> {
    let own =
        own_program::path().map_err(|error| file("find", std::path::Path::new("xsys"), &error))?;
    // As a list: in an environment variable a path with a space would be two words. cargo reads
    // `thumbv8m.main-none-eabi` as a table within a table; quoted it is one key.
    let bare = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let name = match plan.target.name.as_str() {
        name if name.chars().all(bare) => name.to_owned(),
        name => toml::Value::from(name).to_string(),
    };
    Ok(format!(
        "target.{}.runner=[{}, \"__exec\"]",
        name,
        toml::Value::from(own.display().to_string()),
    ))
}

/// The user's flags; a target from the configuration has to be passed by us.
fn flags(plan: &Plan) -> Vec<OsString> {
    plan.flags.flags.clone()
}

/// The file of a build target's artifact, if it is a program.
fn program(artifact: cargo_metadata::Artifact) -> Option<PathBuf> {
    if let Some(path) = artifact.executable {
        return Some(path.into_std_path_buf());
    }
    // On wasm a dynamic library is a program of its own.
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

/// Libraries of the project's packages for other languages' linkers and loaders. Those of
/// dependencies stay in `deps`.
fn foreign_libraries(artifact: &cargo_metadata::Artifact) -> Vec<PathBuf> {
    let kinds = [CrateType::StaticLib, CrateType::CDyLib, CrateType::DyLib];
    if !kinds
        .iter()
        .any(|kind| artifact.target.crate_types.contains(kind))
    {
        return Vec::new();
    }
    let files = artifact.filenames.iter().filter(|path| {
        let ending = path.extension().unwrap_or_default();
        let in_deps = path
            .parent()
            .is_some_and(|directory| directory.ends_with("deps"));
        let inside = in_deps || artifacts::is_artifact(path.as_std_path());
        ["a", "lib", "so", "dll", "dylib"].contains(&ending) && !inside
    });
    files.map(|path| path.clone().into_std_path_buf()).collect()
}

fn not_started(cargo: &OsStr, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(format!(
        "cannot start `{}`: {}",
        cargo.display(),
        reason(error)
    ))
    .help("`xsys doctor` shows what is installed")
}

/// cargo's exit code, or that of the program that it became; if a signal killed it, a shell's code for that.
fn code(status: ExitStatus) -> u8 {
    match status.code() {
        Some(code) => u8::try_from(code & 0xff).unwrap_or(BUILD_FAILED),
        None => children::code_of_signal(status).unwrap_or(BUILD_FAILED),
    }
}
