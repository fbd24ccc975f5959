//! `xsys run`: builds and runs a project, or a board's own hello program.

use std::ffi::OsString;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;
use xsys_sysroot::Cache;
use xsys_target::{Board, Target};

use crate::appliance::{self, Appliance, Image};
use crate::children;
use crate::cli::{CargoFlags, RunArgs, WasmArgs};
use crate::commands::{Call, fleet};
use crate::driver::cargo;
use crate::driver::linking::board_files;
use crate::driver::plan::Plan;
use crate::error::{Failure, Result, file};
use crate::harness::TIME_LIMIT;
use crate::images::emit::Emit;
use crate::launch::context::Context;
use crate::launch::gdb::{Debugged, Gdb};
use crate::launch::{Host, Launch, decide};
use crate::project::verb::Verb;
use crate::runner::run_wasm;
use crate::wasm_engine::options::{self, Options};

pub(super) fn run(call: &Call, args: &RunArgs) -> Result<u8> {
    if let Some((program, rest)) = finished(&args.build.cargo) {
        let options = engine_options(&args.wasm, &Launch::Wasm)?;
        return run_wasm(program, rest, &options);
    }
    if let Some(device) = &args.device {
        return fleet::boot(call, device, &args.build).map_err(Failure::into_build);
    }
    go(call, args).map_err(Failure::into_build)
}

/// A wasm file instead of cargo's flags: it is run as it is. (cargo has no such argument.) The rest is for the program,
/// after `--` if it begins with a dash.
fn finished(cargo: &[OsString]) -> Option<(&Path, &[OsString])> {
    let (program, rest) = cargo.split_first()?;
    let program = Path::new(program);
    let is_wasm = program.extension().is_some_and(|ending| ending == "wasm");
    let rest = match rest {
        [] => rest,
        [dashes, rest @ ..] if dashes == "--" => rest,
        [first, ..] if !first.to_string_lossy().starts_with('-') => rest,
        _ => return None,
    };
    is_wasm.then_some((program, rest))
}

/// The flags for wasm programs; they are a mistake for other programs.
pub(super) fn engine_options(args: &WasmArgs, launch: &Launch) -> Result<Options> {
    let given = match (args.dir.is_empty(), args.env.is_empty(), args.no_backtrace) {
        (false, ..) => Some("--dir"),
        (_, false, _) => Some("--env"),
        (.., true) => Some("--no-backtrace"),
        _ => None,
    };
    if let (Some(flag), false) = (given, *launch == Launch::Wasm) {
        return Err(Diagnostic::error(format!(
            "`{flag}` is for programs in the built-in wasm engine, and this one is run otherwise"
        ))
        .help("other programs have the files and the environment of their emulator or system")
        .into());
    }
    let directories = args.dir.iter().map(|text| options::directory(text));
    let environment = args.env.iter().map(|text| options::variable(text));
    Ok(Options {
        directories: directories.collect::<std::result::Result<_, _>>()?,
        environment: environment.collect::<std::result::Result<_, _>>()?,
        backtrace: !args.no_backtrace,
    })
}

fn go(call: &Call, args: &RunArgs) -> Result<u8> {
    let hello = match &args.build.what.board {
        Some(name) if args.hello || !in_a_project(call, args) => Some(hello_project(name, call)?),
        _ => None,
    };
    let gdb = args.gdb.as_deref();
    let gdb = gdb.map(|named| Gdb::script(named, &call.directory));
    let gdb = gdb.transpose()?;
    let mut call = call.clone();
    if let Some(directory) = &hello {
        call.directory.clone_from(directory);
    }
    let mut build = args.build.clone();
    if hello.is_some() && CargoFlags::read(&build.cargo).profile.is_none() {
        // A board is shown with the command that would really run.
        build.cargo.insert(0, "--release".into());
    }
    let mut plans = appliance::plans(&call, Verb::Run, &build)?;
    // There is just one: a command runs one program.
    let Some((plan, appliances)) = plans.pop() else {
        return Ok(0);
    };
    if let Some(appliance) = appliances.last() {
        return run_appliance(&call, &plan, appliance);
    }
    let launch = launch(&plan.target, &plan)?;
    let wasm = engine_options(&args.wasm, &launch)?;
    let debugged = Debugged {
        target: &plan.target,
        toolchain: &plan.toolchain,
        project: &plan.project,
        has_runner: plan.user.runner.is_some(),
    };
    let gdb = gdb.map(|script| Gdb::new(script, &launch, &debugged));
    let mut context = context(&call, &plan, launch, wasm, true, args.hello);
    context.gdb = gdb.transpose()?;
    if context.gdb.is_some() {
        children::outlive_interrupts();
    }
    cargo::build_and_run(&call.ui, &plan, Verb::Run, &context)
}

