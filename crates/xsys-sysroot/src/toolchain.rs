//! The Rust toolchain of the user's project, and its sources of the standard library.
//!
//! The project decides (`rust-toolchain.toml`), unless the user does (`+toolchain`,
//! `RUSTUP_TOOLCHAIN`, `RUSTC`). rustup's proxies know all of that, so they are asked, once: the
//! compiler itself is then called directly, because a proxy costs more than a warm start may.
//! Without rustup the `rustc` and `cargo` in `PATH` are the toolchain.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use xsys_target::Rustc;

use crate::{Error, Progress};

/// A compiler with its cargo.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// The compiler.
    pub rustc: Rustc,
    /// The cargo that belongs to it.
    pub cargo: PathBuf,
    /// rustup's name for the two, if it is rustup's.
    pub name: Option<String>,
}

impl Toolchain {
    /// Finds the toolchain for a project; `plus` is what the user wrote behind a `+`.
    ///
    /// # Errors
    /// If there is no compiler, or it does not run.
    pub fn detect(project_dir: &Path, plus: Option<&str>) -> Result<Toolchain, Error> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let (rustc, explicit_cargo) = match (plus, variable("RUSTC")) {
            (Some(toolchain), _) => (with_rustup(project_dir, toolchain)?, None),
            (None, Some(rustc)) => (PathBuf::from(rustc), variable("CARGO")),
            (None, None) => (through_path(project_dir)?, variable("CARGO")),
        };
        let rustc = Rustc::with(rustc, Vec::new(), Some(project_dir.to_owned()))
            .map_err(|error| Error::Rustc(Box::new(error.into_diagnostic())))?;
        let cargo = match explicit_cargo {
            Some(cargo) => PathBuf::from(cargo),
            None => cargo_beside(&rustc)
                .or_else(|| in_path("cargo"))
                .ok_or_else(|| Error::Start {
                    program: "cargo".into(),
                    source: std::io::ErrorKind::NotFound.into(),
                })?,
        };
        Ok(Toolchain {
            name: rustup_name(rustc.sysroot()),
            rustc,
            cargo,
        })
    }

    /// The sources as rustup installs them: the directory that holds `library`. It may not exist.
    pub fn rust_src(&self) -> PathBuf {
        self.rustc.sysroot().join("lib/rustlib/src/rust")
    }

    /// How people call the toolchain.
    pub fn shown(&self) -> String {
        match &self.name {
            Some(name) => name.clone(),
            None => self.rustc.sysroot().display().to_string(),
        }
    }

    /// The release, for manifests that must not name this machine's directories.
    pub fn shown_release(&self) -> String {
        format!("rust {}", self.rustc.release())
    }

    /// The directory `library` of the sources; they are installed if they are missing.
    pub(crate) fn library(&self, offline: bool, progress: &dyn Progress) -> Result<PathBuf, Error> {
        let library = self.rust_src().join("library");
        // The lock file came with Rust 1.80 to this place; without it nothing is pinned.
        if library.join("Cargo.lock").is_file() {
            return Ok(library);
        }
        let missing = |help: Vec<String>| Error::NoRustSrc {
            toolchain: self.shown(),
            expected: library.clone(),
            help,
        };
        if library.is_dir() {
            return Err(missing(vec![
                "they are older than Rust 1.80: use a newer toolchain".to_owned(),
            ]));
        }
        let Some(name) = &self.name else {
            return Err(missing(vec![
                "install your distribution's package, usually called `rust-src`".to_owned(),
                "or install Rust with rustup, which can add them by itself".to_owned(),
            ]));
        };
        let command = format!("rustup component add rust-src --toolchain {name}");
        if offline {
            return Err(missing(vec![format!(
                "run `{command}`; `--offline` keeps xsys from doing so"
            )]));
        }
        progress.message(&format!(
            "installing the standard library's sources: {command}"
        ));
        self.rustup(&["component", "add", "rust-src", "--toolchain", name])?;
        if library.join("Cargo.lock").is_file() {
            Ok(library)
        } else {
            Err(missing(vec![format!(
                "run `{command}` and see what it says"
            )]))
        }
    }

    /// Runs rustup and waits for it.
    pub(crate) fn rustup(&self, arguments: &[&str]) -> Result<(), Error> {
        run(&rustup()?, arguments, Path::new("."))?;
        Ok(())
    }
}

/// The compiler of a toolchain by rustup's name for it.
fn with_rustup(project_dir: &Path, toolchain: &str) -> Result<PathBuf, Error> {
    let rustup = rustup().map_err(|_| Error::NoRustup {
        toolchain: toolchain.to_owned(),
    })?;
    which(
        &rustup,
        &["which", "--toolchain", toolchain, "rustc"],
        project_dir,
    )
}

