//! From a resolved crate to a rustc command line.
//!
//! The flags are those of the official builds (`[profile.dist]` of the library's manifest, and what bootstrap adds)
//! wherever users can see a difference: paths are mapped to those that debuggers and backtraces know
//! (`/rustc/<commit>/library/…`), line and unwind tables are there, and bitcode is embedded so that `lto = true` works.
//! One code generation unit per crate gives the best code (core's time goes into type checking anyway).
//! compiler_builtins gets one object per function so that it never clashes with a C runtime. Nothing in an rlib depends
//! on where the toolchain, the registry or the cache are: the same key gives the same bytes on every machine.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use xsys_target::{Rustc, Target};

use crate::build_script::{Facts, Printed, printed};
use crate::digest::sha256;
use crate::manifest::Package;
use crate::resolve::Unit;
use crate::settings::{DebugLevel, OptLevel, Panic, Settings};
use crate::sources::Sources;
use crate::{Error, unwinder};

/// One compiler call, ready to be started.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The crate, for progress and errors.
    pub name: String,
    /// The name of the files that it writes, without their endings.
    pub file_stem: String,
    pub arguments: Vec<OsString>,
    pub env: Vec<(String, String)>,
    /// Indexes of the calls whose metadata this one reads.
    pub waits_for: Vec<usize>,
    /// An estimate of how long it takes, for the order of starts: the size of the sources.
    pub cost: u64,
}

/// The calls for a sysroot, and what was noticed while they were put together.
pub(crate) struct Calls {
    pub calls: Vec<Call>,
    /// cfgs of build scripts without a row in the table.
    pub unknown: Vec<String>,
    /// Whether std does not list the target's operating system among its own.
    pub restricted_std: bool,
}

/// Everything the calls of one sysroot share.
pub(crate) struct Compilation<'a> {
    pub rustc: &'a Rustc,
    pub sources: &'a Sources,
    /// The triple, or the spec's file.
    pub target: &'a OsStr,
    /// Where rlibs go.
    pub out_dir: &'a Path,
    /// An empty directory as `--sysroot`: the toolchain's own crates must not be found.
    pub empty_sysroot: &'a Path,
    pub settings: &'a Settings,
    /// What [`unwind_flags`] says.
    pub unwind_flags: &'a [String],
    pub facts: &'a Facts,
}

/// The first release whose compiler can keep metadata out of rlibs, as the official builds do.
const SEPARATE_METADATA_SINCE: u64 = 90;

/// Whether metadata stays in files beside the rlibs: it is by far the largest part of core, and
/// there it can be mapped by the compiler and is out of the linker's way.
pub(crate) fn has_separate_metadata(release: &str) -> bool {
    let mut numbers = release.split('.').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(1)), Some(Ok(minor))) => minor >= SEPARATE_METADATA_SINCE,
        (Some(Ok(major)), _) => major > 1,
        _ => false,
    }
}

/// The flags that all crates of a sysroot are compiled with. They are part of the key.
pub(crate) fn common_flags(settings: &Settings, release: &str) -> Vec<String> {
    let mut flags: Vec<String> = [
        "--crate-type=rlib",
        "--emit=metadata,link",
        "--cap-lints=allow",
        "-Zunstable-options",
        "-Zforce-unstable-if-unmarked",
        "-Cembed-bitcode=yes",
        "-Cdebug-assertions=off",
        "-Coverflow-checks=off",
    ]
    .map(str::to_owned)
    .into();
    if has_separate_metadata(release) {
        flags.push("-Zembed-metadata=no".to_owned());
    }
    // Only for targets that need it, so that no other key depends on it.
    flags.extend(settings.cpu.iter().map(|cpu| format!("-Ctarget-cpu={cpu}")));
    flags
}

