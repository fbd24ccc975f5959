//! The crate `test` for sysroots whose targets std's own crate does not serve.
//!
//! std's needs std, and on wasm, where a panic cannot be caught, it ends with the first failing test. Ours (`harness/`)
//! is part of every such sysroot, even if no tests are built: it is small, and `xsys build` and `xsys test` share the
//! entry.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use xsys_target::{CrateSet, Rustc, Target};

use crate::Error;
use crate::compile::{Call, common_flags, has_separate_metadata, remap, root, virtual_root};
use crate::digest::sha256;
use crate::settings::Settings;

/// The crate's files.
const FILES: [(&str, &str); 6] = [
    ("bare.rs", include_str!("../harness/bare.rs")),
    ("lib.rs", include_str!("../harness/lib.rs")),
    ("machine.rs", include_str!("../harness/machine.rs")),
    ("types.rs", include_str!("../harness/types.rs")),
    ("wire.rs", include_str!("../harness/wire.rs")),
    ("with_std.rs", include_str!("../harness/with_std.rs")),
];

/// Crates of the sysroot that it may need.
const DEPENDENCIES: [&str; 3] = ["core", "compiler_builtins", "std"];

/// The harness as part of a sysroot.
pub(crate) struct Harness {
    with_std: bool,
}

impl Harness {
    /// Whether a sysroot has it; sysroots that have std's own do not.
    pub(crate) fn of(
        target: &Target,
        crates: CrateSet,
        settings: &Settings,
        release: &str,
    ) -> Option<Self> {
        let with_std = crates == CrateSet::Std;
        let dies_of_panics = target.is_wasm() && !target.is_emscripten();
        let wanted = !settings.test && (!with_std || dies_of_panics);
        // It is written for today's rustc: an older one must still be able to build programs, if
        // not tests.
        (wanted && has_separate_metadata(release)).then_some(Self { with_std })
    }

    /// Its digest, for the key.
    pub(crate) fn digest(&self) -> String {
        let files = FILES.map(|(name, text)| format!("{name} {}\n{text}", text.len()));
        sha256(files.concat().as_bytes())
    }

    /// Writes the sources into a sysroot, where debuggers and rustc's messages find them.
    pub(crate) fn write(&self, sysroot: &Path) -> Result<PathBuf, Error> {
        let directory = sysroot.join("test");
        std::fs::create_dir_all(&directory).map_err(Error::cache("create", &directory))?;
        for (name, text) in FILES {
            let path = directory.join(name);
            std::fs::write(&path, text).map_err(Error::cache("write", &path))?;
        }
        Ok(directory)
    }

    /// The compiler's call, after those of the crates it depends on.
    pub(crate) fn call(&self, build: &HarnessBuild<'_>) -> Call {
        let hash = &self.digest()[..16];
        let mut arguments: Vec<OsString> = Vec::new();
        let mut push = |argument: String| arguments.push(argument.into());
        push("--crate-name=test".to_owned());
        push("--edition=2024".to_owned());
        push("--error-format=json".to_owned());
        push("--json=artifacts".to_owned());
        for flag in common_flags(build.settings, build.rustc.release()) {
            // The code that rustc generates around `#[test]` may use this crate on stable, too.
            if flag != "-Zforce-unstable-if-unmarked" {
                push(flag);
            }
        }
        push(format!("-Copt-level={}", build.settings.opt_level));
        push("-Ccodegen-units=1".to_owned());
        push(format!("-Cpanic={}", build.settings.panic));
        push(format!("-Cmetadata={hash}"));
        push(format!("-Cextra-filename=-{hash}"));
        if self.with_std {
            push("--cfg=xsys_std".to_owned());
        }
        let mut waits_for = Vec::new();
        for (index, (name, hash)) in build.crates.iter().enumerate() {
            if DEPENDENCIES.contains(&name.as_str()) {
                let mut argument = OsString::from(format!("--extern={name}="));
                argument.push(build.out_dir.join(format!("lib{name}-{hash}.rmeta")));
                arguments.push(argument);
            }
            // rustc also reads the metadata of indirect dependencies.
            waits_for.push(index);
        }
        for (flag, path) in [
            ("--out-dir=", build.out_dir),
            ("-Ldependency=", build.out_dir),
            ("--sysroot=", build.empty_sysroot),
            ("--target=", build.target),
        ] {
            let mut argument = OsString::from(flag);
            argument.push(path);
            arguments.push(argument);
        }
        // Code from core's macros has the paths of core's sources on this machine.
        arguments.push(remap(root(build.library), &virtual_root(build.rustc)));
        arguments.push(remap(build.sources, "/xsys/test"));
        arguments.extend(build.settings.rustflags.iter().map(OsString::from));
        arguments.push(build.sources.join("lib.rs").into());
        Call {
            name: "test".to_owned(),
            file_stem: format!("libtest-{hash}"),
            arguments,
            env: vec![("RUSTC_BOOTSTRAP".to_owned(), "1".to_owned())],
            waits_for,
            cost: FILES.iter().map(|(_, text)| text.len() as u64).sum(),
        }
    }
}

/// The parts of the call.
pub(crate) struct HarnessBuild<'a> {
    pub settings: &'a Settings,
    pub rustc: &'a Rustc,
    /// The directory `library` of rust-src.
    pub library: &'a Path,
    /// The directory of the sources.
    pub sources: &'a Path,
    pub out_dir: &'a Path,
    pub empty_sysroot: &'a Path,
    /// The triple, or the spec's file.
    pub target: &'a Path,
    /// Names and hashes of the other crates, in the order of their calls.
    pub crates: Vec<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_are_listed() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("harness");
        let mut there: Vec<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        assert_eq!(there, FILES.map(|(name, _)| name));
    }
}
