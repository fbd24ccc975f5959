//! Where the sources of a package are: rust-src, its vendored packages, or cargo's registry cache.
//!
//! Packages from crates.io are pinned by rust-src's lock file, checksum included. Recent rust-src
//! components bring them along in `library/vendor`. Otherwise they are taken from where cargo
//! unpacks what it downloads (`$CARGO_HOME/registry/src/<index>/<name>-<version>`), and cargo is
//! asked to download what is not there: it knows the user's mirrors, proxies and credentials.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::digest::sha256_file;
use crate::lock::{Lock, LockedPackage};
use crate::manifest::{Dependency, Package, read};
use crate::unwinder::SERVED_BY_STD;
use crate::{Error, Progress};

/// The workspace of the standard library, and the places its packages may be in.
#[derive(Debug)]
pub(crate) struct Sources {
    library: PathBuf,
    pub lock: Lock,
    /// Packages that replace those of the same name on crates.io.
    patches: BTreeMap<String, PathBuf>,
    /// Per-package overrides of the release profile.
    pub profiles: BTreeMap<String, PackageProfile>,
    registries: Vec<PathBuf>,
}

/// `[profile.release.package.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct PackageProfile {
    #[serde(rename = "opt-level")]
    pub opt_level: Option<toml::Value>,
    pub debug: Option<toml::Value>,
    #[serde(rename = "codegen-units")]
    pub codegen_units: Option<u32>,
}

/// A package's directory, or that it is missing.
pub(crate) enum Located {
    Found(PathBuf),
    Missing(LockedPackage),
}

#[derive(Deserialize)]
struct Workspace {
    #[serde(default)]
    patch: BTreeMap<String, BTreeMap<String, Patch>>,
    #[serde(default)]
    profile: BTreeMap<String, Profile>,
}

#[derive(Deserialize)]
struct Patch {
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    package: BTreeMap<String, PackageProfile>,
}

impl Sources {
    /// Reads the workspace in `library`; `cargo_home` is where cargo keeps its downloads.
    pub(crate) fn load(library: &Path, cargo_home: Option<&Path>) -> Result<Sources, Error> {
        let path = library.join("Cargo.toml");
        let mut workspace: Workspace =
            toml::from_str(&read(&path)?).map_err(|error| Error::Source {
                path,
                reason: error.to_string(),
            })?;
        let patches = workspace
            .patch
            .remove("crates-io")
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(name, patch)| Some((name, library.join(patch.path?))))
            .collect();
        let profiles = workspace
            .profile
            .remove("release")
            .map(|profile| profile.package)
            .unwrap_or_default();
        Ok(Sources {
            lock: Lock::load(&library.join("Cargo.lock"))?,
            patches,
            profiles,
            registries: cargo_home.map(registries).unwrap_or_default(),
            library: library.to_owned(),
        })
    }

    /// The library directory.
    pub(crate) fn library(&self) -> &Path {
        &self.library
    }

    /// Finds the package that a dependency of `from` means.
    pub(crate) fn locate(&self, from: &Package, dependency: &Dependency) -> Result<Located, Error> {
        if let Some(path) = &dependency.path {
            return Ok(Located::Found(normalized(&from.root.join(path))));
        }
        if let Some(root) = self.patches.get(&dependency.package) {
            return Ok(Located::Found(normalized(root)));
        }
        let locked = self
            .lock
            .find(&dependency.package, &dependency.requirement)
            .ok_or_else(|| Error::Source {
                path: self.library.join("Cargo.lock"),
                reason: format!(
                    "no `{}` that fits `{}`, which `{}` asks for",
                    dependency.package, dependency.requirement, from.name
                ),
            })?;
        Ok(match self.registry_package(locked) {
            Some(root) => Located::Found(root),
            None => Located::Missing(locked.clone()),
        })
    }

    /// The unpacked sources of a pinned package.
    fn registry_package(&self, locked: &LockedPackage) -> Option<PathBuf> {
        let directory = format!("{}-{}", locked.name, locked.version);
        let vendor = self.library.join("vendor");
        // `cargo vendor` leaves the version out of the directory's name if there is only one
        // version.
        for name in [directory.as_str(), locked.name.as_str()] {
            let root = vendor.join(name);
            if vendored_checksum(&root).is_some_and(|sum| Some(sum) == locked.checksum) {
                return Some(root);
            }
        }
        self.registries
            .iter()
            .map(|registry| registry.join(&directory))
            .find(|root| intact(root, locked))
    }

    /// Lets cargo download what the lock file names for `target`, into its own cache. `--locked`
    /// keeps it from writing into the toolchain.
    pub(crate) fn fetch(
        &mut self,
        fetch: &Fetch<'_>,
        missing: &[LockedPackage],
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let failed = |reason: String| self.missing(fetch, missing, reason);
        if fetch.offline {
            return Err(failed(
                "downloading was forbidden by `--offline`".to_owned(),
            ));
        }
        progress.message(&format!(
            "downloading {} with cargo",
            names(missing).join(", ")
        ));
        let output = Command::new(fetch.cargo)
            .args(fetch.arguments(&self.library))
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", fetch.rustc)
            // Flags for the user's crates could make cargo's call of rustc fail.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("CARGO_BUILD_TARGET")
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Start {
                program: fetch.cargo.to_owned(),
                source,
            })?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(failed(format!("cargo said: {}", text.trim())));
        }
        self.registries = fetch.cargo_home.map(registries).unwrap_or_default();
        Ok(())
    }

    /// The error for packages that are still missing after cargo's download.
    pub(crate) fn still_missing(&self, fetch: &Fetch<'_>, missing: &[LockedPackage]) -> Error {
        let reason = "cargo downloaded without complaint, but not to where they are looked for";
        self.missing(fetch, missing, reason.to_owned())
    }

    fn missing(&self, fetch: &Fetch<'_>, missing: &[LockedPackage], reason: String) -> Error {
        Error::MissingCrates {
            names: names(missing),
            command: fetch.shown(&self.library),
            reason,
        }
    }
}