/// Flags for unwind tables where no panic strategy asks for them. They are part of the key.
///
/// bootstrap sets them on RISC-V, and rustc's own AArch64 targets have them by default: without them, functions that do
/// not return (all that panic) do not save their return address, and every backtrace from a panic handler ends there.
/// On bare metal, scripts often drop `.eh_frame`, so debuggers get the same tables once more in `.debug_frame`, which
/// is never loaded.
pub(crate) fn unwind_flags(target: &Target, settings: &Settings) -> Vec<String> {
    let arch = target.arch();
    let has_link_register = arch == "aarch64" || arch.starts_with("riscv");
    if !has_link_register || settings.panic == Panic::ImmediateAbort {
        return Vec::new();
    }
    let mut flags = vec!["-Cforce-unwind-tables=yes".to_owned()];
    if target.is_bare_metal() && settings.debug != DebugLevel::None {
        flags.push("-Cllvm-args=--force-dwarf-frame-section".to_owned());
    }
    flags
}

/// How the official builds name the directory that the library's sources are in.
pub(crate) fn virtual_root(rustc: &Rustc) -> String {
    let name = match rustc.commit_hash() {
        "unknown" => rustc.release(),
        commit => commit,
    };
    format!("/rustc/{name}")
}

/// The directory that compilers work in: as in the official builds the one above `library`, so that
/// debug information has the same paths, relative to the same directory.
pub(crate) fn root(library: &Path) -> &Path {
    library.parent().unwrap_or(library)
}

