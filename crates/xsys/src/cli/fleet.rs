//! `xsys fleet`'s arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum FleetCommand {
    /// Start a fleet: a program, and fleet.toml with two devices
    New(FleetNewArgs),
    /// Check fleet.toml and the files that it names, without building
    Check(FleetCheckArgs),
    /// Build the programs and make the cards of all devices, or of some
    Build(FleetBuildArgs),
    /// List the devices
    List {
        /// For people, or for programs
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: ListFormat,
    },
    /// Show what differs between two devices or releases, part by part
    ///
    /// Exits with 0 if nothing differs, 1 if something does, and 2 if they cannot be compared.
    Diff(DiffArgs),
    /// Write a device's image to a card, and compare
    Flash(FleetFlashArgs),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct FleetNewArgs {
    /// The directory to make; its last part is the fleet's name
    pub path: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct FleetCheckArgs {
    /// Devices; all where none is named
    #[arg(value_name = "DEVICE")]
    pub devices: Vec<String>,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct FleetBuildArgs {
    /// Devices; all where none is named
    #[arg(value_name = "DEVICE")]
    pub devices: Vec<String>,
    /// How many cards to make at once; as many as there are processors, if not given
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Never use the network
    #[arg(long)]
    pub offline: bool,
    /// Leave Cargo.lock as it is
    #[arg(long)]
    pub locked: bool,
    /// Print only problems
    #[arg(short, long)]
    pub quiet: bool,
}

impl FleetBuildArgs {
    /// Those of the flags that are cargo's.
    pub(crate) fn cargo_flags(&self) -> Vec<OsString> {
        let flags = [
            ("--offline", self.offline),
            ("--locked", self.locked),
            ("--quiet", self.quiet),
        ];
        let given = flags.into_iter().filter(|(_, given)| *given);
        given.map(|(flag, _)| flag.into()).collect()
    }
}

#[derive(Debug, Args)]
pub(crate) struct FleetFlashArgs {
    /// The device of the fleet
    #[arg(value_name = "DEVICE")]
    pub name: String,
    /// The whole disk that its image is written to, or a file
    #[arg(value_name = "TARGET")]
    pub target: PathBuf,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Write to this disk although it is larger than cards usually are
    #[arg(long)]
    pub large: bool,
    /// Do not read back what was written
    #[arg(long)]
    pub no_verify: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// A device, a manifest, an image beside one, or a directory with manifests (such as a copy of target/fleet)
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// What it is compared with
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    /// For people, or for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ListFormat,
}