/// Builds an appliance and boots its card in QEMU.
fn run_appliance(call: &Call, plan: &Plan, appliance: &Appliance) -> Result<u8> {
    let image = make_appliance(call, plan, appliance)?;
    appliance.boot(call.ui, &image)
}

/// Builds an appliance's programs and makes its card.
pub(super) fn make_appliance(call: &Call, plan: &Plan, appliance: &Appliance) -> Result<Image> {
    let built = cargo::build(&call.ui, plan, true)?;
    if built.code != 0 {
        return Err(Failure::silent(built.code));
    }
    match appliance.make(call, plan, &built.programs)? {
        Some(image) => {
            appliance::tell(call.ui, &image);
            Ok(image)
        }
        None => Err(Diagnostic::error("the appliance has no program").into()),
    }
}

/// What the runner needs.
pub(super) fn context(
    call: &Call,
    plan: &Plan,
    launch: Launch,
    wasm: Options,
    tell: bool,
    lenient: bool,
) -> Context {
    let settings = &plan.project.settings;
    Context {
        launch,
        gdb: None,
        wasm,
        emits: plan.emits.iter().map(Emit::text).collect(),
        shared: plan.project.shared(),
        reports: plan.project.reports(),
        messages_shown: None,
        beside_cargos: plan.flags.wants_json(),
        linker: plan.linker.other(),
        tell,
        lenient,
        color: call.ui.color.then(|| "always".to_owned()),
        json: call.ui.json,
        quiet: call.ui.quiet || plan.flags.quiet,
        time_limit: Some(settings.test_time_limit.map_or(TIME_LIMIT, NonZeroU64::get)),
    }
}

/// How programs of the target are run; not needed if the user has a runner.
pub(super) fn launch(target: &Target, plan: &Plan) -> Result<Launch> {
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
            .directory
            .ancestors()
            .any(|directory| directory.join("Cargo.toml").is_file())
}

/// The board's hello program as files: its own directory, or one in the cache for a bundled board.
fn hello_project(name: &str, call: &Call) -> Result<PathBuf> {
    let board = Board::load(name)?;
    if !board.dir.contains("hello/Cargo.toml") {
        return Err(
            Diagnostic::error(format!("the board `{name}` has no program of its own"))
                .help("a board's program is the project in its directory `hello`")
                .into(),
        );
    }
    let cache = Cache::from_env().map_err(|error| error.into_diagnostic())?;
    let directory = board_files::materialise(&board, &cache)?;
    let hello = call.directory.join(directory).join("hello");
    separate(&hello)?;
    Ok(hello)
}

/// Inside another workspace cargo would refuse a package that is not a member, and a board's own
/// directory may be inside one.
fn separate(hello: &Path) -> Result<()> {
    let manifest = hello.join("Cargo.toml");
    let text =
        std::fs::read_to_string(&manifest).map_err(|error| file("read", &manifest, &error))?;
    let own_workspace = text.lines().any(|line| line.trim() == "[workspace]");
    let inside = hello
        .ancestors()
        .skip(1)
        .any(|directory| directory.join("Cargo.toml").is_file());
    if inside && !own_workspace {
        return Err(Diagnostic::error(format!(
            "`{}` is inside another cargo workspace",
            hello.display()
        ))
        .help("add an empty `[workspace]` table to its Cargo.toml")
        .into());
    }
    Ok(())
}
