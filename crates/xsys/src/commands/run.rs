//! `xsys run`: builds and runs a project, or a board's own hello program.

use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;
use xsys_sysroot::Cache;
use xsys_target::{Board, Target};

use crate::cli::RunArgs;
use crate::commands::Call;
use crate::driver::board_files;
use crate::driver::cargo;
use crate::driver::emit::Emit;
use crate::driver::launch::{Host, Launch, decide};
use crate::driver::plan::{Plan, Verb};
use crate::driver::run::Context;
use crate::error::{Failure, Result, file};

pub fn run(call: &Call, args: &RunArgs) -> Result<u8> {
    go(call, args).map_err(Failure::into_build)
}

fn go(call: &Call, args: &RunArgs) -> Result<u8> {
    let hello = match &args.build.what.board {
        Some(name) if args.hello || !in_a_project(call, args) => Some(hello_project(name, call)?),
        _ => None,
    };
    let mut call = call.clone();
    if let Some(folder) = &hello {
        call.folder.clone_from(folder);
    }
    let mut plan = Plan::make(
        &call.ui,
        Verb::Run,
        &args.build,
        call.toolchain.as_deref(),
        &call.folder,
    )?;
    if hello.is_some() && plan.flags.profile.is_none() {
        // What is shown of a board is what it would really run.
        plan.flags.flags.push("--release".into());
    }
    let launch = launch(&plan.target, &plan)?;
    let context = context(&call, &plan, launch, true, args.hello);
    cargo::build_and_run(&call.ui, &plan, Verb::Run, &context)
}

/// What the runner has to know.
pub fn context(call: &Call, plan: &Plan, launch: Launch, tell: bool, lenient: bool) -> Context {
    Context {
        launch,
        emits: plan.emits.iter().map(Emit::text).collect(),
        reports: plan.project.reports(),
        tell,
        lenient,
        color: call.ui.color.then(|| "always".to_owned()),
        json: call.ui.json,
        quiet: call.ui.quiet || plan.flags.quiet,
    }
}

/// How programs of the target are run; a runner of the user's makes the question moot.
pub fn launch(target: &Target, plan: &Plan) -> Result<Launch> {
    if plan.user.runner.is_some() {
        return Ok(Launch::Native);
    }
    Ok(decide(target, plan.run.as_ref(), Host::this())?)
}

fn in_a_project(call: &Call, args: &RunArgs) -> bool {
    let names_one = args
        .build
        .cargo
        .iter()
        .any(|arg| arg.to_string_lossy().starts_with("--manifest-path"));
    names_one
        || call
            .folder
            .ancestors()
            .any(|folder| folder.join("Cargo.toml").is_file())
}

/// The board's hello program as files: its own folder, or one in the cache for a bundled board.
fn hello_project(name: &str, call: &Call) -> Result<PathBuf> {
    let board = Board::load(name)?;
    if !board.dir.contains("hello/Cargo.toml") {
        return Err(
            Diagnostic::error(format!("the board `{name}` has no program of its own"))
                .help("a board's program is the project in its folder `hello`")
                .into(),
        );
    }
    let cache = Cache::from_env().map_err(|error| error.into_diagnostic())?;
    let folder = board_files::materialise(&board, &cache)?;
    let hello = call.folder.join(folder).join("hello");
    separate(&hello)?;
    Ok(hello)
}

/// Inside another workspace cargo would refuse a package that is not a member; a board's own
/// folder may well be inside one.
fn separate(hello: &Path) -> Result<()> {
    let manifest = hello.join("Cargo.toml");
    let text =
        std::fs::read_to_string(&manifest).map_err(|error| file("read", &manifest, &error))?;
    let own_workspace = text.lines().any(|line| line.trim() == "[workspace]");
    let inside = hello
        .ancestors()
        .skip(1)
        .any(|folder| folder.join("Cargo.toml").is_file());
    if inside && !own_workspace {
        return Err(Diagnostic::error(format!(
            "`{}` lies inside another cargo workspace",
            hello.display()
        ))
        .help("add an empty `[workspace]` table to its Cargo.toml")
        .into());
    }
    Ok(())
}