impl Compilation<'_> {
    /// The calls for `units`, in the same order.
    pub(crate) fn calls(&self, units: &[Unit]) -> Result<Calls, Error> {
        let hashes = self.hashes(units);
        let mut calls = Vec::new();
        let mut unknown = Vec::new();
        let mut restricted_std = false;
        for (unit, hash) in units.iter().zip(&hashes) {
            let printed = printed(&unit.package, self.facts)?;
            restricted_std |= printed.cfgs.iter().any(|cfg| cfg == "restricted_std");
            for cfg in &printed.unknown {
                unknown.push(format!("{}: {cfg}", unit.package.name));
            }
            calls.push(self.call(unit, hash, units, &hashes, printed));
        }
        Ok(Calls {
            calls,
            unknown,
            restricted_std,
        })
    }

    /// The crates' names and hashes.
    pub(crate) fn names(&self, units: &[Unit]) -> Vec<(String, String)> {
        let names = units.iter().map(|unit| unit.package.lib_name.clone());
        names.zip(self.hashes(units)).collect()
    }

    /// What distinguishes crates of one name, in file names and symbols; it depends neither on
    /// paths nor on the target.
    fn hashes(&self, units: &[Unit]) -> Vec<String> {
        let hash = |unit: &Unit| {
            let features: Vec<&str> = unit.features.iter().map(String::as_str).collect();
            let text = format!(
                "{} {} [{}] {} {}",
                unit.package.name,
                unit.package.version,
                features.join(","),
                self.rustc.release(),
                self.rustc.commit_hash()
            );
            let mut hash = sha256(text.as_bytes());
            hash.truncate(16);
            hash
        };
        units.iter().map(hash).collect()
    }

    fn call(
        &self,
        unit: &Unit,
        hash: &str,
        units: &[Unit],
        hashes: &[String],
        printed: Printed,
    ) -> Call {
        let package = &unit.package;
        let mut env = package_env(package);
        let arguments = self.arguments(unit, hash, units, hashes, &printed.cfgs);
        env.extend(printed.env);
        Call {
            name: package.lib_name.clone(),
            file_stem: format!("lib{}-{hash}", package.lib_name),
            arguments,
            env,
            waits_for: unit.dependencies.iter().map(|edge| edge.unit).collect(),
            cost: package
                .lib_path
                .parent()
                .map_or(0, size_below)
                .min(COST_LIMIT),
        }
    }

    /// The command line without the compiler.
    fn arguments(
        &self,
        unit: &Unit,
        hash: &str,
        units: &[Unit],
        hashes: &[String],
        cfgs: &[String],
    ) -> Vec<OsString> {
        let package = &unit.package;
        let mut arguments: Vec<OsString> = Vec::new();
        let mut push = |argument: String| arguments.push(argument.into());
        push(format!("--crate-name={}", package.lib_name));
        push(format!("--edition={}", package.edition));
        push("--error-format=json".to_owned());
        push("--json=artifacts".to_owned());
        for flag in common_flags(self.settings, self.rustc.release()) {
            push(flag);
        }
        for flag in self.unwind_flags {
            push(flag.clone());
        }
        let profile = self.sources.profiles.get(&package.name);
        push(format!("-Copt-level={}", self.opt_level(&package.name)));
        let units_of_code = profile.and_then(|profile| profile.codegen_units);
        push(format!("-Ccodegen-units={}", units_of_code.unwrap_or(1)));
        push(format!("-Cdebuginfo={}", self.debug(&package.name)));
        push(format!("-Cpanic={}", self.panic(&package.name)));
        push(format!("-Cmetadata={hash}"));
        push(format!("-Cextra-filename=-{hash}"));
        for feature in &unit.features {
            push(format!("--cfg=feature=\"{feature}\""));
        }
        for cfg in cfgs {
            push(format!("--cfg={cfg}"));
        }
        arguments.extend(self.dependencies(unit, units, hashes));
        let mut path_flag = |flag: &str, path: &Path| {
            let mut argument = OsString::from(flag);
            argument.push(path);
            arguments.push(argument);
        };
        path_flag("--out-dir=", self.out_dir);
        path_flag("-Ldependency=", self.out_dir);
        path_flag("--sysroot=", self.empty_sysroot);
        path_flag("--target=", Path::new(self.target));
        // The last prefix that fits is used.
        let root = root(self.sources.library());
        arguments.push(remap(root, &virtual_root(self.rustc)));
        if !is_path_dependency(&package.root, self.sources.library()) {
            let shown = format!("/rust/deps/{}-{}", package.name, package.version);
            arguments.push(remap(&package.root, &shown));
        }
        // The last one counts where a flag is given twice.
        arguments.extend(self.settings.rustflags.iter().map(OsString::from));
        arguments.push(package.lib_path.clone().into());
        arguments
    }

    /// The flags that name the crates it uses.
    fn dependencies(&self, unit: &Unit, units: &[Unit], hashes: &[String]) -> Vec<OsString> {
        let package = &unit.package;
        let mut arguments = Vec::new();
        for edge in &unit.dependencies {
            let (Some(other), Some(hash)) = (units.get(edge.unit), hashes.get(edge.unit)) else {
                continue;
            };
            let private = package.public_dependency && !edge.public;
            let file = format!("lib{}-{hash}.rmeta", other.package.lib_name);
            let mut argument = OsString::from("--extern=");
            argument.push(match edge.name.as_str() {
                // `unwind` does not name it.
                unwinder::CRATE => "force:",
                _ if private => "priv:",
                _ => "",
            });
            argument.push(format!("{}=", edge.name));
            argument.push(self.out_dir.join(file));
            arguments.push(argument);
        }
        arguments
    }

    /// The library's own manifest asks for smaller code in crates where speed does not matter.
    fn opt_level(&self, package: &str) -> OptLevel {
        let profile = self.sources.profiles.get(package);
        let asked = profile.and_then(|profile| level(profile.opt_level.as_ref()?));
        match (self.settings.opt_level, asked) {
            (OptLevel::O2 | OptLevel::O3, Some(asked)) => asked,
            (level, _) => level,
        }
    }

    /// The library's own manifest leaves debug information out of crates that only name frames.
    fn debug(&self, package: &str) -> DebugLevel {
        let profile = self.sources.profiles.get(package);
        let asked = profile.and_then(|profile| level(profile.debug.as_ref()?));
        match (self.settings.debug, asked) {
            (DebugLevel::LineTables | DebugLevel::Limited, Some(asked)) => asked,
            (level, _) => level,
        }
    }

    /// A panic runtime has to be compiled with the strategy it implements.
    fn panic(&self, package: &str) -> Panic {
        match package {
            "panic_abort" => Panic::Abort,
            "panic_unwind" => Panic::Unwind,
            _ => self.settings.panic,
        }
    }
}

