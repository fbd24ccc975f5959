//! The first process of an appliance: this program contains its sources, and builds them for the appliance's target in
//! the same way as the user's programs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser;
use xsys_diag::Diagnostic;
use xsys_init::sources::SOURCES;
use xsys_sysroot::Cache;
use xsys_target::Target;

use super::crates;
use super::system::Program;
use crate::cli::Call;
use crate::cli::{BuildArgs, Cli, Command};
use crate::driver::cargo;
use crate::driver::plan::Plan;
use crate::error::{Failure, Result, file};
use crate::files::short_digest;
use crate::project::verb::Verb;

/// Settings for a small program, and a workspace of its own.
const PROFILE: &str = "
[workspace]

[profile.release]
opt-level = \"s\"
lto = true
codegen-units = 1
";

/// The program for a target.
pub(crate) fn build(call: &Call, target: &Target) -> Result<Program> {
    let cache = Cache::from_env().map_err(|error| error.into_diagnostic())?;
    let directory = sources(cache.root())?;
    let mut call = call.clone();
    call.directory = directory;
    // Progress is reported for the appliance, not for this part of it.
    call.ui.quiet = true;
    let args = arguments(target)?;
    let plans = Plan::make(
        &call.ui,
        Verb::Build,
        &args,
        call.toolchain.as_deref(),
        &call.directory,
    )?;
    let Some(plan) = plans.first() else {
        return Err(no_init());
    };
    let built = cargo::build(&call.ui, plan, true)?;
    match built
        .programs
        .into_iter()
        .find(|path| path.ends_with("init"))
    {
        Some(path) if built.code == 0 => Program::read(&path, &crates::of(&call.ui, plan)?),
        _ if built.code != 0 => Err(Failure::silent(built.code)),
        _ => Err(no_init()),
    }
}

fn no_init() -> Failure {
    Diagnostic::error("the appliance's init was not built").into()
}

/// The arguments for the same target.
fn arguments(target: &Target) -> Result<BuildArgs> {
    let (flag, value) = match (&target.board, &target.source) {
        (Some(board), _) => ("--board", OsString::from(&board.name)),
        (None, Some(source)) => {
            let path = std::path::absolute(&source.path);
            let path = path.map_err(|error| file("find", &source.path, &error))?;
            ("--target-spec", path.into_os_string())
        }
        (None, None) => ("--target", OsString::from(&target.name)),
    };
    let words: Vec<OsString> = ["xsys", "build", flag]
        .into_iter()
        .map(OsString::from)
        .collect();
    let rest = ["--", "--release", "--quiet"]
        .into_iter()
        .map(OsString::from);
    let words = words.into_iter().chain([value]).chain(rest);
    match Cli::try_parse_from(words).map(|cli| cli.command) {
        Ok(Command::Build(args)) => Ok(args),
        _ => Err(no_init()),
    }
}

/// The sources as a directory of the cache, named by their content.
fn sources(cache: &Path) -> Result<PathBuf> {
    let parts: Vec<&[u8]> = SOURCES
        .iter()
        .flat_map(|(name, text)| [name.as_bytes(), text.as_bytes()])
        .chain([PROFILE.as_bytes()])
        .collect();
    let all = cache.join("init");
    let directory = all.join(short_digest(&parts));
    if let Ok(open) = std::fs::File::open(&directory) {
        // In use: `xsys sysroot prune` leaves it alone.
        let _ = open.set_modified(std::time::SystemTime::now());
        return Ok(directory);
    }
    let failed = |error: std::io::Error| file("write", &all, &error);
    std::fs::create_dir_all(&all).map_err(failed)?;
    let staging = tempfile::tempdir_in(&all).map_err(failed)?;
    let whole = staging.path().join("init");
    for (name, text) in SOURCES {
        let path = whole.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&whole)).map_err(failed)?;
        let text = match *name {
            "Cargo.toml" => format!("{text}{PROFILE}"),
            _ => (*text).to_owned(),
        };
        std::fs::write(path, text).map_err(failed)?;
    }
    match std::fs::rename(&whole, &directory) {
        Err(error) if !directory.is_dir() => Err(failed(error).into()),
        _ => Ok(directory),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_become_a_package_once() {
        let cache = tempfile::tempdir().unwrap();
        let directory = sources(cache.path()).unwrap();
        let manifest = std::fs::read_to_string(directory.join("Cargo.toml")).unwrap();
        let manifest: toml::Table = toml::from_str(&manifest).unwrap();
        assert!(manifest["profile"]["release"]["lto"].as_bool().unwrap());
        assert!(directory.join("src/main.rs").is_file());
        assert_eq!(sources(cache.path()).unwrap(), directory);
    }

    #[test]
    fn nothing_of_it_needs_a_linker_for_the_host() {
        let manifest = SOURCES
            .iter()
            .find(|(name, _)| *name == "Cargo.toml")
            .unwrap();
        let manifest: toml::Table = toml::from_str(manifest.1).unwrap();
        let names: Vec<&String> = manifest["dependencies"]
            .as_table()
            .unwrap()
            .keys()
            .collect();
        // No build scripts and no procedural macros: check both before adding a crate.
        assert_eq!(names, ["tinyjson"]);
        assert!(!manifest.contains_key("build-dependencies"));
    }
}
