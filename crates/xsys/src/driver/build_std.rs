//! `-Zbuild-std`, as a flag or as `[unstable] build-std`: its crates come from our cache.
//!
//! If it took effect, cargo would compile the standard library once more, and its copy would win over ours. A flag is
//! removed from the command line. A configuration file cannot be overridden: cargo joins lists, and takes an empty one
//! for std. So cargo gets an empty library to build: a workspace with one package, in the place where cargo's own tests
//! put theirs (`src/cargo/core/compiler/standard_lib.rs` in cargo's sources).

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use xsys_diag::Diagnostic;
use xsys_target::CrateSet;

use crate::cli::CargoFlags;
use crate::error::file;
use crate::files::replace;
use crate::project::cargo_config::{CargoConfig, split};

const CRATES: &str = "build-std";
const FEATURES: &str = "build-std-features";

/// What `-Zbuild-std` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BuildStd {
    pub crates: CrateSet,
    /// The features instead of std's default ones.
    features: Option<Vec<String>>,
    /// Whether it comes from a flag, which wins over a file.
    pub by_flag: bool,
    /// Whether it comes from a file.
    by_file: bool,
}

impl BuildStd {
    pub(crate) fn of(config: &CargoConfig, flags: &CargoFlags) -> Option<Self> {
        let list = |name| {
            let by_flag = flags.unstable(name).map(commas);
            by_flag.or_else(|| match config.unstable(name) {
                Value::Null => None,
                value => Some(split(value).iter().flat_map(|text| commas(text)).collect()),
            })
        };
        Some(Self {
            crates: crates(&list(CRATES)?),
            features: list(FEATURES),
            by_flag: flags.unstable(CRATES).is_some(),
            by_file: !config.unstable(CRATES).is_null(),
        })
    }

    /// The same features in the form of our settings: additional ones, and `-NAME` for fewer.
    pub(crate) fn features(&self, crates: CrateSet) -> Vec<String> {
        let Some(features) = &self.features else {
            return Vec::new();
        };
        if crates != CrateSet::Std {
            // Those of core and alloc; the rest are std's.
            let deep = |name: &&String| {
                name.starts_with("compiler-builtins") || *name == "optimize_for_size"
            };
            return features.iter().filter(deep).cloned().collect();
        }
        let missing = ["backtrace", "panic-unwind"]
            .iter()
            .filter(|&&name| !features.iter().any(|given| given == name))
            .map(|name| format!("-{name}"));
        let given = features.iter().filter(|name| *name != "default");
        given.cloned().chain(missing).collect()
    }

    /// Keeps cargo from building the standard library because of a file. `directory` is in cargo's
    /// target directory.
    pub(crate) fn switch_off(
        &self,
        command: &mut Command,
        directory: &Path,
    ) -> Result<(), Diagnostic> {
        if !self.by_file {
            return Ok(());
        }
        std::fs::create_dir_all(directory).map_err(|error| file("create", directory, &error))?;
        for (name, content) in NOTHING {
            let path = directory.join(name);
            // cargo compares the times of files.
            if std::fs::read(&path).ok().as_deref() != Some(content.as_bytes()) {
                replace(&path, content.as_bytes())?;
            }
        }
        command
            .env("__CARGO_TESTS_ONLY_SRC_ROOT", directory)
            .args(["-Zbuild-std=sysroot", "-Zbuild-std-features="]);
        Ok(())
    }
}

/// cargo looks for a package `sysroot`.
const NOTHING: [(&str, &str); 3] = [
    (
        "Cargo.toml",
        "[workspace]\n\n[package]\nname = \"sysroot\"\nversion = \"0.0.0\"\nedition = \"2024\"\ndescription = \"Nothing: xsys brings the standard library\"\n\n[lib]\npath = \"lib.rs\"\n",
    ),
    (
        "Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"sysroot\"\nversion = \"0.0.0\"\n",
    ),
    ("lib.rs", "#![no_std]\n"),
];

/// The user's flags without those that xsys handles.
pub(crate) fn without(flags: &[OsString]) -> Vec<OsString> {
    let ours = |text: &str| {
        let name = text.split('=').next().unwrap_or(text);
        name == CRATES || name == FEATURES
    };
    let mut kept = Vec::new();
    let mut rest = flags.iter().peekable();
    while let Some(flag) = rest.next() {
        let text = flag.to_string_lossy();
        match text.strip_prefix("-Z") {
            Some("")
                if rest
                    .peek()
                    .is_some_and(|next| ours(&next.to_string_lossy())) =>
            {
                rest.next();
            }
            Some(name) if ours(name) => {}
            _ => kept.push(flag.clone()),
        }
    }
    kept
}

/// The largest set that is named; cargo takes an empty list for std.
fn crates(names: &[String]) -> CrateSet {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    if names.is_empty() || ["std", "test", "proc_macro"].iter().any(|name| has(name)) {
        CrateSet::Std
    } else if has("alloc") {
        CrateSet::Alloc
    } else {
        CrateSet::Core
    }
}

fn commas(text: &str) -> Vec<String> {
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(files: &str, line: &str) -> Option<BuildStd> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        BuildStd::of(&CargoConfig::of(files, "", &[]), &CargoFlags::read(&words))
    }

    #[test]
    fn flags_and_files_are_understood() {
        let file = "[unstable]\nbuild-std = [\"core\", \"alloc\"]\nbuild-std-features = [\"compiler-builtins-mem\"]";
        for (files, line, crates, features) in [
            (file, "", CrateSet::Alloc, &["compiler-builtins-mem"][..]),
            (
                file,
                "-Zbuild-std=core",
                CrateSet::Core,
                &["compiler-builtins-mem"],
            ),
            (
                "",
                "-Z build-std=core,compiler_builtins",
                CrateSet::Core,
                &[],
            ),
            ("", "-Zbuild-std", CrateSet::Std, &[]),
            (
                "",
                "-Zbuild-std=std,panic_abort -Zbuild-std-features=x,backtrace",
                CrateSet::Std,
                &["x", "backtrace", "-panic-unwind"],
            ),
            (
                "",
                "-Zbuild-std -Zbuild-std-features=",
                CrateSet::Std,
                &["-backtrace", "-panic-unwind"],
            ),
            (
                "",
                "-Zbuild-std=core -Zbuild-std-features=backtrace",
                CrateSet::Core,
                &[],
            ),
        ] {
            let asked = asked(files, line).unwrap();
            assert_eq!(asked.crates, crates, "{line}");
            assert_eq!(asked.features(crates), features, "{line}");
        }
        assert_eq!(asked("", "-Zbuild-std-features=x"), None);
    }

    #[test]
    fn only_these_flags_are_taken_out() {
        let words = |line: &str| {
            line.split_whitespace()
                .map(OsString::from)
                .collect::<Vec<_>>()
        };
        for (line, expected) in [
            ("-r -Zbuild-std -q", "-r -q"),
            (
                "-Z build-std=core -Z bindeps -Zbuild-std-features=a",
                "-Z bindeps",
            ),
            ("-Z", "-Z"),
        ] {
            assert_eq!(without(&words(line)), words(expected), "{line}");
        }
    }
}
