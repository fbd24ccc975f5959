//! The arguments of commands for projects that exist already.

use std::path::PathBuf;

use clap::Args;

use super::{Crates, NamedArgs, TargetsArgs, WhatArgs};

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    pub what: NamedArgs,
    /// The part of the standard library that the project uses
    #[arg(long, value_name = "SET")]
    pub crates: Option<Crates>,
    /// The project's manifest, if it is not here or above
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    /// Do not report what was done
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SetupArgs {
    #[command(flatten)]
    pub what: WhatArgs,
    /// The part of the standard library to build
    #[arg(long, value_name = "SET")]
    pub crates: Option<Crates>,
}

impl From<WhatArgs> for TargetsArgs {
    fn from(one: WhatArgs) -> Self {
        Self {
            target_spec: one.target_spec,
            target: one.target.into_iter().collect(),
            board: one.board,
        }
    }
}