fn names(packages: &[LockedPackage]) -> Vec<String> {
    packages
        .iter()
        .map(|package| format!("{} {}", package.name, package.version))
        .collect()
}

/// How to call cargo for a download.
pub(crate) struct Fetch<'a> {
    pub cargo: &'a Path,
    pub rustc: &'a Path,
    pub cargo_home: Option<&'a Path>,
    /// A triple or a spec file, so that other platforms' packages are left alone.
    pub target: &'a OsStr,
    /// Whether the unwinder in Rust is needed as well.
    pub unwinder: bool,
    pub offline: bool,
}

impl Fetch<'_> {
    /// The command for people. A spec file is left out: this one is temporary.
    fn shown(&self, library: &Path) -> String {
        let mut text = format!(
            "RUSTC_BOOTSTRAP=1 {} fetch --locked --manifest-path {}",
            self.cargo.display(),
            library.join("Cargo.toml").display()
        );
        if !self.is_spec_file() {
            text.push_str(&format!(" --target {}", self.target.display()));
            if self.unwinder {
                text.push_str(&format!(" --target {SERVED_BY_STD}"));
            }
        }
        text
    }

    fn is_spec_file(&self) -> bool {
        Path::new(self.target).extension() == Some(OsStr::new("json"))
    }

    fn arguments(&self, library: &Path) -> Vec<String> {
        let mut arguments = vec![
            "fetch".to_owned(),
            "--locked".to_owned(),
            "--manifest-path".to_owned(),
            library.join("Cargo.toml").display().to_string(),
            "--target".to_owned(),
            self.target.to_string_lossy().into_owned(),
        ];
        if self.unwinder {
            arguments.extend(["--target".to_owned(), SERVED_BY_STD.to_owned()]);
        }
        if self.is_spec_file() {
            arguments.push("-Zjson-target-spec".to_owned());
        }
        arguments
    }
}

