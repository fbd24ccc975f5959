//! The C pieces that programs of some targets are linked with, although they are Rust: start-up objects and a C
//! library.
//!
//! rust-std components contain them in a directory `self-contained`. Not every component exists for every toolchain;
//! then another installed toolchain's copy is used (it is C code, without Rust metadata), or a directory that the user
//! names. Which pieces, and of which library, is in [`crate::musl`] and [`crate::wasi`].

use std::path::{Path, PathBuf};

use xsys_target::Target;

use crate::kit::{Kit, Wanted};
use crate::store::Cache;
use crate::toolchain::Toolchain;
use crate::{Error, Progress, digest, musl, unwinder, wasi};

/// What programs for `target` with std need.
pub(crate) fn wanted(target: &Target) -> Option<Wanted> {
    if target.uses_wasi_libc() {
        return Some(wasi::wanted(target));
    }
    target.uses_musl_static().then(|| musl::wanted(target))
}

/// An archive without members, in every archive format.
const EMPTY_ARCHIVE: &[u8] = b"!<arch>\n";

/// Where the unwinder comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unwinder {
    /// The directory itself, or nowhere.
    OfDirectory,
    /// The archive of another directory, because this one has none.
    Archive(PathBuf),
    /// [`crate::unwinder`], compiled into std.
    InRust,
}

/// A directory with the pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pieces {
    pub kit: &'static Kit,
    pub directory: PathBuf,
    pub unwinder: Unwinder,
    /// Where it comes from, without paths of this machine.
    pub origin: String,
    /// Over the pieces' contents.
    pub digest: String,
}

/// Which directory the user's directory means for this target: itself, or a subdirectory named after the target. None
/// if it only has subdirectories for other targets.
fn of_target(wanted: &Wanted, named: PathBuf) -> Option<PathBuf> {
    let own = wanted.triples.iter().map(|triple| named.join(triple));
    if let Some(own) = own.into_iter().find(|directory| directory.is_dir()) {
        return Some(own);
    }
    let kit = wanted.kit;
    let is_whole = |directory: &Path| lacking(kit, directory).is_none();
    let inside = std::fs::read_dir(&named).into_iter().flatten().flatten();
    let for_others = !is_whole(&named) && inside.into_iter().any(|entry| is_whole(&entry.path()));
    (!for_others).then_some(named)
}

/// Finds what is wanted for `target`.
pub(crate) fn find(
    wanted: &Wanted,
    target: &Target,
    toolchain: &Toolchain,
    library: &Path,
    offline: bool,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<Pieces, Error> {
    let kit = wanted.kit;
    let mut tried = Vec::new();
    let named = std::env::var_os(kit.variable).filter(|value| !value.is_empty());
    if let Some(directory) = named.and_then(|named| of_target(wanted, PathBuf::from(named))) {
        return match lacking(kit, &directory) {
            None => {
                let origin = format!("the directory in {}", kit.variable);
                let mut pieces = pieces(kit, directory, origin, cache)?;
                let own = toolchain.rustc.sysroot();
                let others = other_toolchains(own).into_iter().map(|(_, path)| path);
                let sysroots: Vec<PathBuf> =
                    std::iter::once(own.to_owned()).chain(others).collect();
                let name = toolchain.name.as_deref();
                let in_rust = unwinder::serves(target, library)?;
                complete(&mut pieces, wanted, &sysroots, in_rust, name, cache)?;
                Ok(pieces)
            }
            Some(name) => {
                tried.push(format!(
                    "`{}` ({}) has no `{name}`",
                    directory.display(),
                    kit.variable
                ));
                Err(nowhere(wanted, target, tried, toolchain))
            }
        };
    }
    let origin = |triple: &str, name: &str| format!("rust-std of {triple} in {name}");
    for triple in &wanted.triples {
        let own = of(toolchain.rustc.sysroot(), triple);
        if lacking(kit, &own).is_none() {
            return pieces(kit, own, origin(triple, &toolchain.shown_release()), cache);
        }
        tried.push(format!("`{}` is not there", own.display()));
    }
    let Some(triple) = wanted.triples.last() else {
        tried.push(format!(
            "no component of Rust's has {} for this target",
            kit.name
        ));
        return Err(nowhere(wanted, target, tried, toolchain));
    };

    // The answer is remembered: rustup would be asked for a missing component at every start.
    let memory = format!("no-{triple}-{}", toolchain.rustc.commit_hash());
    if let (Some(name), None) = (&toolchain.name, cache.recall(&memory)) {
        let command = format!("rustup target add {triple} --toolchain {name}");
        if offline {
            tried.push(format!("`{command}` was not run because of `--offline`"));
        } else {
            progress.message(&format!("installing {}: {command}", kit.name));
            let own = of(toolchain.rustc.sysroot(), triple);
            match toolchain.rustup(&["target", "add", triple, "--toolchain", name]) {
                Ok(()) if lacking(kit, &own).is_none() => {
                    return pieces(kit, own, origin(triple, &toolchain.shown_release()), cache);
                }
                Ok(()) => tried.push(format!("`{command}` did not bring them")),
                Err(error) => {
                    tried.push(format!("`{command}` failed: {}", last_line(&error)));
                    cache.remember(&memory, "rustup has none");
                }
            }
        }
    }
    for (name, sysroot) in other_toolchains(toolchain.rustc.sysroot()) {
        let directory = of(&sysroot, triple);
        if lacking(kit, &directory).is_none() {
            progress.message(&format!(
                "using the {} of the toolchain `{name}`: `{}` has none for `{triple}`",
                kit.name,
                toolchain.shown()
            ));
            return pieces(
                kit,
                directory,
                origin(triple, "another installed toolchain"),
                cache,
            );
        }
        tried.push(format!("the toolchain `{name}` has none"));
    }
    Err(nowhere(wanted, target, tried, toolchain))
}

fn pieces(
    kit: &'static Kit,
    directory: PathBuf,
    origin: String,
    cache: &Cache,
) -> Result<Pieces, Error> {
    Ok(Pieces {
        kit,
        digest: digest::files(&directory, kit.pieces, cache)?,
        directory,
        unwinder: Unwinder::OfDirectory,
        origin,
    })
}

/// Where a toolchain has a component's pieces.
fn of(sysroot: &Path, triple: &str) -> PathBuf {
    let component = sysroot.join("lib/rustlib").join(triple);
    component.join("lib/self-contained")
}

/// A distribution's musl has no unwinder. The one of a rust-std component for the same architecture and ABI fits: of
/// the C library it only needs `dl_iterate_phdr` and functions on memory. Where there is none, the one in Rust is used.
fn complete(
    pieces: &mut Pieces,
    wanted: &Wanted,
    sysroots: &[PathBuf],
    in_rust: bool,
    toolchain: Option<&str>,
    cache: &Cache,
) -> Result<(), Error> {
    let Some(name) = pieces.kit.unwinder else {
        return Ok(());
    };
    if pieces.directory.join(name).is_file() {
        return Ok(());
    }
    let found = sysroots
        .iter()
        .flat_map(|sysroot| wanted.triples.iter().map(|triple| of(sysroot, triple)))
        .find(|directory| directory.join(name).is_file());
    let Some(directory) = found else {
        if in_rust {
            pieces.digest.push_str(&unwinder::described());
            pieces.unwinder = Unwinder::InRust;
            return Ok(());
        }
        let add = wanted.triples.last().map(|triple| match toolchain {
            Some(name) => format!("run `rustup target add {triple} --toolchain {name}`: its unwinder is then used with your directory"),
            None => format!("install the rust-std for {triple}: its unwinder is then used with your directory"),
        });
        let put =
            format!("put an unwinder into the directory as `{name}`, such as LLVM's libunwind");
        return Err(Error::NoUnwinder {
            directory: pieces.directory.clone(),
            name,
            help: add.into_iter().chain([put]).collect(),
        });
    };
    pieces
        .digest
        .push_str(&digest::files(&directory, &[name], cache)?);
    pieces.unwinder = Unwinder::Archive(directory.join(name));
    Ok(())
}

/// The first needed file that a directory lacks.
fn lacking(kit: &Kit, directory: &Path) -> Option<&'static str> {
    kit.needed
        .iter()
        .copied()
        .find(|name| !directory.join(name).is_file())
}