/// The compiler that `rustc` means in the project's directory.
fn through_path(project_dir: &Path) -> Result<PathBuf, Error> {
    let rustc = in_path("rustc").ok_or_else(|| Error::Start {
        program: "rustc".into(),
        source: std::io::ErrorKind::NotFound.into(),
    })?;
    // rustup puts its proxies beside itself.
    let rustup = rustc.with_file_name(executable("rustup"));
    if rustup.is_file() {
        which(&rustup, &["which", "rustc"], project_dir)
    } else {
        Ok(rustc)
    }
}

fn which(rustup: &Path, arguments: &[&str], dir: &Path) -> Result<PathBuf, Error> {
    Ok(PathBuf::from(run(rustup, arguments, dir)?.trim_end()))
}

fn run(program: &Path, arguments: &[&str], dir: &Path) -> Result<String, Error> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::Start {
            program: program.to_owned(),
            source,
        })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Error::Program {
        command: format!("rustup {}", arguments.join(" ")),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
        help: Vec::new(),
    })
}

fn rustup() -> Result<PathBuf, Error> {
    in_path("rustup").ok_or_else(|| Error::Start {
        program: "rustup".into(),
        source: std::io::ErrorKind::NotFound.into(),
    })
}

fn executable(name: &str) -> OsString {
    format!("{name}{}", std::env::consts::EXE_SUFFIX).into()
}

fn in_path(name: &str) -> Option<PathBuf> {
    search(&std::env::var_os("PATH")?, name)
}

fn search(path: &OsStr, name: &str) -> Option<PathBuf> {
    let name = executable(name);
    std::env::split_paths(path)
        .map(|directory| directory.join(&name))
        .find(|file| file.is_file())
}

/// The cargo in the compiler's own directory.
fn cargo_beside(rustc: &Rustc) -> Option<PathBuf> {
    let beside = rustc.program().with_file_name(executable("cargo"));
    let installed = rustc.sysroot().join("bin").join(executable("cargo"));
    [beside, installed].into_iter().find(|file| file.is_file())
}

/// rustup's name of the toolchain in this directory.
fn rustup_name(sysroot: &Path) -> Option<String> {
    let directory = sysroot.parent()?;
    // What rustup writes into every installation of its own.
    let ours = sysroot.join("lib/rustlib/multirust-channel-manifest.toml");
    if directory.file_name()? != "toolchains" || !ours.is_file() {
        return None;
    }
    Some(sysroot.file_name()?.to_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_directory_of_the_path_that_has_the_program_wins() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = |name: &str| {
            let directory = temporary.path().join(name);
            std::fs::create_dir(&directory).unwrap();
            directory
        };
        let (empty, first, second) = (directory("empty"), directory("first"), directory("second"));
        for directory in [&first, &second] {
            std::fs::write(directory.join(executable("rustc")), "").unwrap();
        }
        let path = std::env::join_paths([&empty, &first, &second]).unwrap();
        assert_eq!(
            search(&path, "rustc"),
            Some(first.join(executable("rustc")))
        );
        assert_eq!(search(&path, "cargo"), None);
    }

    #[test]
    fn only_rustups_directories_have_a_name() {
        let temporary = tempfile::tempdir().unwrap();
        let sysroot = temporary.path().join("toolchains/1.95.0-x");
        let rustlib = sysroot.join("lib/rustlib");
        std::fs::create_dir_all(&rustlib).unwrap();
        assert_eq!(rustup_name(&sysroot), None);
        std::fs::write(rustlib.join("multirust-channel-manifest.toml"), "").unwrap();
        assert_eq!(rustup_name(&sysroot).as_deref(), Some("1.95.0-x"));
        assert_eq!(rustup_name(Path::new("/usr")), None);
    }

    #[test]
    fn the_toolchain_under_test_is_found() {
        let toolchain = Toolchain::detect(Path::new("."), None).unwrap();
        assert!(toolchain.cargo.is_file(), "{}", toolchain.cargo.display());
        assert!(toolchain.rust_src().starts_with(toolchain.rustc.sysroot()));
    }

    #[test]
    fn an_unknown_toolchain_is_rustups_error() {
        if rustup().is_err() {
            return;
        }
        let error = Toolchain::detect(Path::new("."), Some("no-such-toolchain")).unwrap_err();
        let text = error.into_diagnostic().to_string();
        assert!(text.contains("no-such-toolchain"), "{text}");
    }
}
