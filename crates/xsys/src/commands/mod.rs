//! The subcommands, one small file each: arguments in, calls to the libraries, answers out.

mod board;
mod build;
mod cargo;
mod check;
mod clean;
mod diff;
mod differences;
mod doctor;
mod fetch_kernel;
mod flash;
mod fleet;
mod image;
mod init;
pub(crate) mod new;
mod run;
mod setup;
mod shell;
mod size;
mod strip;
mod sysroot;
mod target;
mod test;
mod test_appliance;
mod usage;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::children;
use crate::cli::{self, Call, Cli, Command, ErrorFormat};
use crate::error::{self, Result};
use crate::project::verb::Verb;
use crate::ui::Ui;
use crate::{cc, linker, render};

/// Runs the command that the arguments (without the program's name) ask for.
pub(crate) fn main(args: Vec<OsString>) -> ExitCode {
    let sorted = cli::sort(std::iter::once("xsys".into()).chain(args).collect());
    let cli = match Cli::try_parse_from(&sorted.args) {
        Ok(cli) => cli,
        Err(error) => return usage::tell(&error, &sorted.args),
    };
    let ui = Ui::new(cli.color, cli.error_format == ErrorFormat::Json);
    let directory = match std::env::current_dir() {
        Ok(directory) => directory,
        Err(error) => {
            let problem = error::file("find", std::path::Path::new("."), &error);
            render::show(&ui, &[problem]);
            return ExitCode::FAILURE;
        }
    };
    let quiet = match &cli.command {
        Command::New(args) => args.quiet,
        Command::Init(args) => args.quiet,
        _ => false,
    };
    let call = Call {
        ui: Ui { quiet, ..ui },
        toolchain: sorted.toolchain,
        directory,
    };
    children::watch();
    let done: Result<u8> = match cli.command {
        Command::Build(args) => build::run(&call, &args),
        Command::Run(args) => run::run(&call, &args),
        Command::Test(args) if args.appliance => test_appliance::run(&call, &args),
        Command::Test(args) => {
            test::run(&call, Verb::Test, &args.build, &args.wasm, args.time_limit)
        }
        Command::Bench(args) => test::run(&call, Verb::Bench, &args.build, &args.wasm, None),
        Command::Check(args) => check::run(&call, Verb::Check, args),
        Command::Clippy(args) => check::run(&call, Verb::Clippy, args),
        Command::Doc(args) => check::run(&call, Verb::Doc, args),
        Command::Clean(args) => clean::run(&call, &args),
        Command::Cargo(args) => cargo::run(&call, args),
        Command::Sysroot(command) => sysroot::run(&call, command),
        Command::Target(command) => target::run(&call, command),
        Command::Board(command) => board::run(&command),
        Command::Init(args) => init::run(&call, &args),
        Command::Setup(args) => setup::run(&call, &args),
        Command::New(args) => new::run(&call, &args),
        Command::Image(args) => image::run(&call, &args),
        Command::Flash(args) => flash::run(&call, &args),
        Command::Fleet(command) => fleet::run(&call, &command),
        Command::Size(args) => size::run(&call, args),
        Command::Why(args) => size::run(&call, args.into_size()),
        Command::Strip(args) => strip::run(&call, &args),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { output } => shell::man(&call, output.as_deref()),
        Command::Doctor(args) => doctor::run(&call, &args),
        Command::Ld(args) => return linker::command(&call.ui, args.args),
        Command::Cc(args) => return cc::main(cc::NAME.as_ref(), &args.args),
    };
    children::stop_if_ending();
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => ExitCode::from(render::fail(&call.ui, &failure)),
    }
}