fn last_line(error: &Error) -> String {
    match error {
        Error::Program { output, .. } => output.trim().lines().last().unwrap_or("").to_owned(),
        other => other.to_string(),
    }
}

fn nowhere(wanted: &Wanted, target: &Target, tried: Vec<String>, toolchain: &Toolchain) -> Error {
    let mut help = Vec::new();
    if let Some(triple) = wanted.triples.last() {
        help.push(match &toolchain.name {
            Some(name) => format!("run `rustup target add {triple} --toolchain {name}`"),
            None => format!("install your distribution's rust-std for {triple}"),
        });
        help.push(format!(
            "or install it for any other toolchain, such as `rustup toolchain install stable --target {triple}`"
        ));
    }
    let alternative = if help.is_empty() { "" } else { "or " };
    let kit = wanted.kit;
    help.push(format!(
        "{alternative}set `{}` to a directory with {} for this target, {}",
        kit.variable,
        kit.needed.join(", "),
        kit.own
    ));
    Error::NoCPieces {
        library: kit.name,
        target: target.name.clone(),
        tried,
        help,
    }
}

/// The directories beside this toolchain, by name.
fn other_toolchains(sysroot: &Path) -> Vec<(String, PathBuf)> {
    let Some(directory) = sysroot
        .parent()
        .filter(|directory| directory.ends_with("toolchains"))
    else {
        return Vec::new();
    };
    let mut found: Vec<(String, PathBuf)> = std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().into_string().ok()?, entry.path()))
        })
        .filter(|(_, path)| path != sysroot)
        .collect();
    found.sort();
    found
}

/// Fills `directory` with the pieces and the empty archives.
pub(crate) fn install(pieces: &Pieces, directory: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(directory).map_err(Error::cache("create", directory))?;
    let own = pieces.kit.pieces.iter();
    let own = own.map(|name| pieces.directory.join(name));
    let unwinder = match &pieces.unwinder {
        Unwinder::Archive(path) => Some(path.clone()),
        Unwinder::OfDirectory | Unwinder::InRust => None,
    };
    for from in own.chain(unwinder) {
        if let (true, Some(name)) = (from.is_file(), from.file_name()) {
            let to = directory.join(name);
            // Contents only: copied permissions of a read-only toolchain would make the cache
            // read-only.
            let bytes = std::fs::read(&from).map_err(Error::cache("read", &from))?;
            std::fs::write(&to, bytes).map_err(Error::cache("write", &to))?;
        }
    }
    for name in pieces.kit.empty {
        let to = directory.join(name);
        if !to.exists() {
            std::fs::write(&to, EMPTY_ARCHIVE).map_err(Error::cache("write", &to))?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "c_pieces_tests.rs"]
mod tests;