/// What cargo tells a compiler of a package.
fn package_env(package: &Package) -> Vec<(String, String)> {
    let version = &package.version;
    vec![
        ("CARGO_CRATE_NAME".to_owned(), package.lib_name.clone()),
        ("CARGO_PKG_NAME".to_owned(), package.name.clone()),
        ("CARGO_PKG_VERSION".to_owned(), version.to_string()),
        (
            "CARGO_PKG_VERSION_MAJOR".to_owned(),
            version.major.to_string(),
        ),
        (
            "CARGO_PKG_VERSION_MINOR".to_owned(),
            version.minor.to_string(),
        ),
        (
            "CARGO_PKG_VERSION_PATCH".to_owned(),
            version.patch.to_string(),
        ),
        ("RUSTC_BOOTSTRAP".to_owned(), "1".to_owned()),
    ]
}

/// A level as manifests have it: a number or a word.
fn level<T: FromStr>(value: &toml::Value) -> Option<T> {
    match value {
        toml::Value::String(text) => text.parse().ok(),
        toml::Value::Integer(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// Whether a package is part of rust-src itself, not one of its vendored dependencies.
fn is_path_dependency(root: &Path, library: &Path) -> bool {
    root.strip_prefix(library)
        .is_ok_and(|relative| !relative.starts_with("vendor"))
}

pub(crate) fn remap(from: &Path, to: &str) -> OsString {
    let mut argument = OsString::from("--remap-path-prefix=");
    argument.push(from);
    argument.push("=");
    argument.push(to);
    argument
}

/// A larger crate is mostly code for other platforms, such as libc.
const COST_LIMIT: u64 = 1 << 20;

/// The size of all files below a directory; nothing where it cannot be read.
fn size_below(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_below(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .fold(0, u64::saturating_add)
}

/// A call as people would type it.
pub(crate) fn shown(rustc: &Rustc, call: &Call) -> String {
    let mut text = format!("RUSTC_BOOTSTRAP=1 {}", rustc.program().display());
    for argument in &call.arguments {
        let argument = argument.to_string_lossy();
        if argument.contains('"') {
            text.push_str(&format!(" '{argument}'"));
        } else {
            text.push_str(&format!(" {argument}"));
        }
    }
    text
}

/// Where in a sysroot rustc looks for a target's crates.
pub(crate) fn library_directory(sysroot: &Path, target: &str) -> PathBuf {
    sysroot.join("lib").join("rustlib").join(target).join("lib")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_with_separate_metadata() {
        for (release, expected) in [
            ("1.80.1", false),
            ("1.89.0-nightly", false),
            ("1.90.0", true),
            ("1.97.0-nightly", true),
            ("2.0.0", true),
            ("unknown", false),
        ] {
            assert_eq!(has_separate_metadata(release), expected, "{release}");
        }
    }

    #[test]
    fn vendored_packages_are_dependencies() {
        let library = Path::new("/t/library");
        for (root, expected) in [
            ("/t/library/core", true),
            ("/t/library/compiler-builtins/compiler-builtins", true),
            ("/t/library/vendor/libc-0.2.185", false),
            ("/cargo/registry/src/index/libc-0.2.185", false),
        ] {
            assert_eq!(is_path_dependency(Path::new(root), library), expected);
        }
    }

    #[test]
    fn flags_follow_the_settings() {
        let settings = Settings::default();
        let flags = common_flags(&settings, "1.95.0");
        assert!(flags.iter().all(|flag| !flag.contains('/')), "{flags:?}");
        assert_ne!(flags, common_flags(&settings, "1.80.0"));
    }
}
