//! A build by `xsys build`, and the link in it.
//!
//! All projects share one target directory, because most of the time goes into procedural macros, and
//! what cargo has compiled stays from run to run. The project's own crate is compiled again each time
//! (its copy is newer than everything), so that the linker under test is always called. The link's
//! arguments and inputs are recorded through `XSYS_REPRODUCE`; the unpacked directory is all that is
//! needed to repeat it, which `benches/embedded` does as well.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::project::{copy_folder, run, scratch, xsys_in};

use super::case::Case;

/// One build of a profile at a time, until its program is copied: another project's may have the
/// same name. cargo would let them wait for each other as well.
static DEBUG: Mutex<()> = Mutex::new(());
static RELEASE: Mutex<()> = Mutex::new(());

/// A finished build.
#[derive(Debug)]
pub struct Recorded {
    /// The program as cargo has left it.
    pub elf: PathBuf,
    /// The directory with `response.txt` and all inputs.
    pub link: PathBuf,
    /// For files of the test.
    pub folder: PathBuf,
}

/// Builds a case's project in a directory of its own.
pub fn build(case: &Case, profile: &str, title: &str) -> Result<Recorded, String> {
    let root = scratch().join("embedded");
    let target = root.join("target");
    let folder = root.join("cases").join(title.replace("::", "/"));
    let (project, record) = (folder.join("project"), folder.join("record"));
    for old in [&project, &record] {
        if old.exists() {
            std::fs::remove_dir_all(old).map_err(|error| tell(old, &error))?;
        }
    }
    copy_folder(&case.folder, &project);
    std::fs::create_dir_all(&record).map_err(|error| tell(&record, &error))?;

    let mut command = xsys_in(&project);
    command.arg("build");
    if case.target.ends_with(".json") {
        command.arg("--target-spec").arg(project.join(&case.target));
    } else {
        command.args(["--target", &case.target]);
    }
    if profile == "release" {
        command.arg("--release");
    }
    command
        .args(&case.args)
        .arg("--locked")
        .arg("--target-dir")
        .arg(&target)
        .env("XSYS_REPRODUCE", &record)
        .envs(&case.env);
    if !case.rustflags.is_empty() {
        command.env("CARGO_ENCODED_RUSTFLAGS", case.rustflags.join("\x1f"));
    }
    let lock = if profile == "release" {
        &RELEASE
    } else {
        &DEBUG
    };
    let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
    let ran = run(&mut command);
    if ran.code != Some(0) {
        return Err(format!(
            "`{}` ended with {:?}\n{}{}",
            ran.line, ran.code, ran.stdout, ran.stderr
        ));
    }
    let program = case.program()?;
    let built = target.join(case.target_name()).join(profile).join(&program);
    let elf = folder.join("built.elf");
    std::fs::copy(&built, &elf).map_err(|error| tell(&built, &error))?;
    drop(guard);
    Ok(Recorded {
        link: unpack(&record, &program)?,
        elf,
        folder,
    })
}

/// Unpacks the archive of the program's link; cargo adds a hash to the name.
fn unpack(record: &Path, program: &str) -> Result<PathBuf, String> {
    let begins = format!("{}-", program.replace('-', "_"));
    let archive = std::fs::read_dir(record)
        .map_err(|error| tell(record, &error))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = name.replacen(program, &program.replace('-', "_"), 1);
            name.starts_with(&begins) && name.ends_with(".tar")
        })
        .ok_or_else(|| format!("no link of `{program}` was recorded"))?;
    let file = std::fs::File::open(&archive).map_err(|error| tell(&archive, &error))?;
    tar::Archive::new(file)
        .unpack(record)
        .map_err(|error| tell(&archive, &error))?;
    let link = record.join("link");
    std::fs::rename(archive.with_extension(""), &link).map_err(|error| tell(&archive, &error))?;
    Ok(link)
}

fn tell(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
