//! From a request to a sysroot: the steps from key to published entry.
//!
//! 1. the inputs: rust-src (installed if missing) and its digest, the C pieces, the key;
//! 2. if the entry exists, this is the end: no lock, no process, and nothing is written but the time of use;
//! 3. the key's lock, and another look: another process may have built it meanwhile;
//! 4. a staging directory with the spec in it, which rustc reads from there;
//! 5. the plan: cfgs, packages (downloaded if missing), features, compiler calls;
//! 6. compilation;
//! 7. the manifest;
//! 8. one rename.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cargo_platform::Cfg;
use serde_json::{Value, json};
use xsys_target::{CrateSet, Kind, Target};

use crate::build_script::Facts;
use crate::c_pieces::{self, Pieces, Unwinder};
use crate::compile::{
    Call, Calls, Compilation, common_flags, has_separate_metadata, library_directory, root, shown,
    unwind_flags,
};
use crate::harness::{Harness, HarnessBuild};
use crate::integrity::Damage;
use crate::key::Inputs;
use crate::resolve::{Resolution, TargetPlatform, Unit, Wanted, resolve};
use crate::resume::Journal;
use crate::schedule::{self, Stopped};
use crate::settings::{Panic, Settings};
use crate::sources::{Fetch, Sources, cargo_home};
use crate::store::{Cache, JOURNAL, MANIFEST, PARTIAL_KEPT, Staging};
use crate::toolchain::Toolchain;
use crate::{Error, Progress, Silent, digest, jobs, renamed, source_link};

/// A request for a sysroot.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Where programs are to run.
    pub target: &'a Target,
    /// The compiler the sysroot is for.
    pub toolchain: &'a Toolchain,
    /// Which crates.
    pub crates: CrateSet,
    /// The profile.
    pub settings: Settings,
    /// Whether downloads are forbidden.
    pub offline: bool,
    /// Where sysroots are kept.
    pub cache: &'a Cache,
    /// Compilers at once, where no jobserver says otherwise; by default one per CPU.
    pub jobs: Option<usize>,
}

/// A sysroot that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sysroot {
    /// For `--sysroot`.
    pub path: PathBuf,
    /// For `--target`, where the target is not built into rustc: rlibs of a custom target are
    /// bound to the spec's exact text, so it has to be this file.
    pub spec: Option<PathBuf>,
    /// Its name in the cache.
    pub key: String,
    /// Whether it was built just now.
    pub built: bool,
    /// How often rustc was called for it.
    pub rustc_calls: usize,
    /// How long it took.
    pub wall: Duration,
}

/// Finds or builds the sysroot for a request.
///
/// # Errors
/// If the sysroot can be neither found nor built.
pub fn ensure(request: &Request<'_>, progress: &dyn Progress) -> Result<Sysroot, Error> {
    let start = Instant::now();
    let build = Build::prepare(request, progress)?;
    let cache = request.cache;
    let found_as = |key: &str, path: PathBuf, rustc_calls: Option<usize>| {
        source_link::ensure(&path, &build.library);
        Sysroot {
            spec: (request.target.kind == Kind::Json).then(|| path.join(&build.spec_file)),
            path,
            key: key.to_owned(),
            built: rustc_calls.is_some(),
            rustc_calls: rustc_calls.unwrap_or(0),
            wall: start.elapsed(),
        }
    };
    let found = |path, rustc_calls| found_as(&build.key, path, rustc_calls);
    if let Some(path) = intact(cache, &build.key, progress) {
        return Ok(found(path, None));
    }
    if let Some((key, path)) = build.renamed(progress) {
        return Ok(found_as(&key, path, None));
    }
    cache.prepare()?;
    let _lock = cache.lock(&build.key, progress)?;
    if let Some(path) = intact(cache, &build.key, &Silent) {
        return Ok(found(path, None));
    }
    if let Some((key, path)) = build.renamed(&Silent) {
        return Ok(found_as(&key, path, None));
    }
    cache.clean_staging(Some(&build.key), PARTIAL_KEPT);
    if let Some((key, path)) = build.rename()? {
        return Ok(found_as(&key, path, Some(1)));
    }
    let mut staging = cache.stage_again(&build.key)?;
    let rustc_calls = build.run(&staging, progress).inspect_err(|error| {
        // On a full disk even a small file may fail.
        staging.keep = !error.is_disk_full();
    })?;
    let path = cache.publish(&build.key, staging)?;
    Ok(found(path, Some(rustc_calls)))
}

/// The entry, if it exists and is as it was published; damage is reported.
fn intact(cache: &Cache, key: &str, progress: &dyn Progress) -> Option<PathBuf> {
    let path = cache.published(key)?;
    let damage = cache.damage(key);
    if let Some(Damage { file, fault }) = damage.first() {
        let name = Path::new(file).file_name().unwrap_or_default();
        let more = match damage.len() {
            1 => String::new(),
            count => format!(", and {} more files are damaged", count - 1),
        };
        progress.message(&format!(
            "made again: `{}` in the cache {fault}{more}",
            name.display()
        ));
        return None;
    }
    cache.touch(key);
    Some(path)
}

