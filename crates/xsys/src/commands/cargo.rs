//! `xsys cargo`: any command of cargo's, with the same standard library, linker and target.

use std::ffi::OsString;
use std::process::Command;

use xsys_diag::Diagnostic;
use xsys_target::Kind;

use crate::cli::Call;
use crate::cli::{AgainstArgs, CargoArgs, CargoFlags, TargetsArgs};
use crate::commands::run::{context, engine_options, launch};
use crate::driver::any_cargo::{Class, Line, variable};
use crate::driver::build_std;
use crate::driver::cargo;
use crate::driver::plan::Plan;
use crate::driver::unstable;
use crate::driver::which::{self, Place};
use crate::error::{Failure, Result, file};
use crate::own_program;
use crate::project::verb::Verb;
use crate::render;

pub(super) fn run(call: &Call, args: CargoArgs) -> Result<u8> {
    let line = Line::read(&args.command);
    let mut against = args.against;
    // cargo's own wording.
    against.what.target.extend(line.targets.iter().cloned());
    let done = match line.class() {
        Class::PassedOn if line.installs() && !against.what.all().is_empty() => {
            match line.installs_from_sources() {
                true => compile(call, against, &line),
                false => Err(no_sources().into()),
            }
        }
        Class::PassedOn => pass_on(call, &args.command),
        Class::Asks => ask(call, &against.what, &line),
        Class::Compiles | Class::Extension => compile(call, against, &line),
    };
    done.map_err(Failure::into_build)
}

/// A standard library belongs to a project, with its toolchain and settings.
fn no_sources() -> Diagnostic {
    Diagnostic::error("`cargo install` of a package that is not here compiles for this machine only")
        .help("get the package's sources, and in their directory: `xsys build --release`, or `xsys cargo --target TRIPLE -- install --path .`")
        .help("or leave the target out: the program is then installed for this machine")
}

fn pass_on(call: &Call, words: &[OsString]) -> Result<u8> {
    let toolchain = xsys_sysroot::Toolchain::detect(&call.directory, call.toolchain.as_deref())
        .map_err(|error| error.into_diagnostic())?;
    let mut command = Command::new(&toolchain.cargo);
    command.args(words).current_dir(&call.directory);
    if let Some(name) = &toolchain.name {
        command.env("RUSTUP_TOOLCHAIN", name);
    }
    cargo::wait(command)
}

/// For commands that need the target, but compile nothing for it.
fn ask(call: &Call, what: &TargetsArgs, line: &Line) -> Result<u8> {
    let flags = CargoFlags::read(&line.rest);
    let place = Place::find(&call.directory, call.toolchain.as_deref(), &flags)?;
    let mut command = Command::new(&place.toolchain.cargo);
    command.current_dir(&call.directory).args(&line.front);
    command.args(&line.name);
    for target in place.targets(what)? {
        let specs = place.project.target_dir.join("xsys").join("specs");
        command
            .arg("--target")
            .arg(which::cargo_target(&target, &specs)?);
        if target.kind == Kind::Json {
            command
                .arg("-Zjson-target-spec")
                .env("RUSTC_BOOTSTRAP", "1");
        }
    }
    command
        .args(&line.rest)
        .env("RUSTC", place.toolchain.rustc.program());
    if let Some(name) = &place.toolchain.name {
        command.env("RUSTUP_TOOLCHAIN", name);
    }
    cargo::wait(command)
}

fn compile(call: &Call, against: AgainstArgs, line: &Line) -> Result<u8> {
    // The command's name and flags that the plan needs.
    let known = line.name.iter().chain(&line.front).chain(&line.rest);
    let build = against.into_build(known.cloned().collect());
    let toolchain = call.toolchain.as_deref();
    let mut code = 0;
    for plan in Plan::make(&call.ui, Verb::Other, &build, toolchain, &call.directory)? {
        code = code.max(for_target(call, line, &plan)?);
        if code != 0 && !plan.flags.keep_going {
            break;
        }
    }
    Ok(code)
}

fn for_target(call: &Call, line: &Line, plan: &Plan) -> Result<u8> {
    let mut command = Command::new(&plan.toolchain.cargo);
    command
        .current_dir(&plan.project.directory)
        .args(&line.front)
        .args(&line.name);
    match line.class() {
        Class::Compiles => by_flags(&mut command, call, plan)?,
        _ => by_environment(&mut command, call, plan)?,
    }
    cargo::environment(&mut command, &call.ui, plan)?;
    let by_driver = line.name.iter().any(|word| word == "clippy");
    unstable::allow(&mut command, plan, by_driver)?;
    // Programs that cannot be run here only matter if one is run.
    if let Ok(launch) = launch(&plan.target, plan) {
        let wasm = engine_options(&crate::cli::WasmArgs::default(), &launch)?;
        let context = context(call, plan, launch, wasm, false, false);
        cargo::hand_over(&mut command, plan, &context)?;
    }
    command.args(build_std::without(&line.rest));
    cargo::run(command, &call.ui, plan)
}

fn by_flags(command: &mut Command, call: &Call, plan: &Plan) -> Result<()> {
    command.arg("--target").arg(plan.cargo_target());
    if plan.target.kind == Kind::Json {
        command.arg("-Zjson-target-spec");
    }
    plan.switch_off_build_std(command)?;
    command.args(["--color", cargo::color(&call.ui)]);
    if plan.user.runner.is_none() {
        command.arg("--config").arg(cargo::runner(plan)?);
    }
    Ok(())
}

fn by_environment(command: &mut Command, call: &Call, plan: &Plan) -> Result<()> {
    command.env("CARGO_BUILD_TARGET", plan.cargo_target());
    if plan.target.kind == Kind::Json {
        command.env("CARGO_UNSTABLE_JSON_TARGET_SPEC", "true");
    }
    if plan.user.runner.is_some() {
        return Ok(());
    }
    let own =
        own_program::path().map_err(|error| file("find", std::path::Path::new("xsys"), &error))?;
    let own = own.display().to_string();
    if own.contains(char::is_whitespace) {
        // cargo splits the variable's value at spaces, and has no quotes.
        let problem = Diagnostic::warning(format!("`{own}` cannot be the runner of an extension"))
            .note("programs are started as if this machine were the target")
            .help("install xsys in a directory without spaces in its name");
        render::show(&call.ui, &[problem]);
        return Ok(());
    }
    command.env(
        variable(&plan.target.name, "RUNNER"),
        format!("{own} __exec"),
    );
    Ok(())
}
