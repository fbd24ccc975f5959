//! The arguments of commands that look at linked files, or change them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{BuildArgs, Crates, TargetsArgs};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SizeBy {
    Crate,
    Section,
    Symbol,
    /// What is loaded or reserved as one piece
    #[value(alias = "segment")]
    Region,
}

#[derive(Debug, Args)]
pub(crate) struct SizeArgs {
    /// A linked ELF file or wasm module; without, the project is built
    pub file: Option<PathBuf>,
    /// What to add up by
    #[arg(long, value_name = "WHAT", default_value = "section")]
    pub by: SizeBy,
    /// Show what grew and what shrank since this file
    #[arg(long, value_name = "OLD")]
    pub diff: Option<PathBuf>,
    /// Show why something is in the file: a function, in an ELF file also a variable, a section, a crate
    /// or an object file; the references that lead to it, from an entry or export on
    #[arg(long, value_name = "NAME", conflicts_with_all = ["diff", "by"])]
    pub why: Option<String>,
    /// Show this many of the largest; 0 shows all. JSON always has all
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub top: usize,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// Write a page with all views, for a browser
    #[arg(long, value_name = "OUT", conflicts_with_all = ["diff", "by", "why", "json", "top"])]
    pub html: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Builds")]
    pub what: TargetsArgs,
    /// The part of the standard library to build
    #[arg(long, value_name = "SET")]
    pub crates: Option<Crates>,
    /// For threads that share their memory (wasm)
    #[arg(long)]
    pub threads: bool,
    /// Everything else is cargo's
    #[arg(last = true, value_name = "CARGO ARGS")]
    pub cargo: Vec<OsString>,
}

impl SizeArgs {
    /// The build of the program that is examined.
    pub(crate) fn as_build(&self) -> BuildArgs {
        BuildArgs {
            what: self.what.clone(),
            crates: self.crates,
            threads: self.threads,
            cargo: self.cargo.clone(),
            // No card is made, so no kernel is needed.
            programs_only: true,
            ..BuildArgs::default()
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// A linked wasm module, or an ELF file where the build has put it
    pub file: PathBuf,
    /// A function: its name or a part of it; in a module its number; in an ELF file also a variable, a
    /// section, a crate, an object file or a member of an archive
    pub symbol: String,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

impl WhyArgs {
    /// The same as arguments of `size`.
    pub(crate) fn into_size(self) -> SizeArgs {
        SizeArgs {
            file: Some(self.file),
            by: SizeBy::Symbol,
            diff: None,
            why: Some(self.symbol),
            top: 30,
            json: self.json,
            html: None,
            what: TargetsArgs::default(),
            crates: None,
            threads: false,
            cargo: Vec::new(),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct StripArgs {
    /// Linked ELF files of any architecture, or wasm modules
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the result goes; it replaces the file if not given
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Only debug information; symbols stay
    #[arg(short = 'g', short_alias = 'S', long)]
    pub strip_debug: bool,
    /// Also symbols, which is the default
    #[arg(short = 's', long, conflicts_with = "strip_debug")]
    pub strip_all: bool,
}
