//! Where a fleet's files are: each device has a directory in the fleet's.

use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;

use super::description::{FILE, Fleet};
use crate::appliance::output::Output;
use crate::cli::{Call, CargoFlags};
use crate::driver::which::Place;
use crate::error::{Failure, Result};

/// Where a device's files are.
pub(crate) fn output(fleet: &Fleet, out: &Path, device: &str) -> Output {
    // Relative to the output directory, if it is below it.
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let directory = real(fleet.directory());
    let above = out.ancestors().position(|above| real(above) == directory);
    let known_as = match above {
        Some(up) => format!("{}{FILE}", "../".repeat(up)),
        None => directory.join(FILE).display().to_string(),
    };
    Output {
        directory: out.join(device),
        name: device.to_owned(),
        fleet: Some(known_as),
    }
}

/// The fleet's images go below cargo's target directory.
pub(crate) fn out(call: &Call, fleet: &Fleet) -> Result<PathBuf> {
    let flags = CargoFlags::read(&[]);
    let place = Place::find(fleet.directory(), call.toolchain.as_deref(), &flags)?;
    Ok(place.project.target_dir.join("fleet"))
}

pub(crate) fn not_made(device: &str) -> Failure {
    Diagnostic::error(format!("there is no image of `{device}` yet"))
        .help(format!("make it: `xsys fleet build {device}`"))
        .into()
}

/// Two fleets in one directory would overwrite each other's devices of the same name, and the summary. It is another
/// fleet if its file still exists where it was: this one may have been moved.
pub(crate) fn is_nobody_elses(fleet: &Fleet, out: &Path) -> Result<()> {
    let own = fleet.source.path.canonicalize().ok();
    let entries = std::fs::read_dir(out).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    for name in names {
        let Some(known_as) = output(fleet, out, &name).made_for() else {
            continue;
        };
        let Ok(other) = out.join(known_as).canonicalize() else {
            continue;
        };
        if Some(&other) != own.as_ref() {
            return Err(Diagnostic::error(format!("`{}` has images of another fleet", out.display()))
                .note(format!(
                    "they are those of `{}`; devices of one name would take each other's place",
                    other.display()
                ))
                .help("give this fleet a target directory of its own: `CARGO_TARGET_DIR=DIR`, or `target-dir` of `[build]` in `.cargo/config.toml` beside its fleet.toml")
                .help("or remove the directory with the images, if the other fleet is not built any more")
                .into());
        }
    }
    Ok(())
}
