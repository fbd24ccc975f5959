//! What `cargo clean` does not remove of a build for a target.
//!
//! Without flags everything is removed, and there is nothing to add. `--release`, `--profile` and `--doc` mean the
//! host's directories to cargo, even with `--target`; and cargo knows a package's ELF file, but not the images beside
//! it.

use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{MetadataCommand, TargetKind};
use xsys_image::Format;
use xsys_target::{Kind, Target};

use crate::cli::CargoFlags;
use crate::driver::cargo;
use crate::driver::defaults::board_emits;
use crate::driver::which::{Place, cargo_target};
use crate::error::{Result, file};
use crate::images::emit::{Emit, Shared};
use crate::ui::Ui;
use crate::web;

/// What to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Everything,
    /// The documentation.
    Doc,
    /// A profile's directory.
    Profile(String),
    /// Packages, in one profile or in all.
    Packages(Option<String>),
}

impl Part {
    pub(crate) fn of(flags: &CargoFlags) -> Self {
        let profile = flags.profile.as_deref().map(|name| match name {
            "dev" | "test" => "debug".to_owned(),
            "bench" => "release".to_owned(),
            name => name.to_owned(),
        });
        match (flags.packages.is_empty(), profile) {
            (false, profile) => Self::Packages(profile),
            (true, _) if flags.flags.iter().any(|flag| flag == "--doc") => Self::Doc,
            (true, Some(profile)) => Self::Profile(profile),
            (true, None) => Self::Everything,
        }
    }
}

pub(crate) fn clean(
    ui: &Ui,
    place: &Place,
    flags: &CargoFlags,
    part: &Part,
    targets: &[Target],
) -> Result<u8> {
    let mut command = Command::new(&place.toolchain.cargo);
    command
        .current_dir(&place.project.directory)
        .arg("clean")
        .args(&flags.flags)
        .args(["--color", cargo::color(ui)])
        .env("RUSTC", place.toolchain.rustc.program());
    let specs = tempfile::tempdir()
        .map_err(|error| file("create a file in", &std::env::temp_dir(), &error))?;
    for target in targets {
        command
            .arg("--target")
            .arg(cargo_target(target, specs.path())?);
        if target.kind == Kind::Json {
            command
                .arg("-Zjson-target-spec")
                .env("RUSTC_BOOTSTRAP", "1");
        }
    }
    let code = cargo::wait(command)?;
    let dry = flags
        .flags
        .iter()
        .any(|flag| flag == "--dry-run" || flag == "-n");
    if code == 0 && !dry {
        for target in targets {
            for path in ours(place, flags, part, target)? {
                remove(&path)?;
            }
        }
    }
    Ok(code)
}

/// Files and directories that cargo does not remove.
fn ours(place: &Place, flags: &CargoFlags, part: &Part, target: &Target) -> Result<Vec<PathBuf>> {
    let root = place.project.target_dir.join(&target.name);
    Ok(match part {
        Part::Everything => Vec::new(),
        Part::Doc => vec![root.join("doc")],
        Part::Profile(name) => vec![root.join(name)],
        Part::Packages(profile) => {
            let directories = match profile {
                Some(name) => vec![root.join(name)],
                None => directories_in(&root),
            };
            let emits = emits(place, target)?;
            let programs = programs(place, flags)?;
            let elfs = directories.iter().flat_map(|directory| {
                let beside = programs.iter().map(|name| directory.join(name));
                beside.chain(
                    programs
                        .iter()
                        .map(|name| directory.join("examples").join(name)),
                )
            });
            elfs.flat_map(|elf| images(&elf, &emits)).collect()
        }
    })
}

/// The images that a program may have: those that are asked for, and each format under its default
/// name.
fn images(elf: &Path, emits: &[Emit]) -> Vec<PathBuf> {
    let usual = Format::ALL.iter().map(|&format| Emit {
        format,
        family: None,
        gaps: false,
        file: None,
        shared: Shared::default(),
    });
    let all = usual.chain(emits.iter().cloned());
    all.filter_map(|emit| emit.path(elf)).collect()
}

fn emits(place: &Place, target: &Target) -> Result<Vec<Emit>> {
    let mut emits = match &place.project.settings.emit {
        Some(list) => Emit::parse_all(web::split(list)?.1)?,
        None => board_emits(target)?,
    };
    let shared = place.project.shared();
    emits.iter_mut().for_each(|emit| emit.shared = shared);
    Ok(emits)
}

/// The names of the packages' programs.
fn programs(place: &Place, flags: &CargoFlags) -> Result<Vec<String>> {
    let manifest = place.project.workspace_root.join("Cargo.toml");
    let metadata = MetadataCommand::new()
        .cargo_path(&place.toolchain.cargo)
        .manifest_path(manifest)
        .no_deps()
        .exec()
        .map_err(|error| {
            xsys_diag::Diagnostic::error(format!("cannot ask cargo about the project: {error}"))
        })?;
    let packages = metadata.packages.iter().filter(|package| {
        flags
            .packages
            .iter()
            .any(|name| name == package.name.as_str())
    });
    let targets = packages
        .flat_map(|package| &package.targets)
        .filter(|target| {
            let kinds = [TargetKind::Bin, TargetKind::Example];
            kinds.iter().any(|kind| target.kind.contains(kind))
        });
    Ok(targets.map(|target| target.name.clone()).collect())
}

fn directories_in(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

fn remove(path: &Path) -> Result<()> {
    let removed = match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(_) => return Ok(()),
    };
    Ok(removed.map_err(|error| file("remove", path, &error))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    #[test]
    fn flags_say_what_goes() {
        for (line, expected) in [
            ("", Part::Everything),
            ("--release", Part::Profile("release".to_owned())),
            ("--profile dev", Part::Profile("debug".to_owned())),
            ("--doc", Part::Doc),
            ("-p a -p b", Part::Packages(None)),
            ("-p a -r", Part::Packages(Some("release".to_owned()))),
        ] {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert_eq!(Part::of(&CargoFlags::read(&words)), expected, "{line}");
        }
    }
}