/// `$CARGO_HOME`, or cargo's default for it.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(home) if !home.is_empty() => Some(PathBuf::from(home)),
        _ => Some(std::env::home_dir()?.join(".cargo")),
    }
}

/// The directories that hold unpacked packages, in a stable order.
fn registries(cargo_home: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(cargo_home.join("registry").join("src"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    found.sort();
    found
}

/// Whether cargo finished unpacking the directory and the archive it came from is the pinned one.
fn intact(root: &Path, locked: &LockedPackage) -> bool {
    // cargo writes this file last.
    if !root.join(".cargo-ok").is_file() {
        return false;
    }
    let archive = || {
        let index = root.parent()?;
        let cache = index.parent()?.parent()?.join("cache");
        let name = format!("{}-{}.crate", locked.name, locked.version);
        Some(cache.join(index.file_name()?).join(name))
    };
    // The archive may have been removed; cargo checked it before unpacking.
    match archive().map(|path| sha256_file(&path)) {
        Some(Ok(sum)) => Some(sum) == locked.checksum,
        _ => true,
    }
}

/// The checksum that `cargo vendor` noted for the whole package.
fn vendored_checksum(root: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Checksums {
        package: Option<String>,
    }
    let text = std::fs::read_to_string(root.join(".cargo-checksum.json")).ok()?;
    serde_json::from_str::<Checksums>(&text).ok()?.package
}

/// Takes `..` out of a path without asking the file system, so that one package has one path.
fn normalized(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(checksum: &str) -> LockedPackage {
        LockedPackage {
            name: "libc".to_owned(),
            version: semver::Version::new(0, 2, 1),
            checksum: Some(checksum.to_owned()),
        }
    }

    #[test]
    fn paths_are_normalized() {
        for (given, expected) in [
            ("/a/b/../c", "/a/c"),
            ("/a/./b", "/a/b"),
            ("/a/b/../../c/../d", "/d"),
        ] {
            assert_eq!(normalized(Path::new(given)), Path::new(expected));
        }
    }

    #[test]
    fn half_unpacked_or_other_packages_are_not_used() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("registry/src/index/libc-0.2.1");
        std::fs::create_dir_all(&root).unwrap();
        assert!(!intact(&root, &locked("00")), "no .cargo-ok yet");
        std::fs::write(root.join(".cargo-ok"), "{\"v\":1}").unwrap();
        assert!(intact(&root, &locked("00")), "archive cleaned away");
        let cache = home.path().join("registry/cache/index");
        std::fs::create_dir_all(&cache).unwrap();
        let archive = cache.join("libc-0.2.1.crate");
        std::fs::write(&archive, "content").unwrap();
        assert!(!intact(&root, &locked("00")), "another archive");
        assert!(intact(&root, &locked(&sha256_file(&archive).unwrap())));
        assert_eq!(
            registries(home.path()),
            [home.path().join("registry/src/index")]
        );
    }

    #[test]
    fn offline_names_the_crates_and_the_command() {
        let library = tempfile::tempdir().unwrap();
        std::fs::write(library.path().join("Cargo.toml"), "[workspace]\n").unwrap();
        std::fs::write(library.path().join("Cargo.lock"), "version = 4\n").unwrap();
        let mut sources = Sources::load(library.path(), None).unwrap();
        let fetch = Fetch {
            cargo: Path::new("cargo"),
            rustc: Path::new("rustc"),
            cargo_home: None,
            target: OsStr::new("/x/board.json"),
            unwinder: false,
            offline: true,
        };
        let error = sources
            .fetch(&fetch, &[locked("00")], &crate::progress::Silent)
            .unwrap_err();
        let text = error.into_diagnostic().to_string();
        assert!(text.contains("libc 0.2.1"), "{text}");
        assert!(
            text.contains("cargo fetch --locked --manifest-path"),
            "{text}"
        );
        assert!(!text.contains("board.json"), "{text}");
        let arguments = fetch.arguments(library.path());
        assert!(arguments.contains(&"-Zjson-target-spec".to_owned()));
    }
}