/// A request with everything that its key is made of.
struct Build<'a> {
    request: &'a Request<'a>,
    settings: Settings,
    library: PathBuf,
    pieces: Option<Pieces>,
    harness: Option<Harness>,
    unwind_flags: Vec<String>,
    inputs: Value,
    key: String,
    spec_file: String,
}

impl<'a> Build<'a> {
    fn prepare(request: &'a Request<'a>, progress: &dyn Progress) -> Result<Build<'a>, Error> {
        let Request {
            target,
            toolchain,
            crates,
            offline,
            cache,
            ..
        } = *request;
        check_name(&target.name)?;
        let mut settings = request.settings.clone();
        settings.test &= crates == CrateSet::Std;
        let library = toolchain.library(offline, progress)?;
        let wanted = c_pieces::wanted(target).filter(|_| crates == CrateSet::Std);
        let pieces = wanted
            .map(|wanted| {
                c_pieces::find(
                    &wanted, target, toolchain, &library, offline, cache, progress,
                )
            })
            .transpose()?;
        let release = toolchain.rustc.release();
        let harness = Harness::of(target, crates, &settings, release);
        let harness_digest = harness.as_ref().map(Harness::digest);
        let unwind = unwind_flags(target, &settings);
        let inputs = Inputs {
            target: &target.name,
            custom: target.kind == Kind::Json,
            spec: &target.digest(),
            release: toolchain.rustc.release(),
            commit: toolchain.rustc.commit_hash(),
            rust_src: &digest::directory(&library, cache)?,
            crates,
            settings: &settings,
            flags: &[
                common_flags(&settings, toolchain.rustc.release()),
                unwind.clone(),
                settings.rustflags.clone(),
            ]
            .concat(),
            memory_functions: target.has_libc() && target.needs_mem_functions(crates),
            pieces: pieces
                .as_ref()
                .map(|pieces| (pieces.kit.name, pieces.digest.as_str())),
            harness: harness_digest.as_deref(),
        };
        Ok(Build {
            key: inputs.key(),
            inputs: inputs.to_json(),
            spec_file: format!("{}.json", target.name),
            unwind_flags: unwind,
            request,
            settings,
            library,
            pieces,
            harness,
        })
    }

    /// An existing entry with the same spec under another name.
    fn renamed(&self, progress: &dyn Progress) -> Option<(String, PathBuf)> {
        let cache = self.request.cache;
        if self.request.target.kind != Kind::Json {
            return None;
        }
        let key = renamed::made(cache, &self.inputs)?;
        let path = intact(cache, &key, progress)?;
        Some((key, path))
    }

    /// Makes an entry of one that has the same spec under another name. The caller holds the lock.
    fn rename(&self) -> Result<Option<(String, PathBuf)>, Error> {
        let Request {
            target,
            toolchain,
            cache,
            ..
        } = *self.request;
        if target.kind != Kind::Json {
            return Ok(None);
        }
        let Some(twin) = renamed::twin(cache, &self.inputs) else {
            return Ok(None);
        };
        if !cache.damage(&twin.key).is_empty() {
            return Ok(None);
        }
        let inputs = renamed::inputs_from(&self.inputs, &twin.target);
        let key = digest::sha256(inputs.to_string().as_bytes());
        let staging = cache.stage(&key)?;
        let text = renamed::spec_text(&target.canonical_json(), &target.name);
        let name = renamed::Name {
            name: &target.name,
            text: &text,
        };
        let Some(files) = renamed::copy(&twin, &name, &staging.path) else {
            return Ok(None);
        };
        let spec = staging.path.join(&self.spec_file);
        if !renamed::is_taken(&toolchain.rustc, &staging.path, &spec) {
            return Ok(None);
        }
        let mut manifest = twin.manifest.clone();
        manifest["inputs"] = inputs;
        manifest["files"] = files.into();
        let path = staging.path.join(MANIFEST);
        std::fs::write(&path, format!("{manifest:#}\n")).map_err(Error::cache("write", &path))?;
        let path = cache.publish(&key, staging)?;
        Ok(Some((key, path)))
    }

    /// Fills the staging directory. Returns the number of calls of rustc.
    fn run(&self, staging: &Staging, progress: &dyn Progress) -> Result<usize, Error> {
        let Request {
            target,
            toolchain,
            cache,
            jobs,
            ..
        } = *self.request;
        let spec = staging.path.join(&self.spec_file);
        let mut text = target.canonical_json();
        if target.kind == Kind::Json {
            text = renamed::spec_text(&text, &target.name);
        }
        std::fs::write(&spec, text).map_err(Error::cache("write", &spec))?;
        let out_dir = library_directory(&staging.path, &target.name);
        std::fs::create_dir_all(&out_dir).map_err(Error::cache("create", &out_dir))?;
        let target_argument: OsString = match target.kind {
            Kind::Json => spec.into(),
            Kind::Builtin => target.name.clone().into(),
        };
        let cfgs = toolchain
            .rustc
            .cfg(&target_argument, &self.settings.rustflags)
            .map_err(|error| Error::Rustc(Box::new(error.into_diagnostic())))?;
        let platform = TargetPlatform {
            name: target.name.clone(),
            cfgs: cfgs.iter().filter_map(|cfg| cfg.parse().ok()).collect(),
        };
        let facts = self.facts(platform.cfgs.clone());
        let (sources, units) = self.plan(&platform, &facts, &target_argument, progress)?;
        let compilation = Compilation {
            rustc: &toolchain.rustc,
            sources: &sources,
            target: &target_argument,
            out_dir: &out_dir,
            empty_sysroot: &staging.path.join("none"),
            settings: &self.settings,
            unwind_flags: &self.unwind_flags,
            facts: &facts,
        };
        let Calls {
            mut calls,
            unknown,
            restricted_std,
        } = compilation.calls(&units)?;
        // Reported before half a minute of compilation instead of after it.
        let unknown_system = restricted_std && !["unix", "windows"].iter().any(|f| facts.flag(f));
        // std's script lists every wasm target.
        let no_system = target.is_wasm() && target.is_bare_metal();
        if unknown_system || (no_system && self.request.crates == CrateSet::Std) {
            return Err(Error::NoStd {
                os: target.os().to_owned(),
                release: toolchain.rustc.release().to_owned(),
            });
        }
        if !unknown.is_empty() {
            progress.message(&format!(
                "rustc {} can configure its library in ways this version of xsys does not know; left alone: {}",
                toolchain.rustc.release(),
                unknown.join(", ")
            ));
        }
        if let Some(harness) = &self.harness {
            calls.push(harness.call(&HarnessBuild {
                settings: &self.settings,
                rustc: &toolchain.rustc,
                library: &self.library,
                sources: &harness.write(&staging.path)?,
                out_dir: &out_dir,
                empty_sysroot: compilation.empty_sysroot,
                target: Path::new(&target_argument),
                crates: compilation.names(&units),
            }));
        }
        let jobserver = jobs::client(jobs).map_err(|source| Error::Start {
            program: toolchain.rustc.program().to_owned(),
            source,
        })?;
        let journal = Journal::new(&staging.path, &out_dir);
        let made = schedule::run(
            &toolchain.rustc,
            root(&self.library),
            &calls,
            &jobserver,
            progress,
            &journal,
        )
        .map_err(|stopped| self.stopped(stopped, &calls, cache))?;
        if !has_separate_metadata(toolchain.rustc.release()) {
            remove_metadata(&out_dir)?;
        }
        if let Some(pieces) = &self.pieces {
            c_pieces::install(pieces, &out_dir.join("self-contained"))?;
        }
        self.write_manifest(&staging.path, &sources, &units)?;
        journal.end();
        Ok(made + 1)
    }

    /// Reads the library's manifests, with the help of cargo where packages are missing.
    fn plan(
        &self,
        platform: &TargetPlatform,
        facts: &Facts,
        target_argument: &OsString,
        progress: &dyn Progress,
    ) -> Result<(Sources, Vec<Unit>), Error> {
        let cargo_home = cargo_home();
        let mut sources = Sources::load(&self.library, cargo_home.as_deref())?;
        let wanted = self.wanted(facts);
        let missing = match resolve(&sources, &wanted, platform)? {
            Resolution::Units(units) => return Ok((sources, units)),
            Resolution::Missing(missing) => missing,
        };
        let fetch = Fetch {
            cargo: &self.request.toolchain.cargo,
            rustc: self.request.toolchain.rustc.program(),
            cargo_home: cargo_home.as_deref(),
            target: target_argument,
            unwinder: wanted.unwinder,
            offline: self.request.offline,
        };
        sources.fetch(&fetch, &missing, progress)?;
        match resolve(&sources, &wanted, platform)? {
            Resolution::Units(units) => Ok((sources, units)),
            Resolution::Missing(missing) => Err(sources.still_missing(&fetch, &missing)),
        }
    }

    fn wanted(&self, facts: &Facts) -> Wanted {
        let target = self.request.target;
        let mut default_features = Vec::new();
        if target.needs_mem_functions(self.request.crates) {
            default_features.push("compiler-builtins-mem");
        }
        if self.request.crates == CrateSet::Std {
            if self.settings.panic == Panic::Unwind {
                default_features.push("panic-unwind");
            }
            // On other targets std cannot walk the stack or name frames, and six crates are not
            // needed.
            if facts.flag("unix") || facts.flag("windows") {
                default_features.push("backtrace");
            }
        }
        let mut features = Vec::new();
        for feature in &self.settings.features {
            match feature.strip_prefix('-') {
                Some(name) => default_features.retain(|&default| default != name),
                None => features.push(feature.clone()),
            }
        }
        Wanted {
            crates: self.request.crates,
            test: self.settings.test,
            default_features,
            features,
            unwinder: self
                .pieces
                .as_ref()
                .is_some_and(|pieces| pieces.unwinder == Unwinder::InRust),
        }
    }

    fn facts(&self, cfgs: Vec<Cfg>) -> Facts {
        let target = self.request.target;
        Facts {
            cfgs,
            llvm_target: target.llvm_target().to_owned(),
            needs_mem_functions: target.needs_mem_functions(self.request.crates),
            opt_level: self.settings.opt_level,
            nightly: self.request.toolchain.rustc.is_nightly(),
        }
    }

    fn stopped(&self, stopped: Stopped, calls: &[Call], cache: &Cache) -> Error {
        let failure = match stopped {
            Stopped::Start(error) => return error,
            Stopped::Failed(failure) => failure,
        };
        if failure.output.contains("No space left on device") {
            return Error::Cache {
                action: "write",
                path: cache.root().to_owned(),
                source: std::io::ErrorKind::StorageFull.into(),
            };
        }
        let call = calls.get(failure.call);
        let target = self.request.target;
        Error::Compile {
            crate_name: call.map(|call| call.name.clone()).unwrap_or_default(),
            target: target.name.clone(),
            output: failure.output,
            command: call.map_or_else(String::new, |call| {
                shown(&self.request.toolchain.rustc, call)
            }),
        }
    }

    /// Writes down what the entry is; its presence makes the directory an entry.
    fn write_manifest(
        &self,
        staging: &Path,
        sources: &Sources,
        units: &[Unit],
    ) -> Result<(), Error> {
        let crates: Vec<Value> = units
            .iter()
            .map(|unit| {
                let package = &unit.package;
                let locked = sources.lock.packages.iter().find(|locked| {
                    locked.name == package.name && locked.version == package.version
                });
                json!({
                    "name": package.name,
                    "version": package.version.to_string(),
                    "features": unit.features,
                    "checksum": locked.and_then(|locked| locked.checksum.as_deref()),
                })
            })
            .collect();
        let mut files = Vec::new();
        let outputs = |name: &String| name != JOURNAL && name != MANIFEST;
        for name in files_below(staging)?.into_iter().filter(outputs) {
            let path = staging.join(&name);
            let size = std::fs::metadata(&path)
                .map_err(Error::cache("read", &path))?
                .len();
            files.push(json!({
                "path": name,
                "size": size,
                "sha256": digest::sha256_file(&path).map_err(Error::cache("read", &path))?,
            }));
        }
        let manifest = json!({
            "inputs": self.inputs,
            "crates": crates,
            "c-library": self.pieces.as_ref().map(|pieces| pieces.origin.as_str()),
            "files": files,
        });
        let path = staging.join("manifest.json");
        std::fs::write(&path, format!("{manifest:#}\n")).map_err(Error::cache("write", &path))
    }
}

