//! The arguments of cargo's commands that make no program to keep: check, clippy, doc, bench,
//! clean, and whatever else cargo can do.

use std::ffi::OsString;

use clap::Args;

use super::trim_paths::TrimPaths;
use super::{BuildArgs, Crates, TargetsArgs, WasmArgs};

/// For which target, with which standard library.
#[derive(Debug, Args)]
pub(crate) struct AgainstArgs {
    #[command(flatten)]
    pub what: TargetsArgs,
    /// The part of the standard library to build
    #[arg(long, value_name = "SET")]
    pub crates: Option<Crates>,
    /// For threads that share their memory (wasm)
    #[arg(long)]
    pub threads: bool,
    /// Which paths of this machine are left out, as for `build`
    #[arg(long, value_name = "SCOPES")]
    pub trim_paths: Option<TrimPaths>,
}

impl AgainstArgs {
    /// The same for a build, without images.
    pub(crate) fn into_build(self, cargo: Vec<OsString>) -> BuildArgs {
        BuildArgs {
            what: self.what,
            emit: Vec::new(),
            crates: self.crates,
            threads: self.threads,
            linker: None,
            trim_paths: self.trim_paths,
            programs_only: false,
            cargo,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct CompileArgs {
    #[command(flatten)]
    pub against: AgainstArgs,
    /// Everything else is cargo's
    #[arg(last = true, value_name = "CARGO ARGS")]
    pub cargo: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub build: BuildArgs,
    #[command(flatten)]
    pub wasm: WasmArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CleanArgs {
    #[command(flatten)]
    pub what: TargetsArgs,
    /// Everything else is cargo's
    #[arg(last = true, value_name = "CARGO ARGS")]
    pub cargo: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct CargoArgs {
    #[command(flatten)]
    pub against: AgainstArgs,
    /// A command of cargo's, or of one of its extensions, with its flags
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    pub command: Vec<OsString>,
}