/// A name that a directory and a file can have on every system.
fn check_name(name: &str) -> Result<(), Error> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(allowed) {
        return Err(Error::TargetName {
            name: name.to_owned(),
        });
    }
    Ok(())
}

/// Older compilers write metadata into the rlibs as well; there the separate files only serve to
/// start dependents early.
fn remove_metadata(directory: &Path) -> Result<(), Error> {
    let entries = std::fs::read_dir(directory).map_err(Error::cache("read", directory))?;
    for entry in entries {
        let path = entry.map_err(Error::cache("read", directory))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "rmeta")
        {
            std::fs::remove_file(&path).map_err(Error::cache("remove", &path))?;
        }
    }
    Ok(())
}

/// All files below a directory, relative with `/`, sorted.
fn files_below(root: &Path) -> Result<Vec<String>, Error> {
    let mut files = Vec::new();
    let mut directories = vec![String::new()];
    while let Some(prefix) = directories.pop() {
        let directory = root.join(&prefix);
        let entries = std::fs::read_dir(&directory).map_err(Error::cache("read", &directory))?;
        for entry in entries {
            let entry = entry.map_err(Error::cache("read", &directory))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry
                .file_type()
                .map_err(Error::cache("read", &directory))?;
            if kind.is_dir() {
                directories.push(format!("{name}/"));
            } else {
                files.push(name);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_their_directory() {
        for name in ["a", "armv7-x.y_z", "board1"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "..", ".a", "a/b", "a\\b", "a b"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
