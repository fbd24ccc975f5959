//! The C pieces of a static musl program: start-up objects, `libc.a`, an unwinder.
//!
//! rust-std components of musl targets bring them in a folder `self-contained`, and they fit any
//! spec of the same architecture and ABI, so a custom spec gets those of the built-in target next
//! to it. Not every component can be had for every toolchain; then another installed toolchain's
//! copy does (it is C code, no Rust metadata), or a folder the user names.

use std::path::{Path, PathBuf};

use xsys_target::{Kind, Target};

use crate::store::Cache;
use crate::toolchain::Toolchain;
use crate::{Error, Progress, digest};

/// Files that are copied as they are, where they exist.
const PIECES: &[&str] = &[
    "Scrt1.o",
    "crt1.o",
    "crtbegin.o",
    "crtbeginS.o",
    "crtend.o",
    "crtendS.o",
    "crti.o",
    "crtn.o",
    "libc.a",
    "libunwind.a",
    "rcrt1.o",
];

/// Without these no program starts.
const NEEDED: &[&str] = &["crt1.o", "crti.o", "crtn.o", "libc.a"];

/// musl has the functions of these libraries in `libc.a`, and linkers are told `-lm` all the same.
/// A distribution's musl lacks the compiler's own objects, which have nothing to do in a program
/// without C++ constructors: an empty archive is a valid input in their place.
const EMPTY: &[&str] = &[
    "crtbegin.o",
    "crtbeginS.o",
    "crtend.o",
    "crtendS.o",
    "libcrypt.a",
    "libdl.a",
    "libm.a",
    "libpthread.a",
    "libresolv.a",
    "librt.a",
    "libunwind.a",
    "libutil.a",
    "libxnet.a",
];

/// An archive without members, in every archive format.
const EMPTY_ARCHIVE: &[u8] = b"!<arch>\n";

/// Overrides the search; for musl builds of one's own.
pub(crate) const VARIABLE: &str = "XSYS_MUSL_DIR";

/// A folder with the pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Musl {
    pub folder: PathBuf,
    /// Where it comes from, without paths of this machine.
    pub origin: String,
    /// Over the pieces' contents.
    pub digest: String,
}

/// Finds the pieces for `target`.
pub(crate) fn find(
    target: &Target,
    toolchain: &Toolchain,
    offline: bool,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<Musl, Error> {
    let triple = builtin_triple(target);
    let mut tried = Vec::new();
    if let Some(folder) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        let folder = PathBuf::from(folder);
        return match lacking(&folder) {
            None => musl(folder, format!("the folder in {VARIABLE}"), cache),
            Some(name) => {
                tried.push(format!(
                    "`{}` ({VARIABLE}) has no `{name}`",
                    folder.display()
                ));
                Err(nowhere(triple, tried, toolchain))
            }
        };
    }
    let of = |sysroot: &Path| {
        let triple = triple.as_deref().unwrap_or("");
        sysroot
            .join("lib/rustlib")
            .join(triple)
            .join("lib/self-contained")
    };
    let Some(triple) = triple.clone() else {
        tried.push("no built-in musl target has this architecture and ABI".to_owned());
        return Err(nowhere(None, tried, toolchain));
    };
    let origin = |name: &str| format!("rust-std of {triple} in {name}");
    let own = of(toolchain.rustc.sysroot());
    if lacking(&own).is_none() {
        return musl(own, origin(&toolchain.shown_release()), cache);
    }
    tried.push(format!("`{}` is not there", own.display()));

    // Asked once: a component that does not exist today would be asked for at every start.
    let memory = format!("no-{triple}-{}", toolchain.rustc.commit_hash());
    if let (Some(name), None) = (&toolchain.name, cache.recall(&memory)) {
        let command = format!("rustup target add {triple} --toolchain {name}");
        if offline {
            tried.push(format!("`{command}` was not run because of `--offline`"));
        } else {
            progress.message(&format!("installing musl's start-up objects: {command}"));
            match toolchain.rustup(&["target", "add", &triple, "--toolchain", name]) {
                Ok(()) if lacking(&own).is_none() => {
                    return musl(own, origin(&toolchain.shown_release()), cache);
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
        let folder = of(&sysroot);
        if lacking(&folder).is_none() {
            progress.message(&format!(
                "using the musl of the toolchain `{name}`: `{}` has none for `{triple}`",
                toolchain.shown()
            ));
            return musl(folder, origin("another installed toolchain"), cache);
        }
        tried.push(format!("the toolchain `{name}` has none"));
    }
    Err(nowhere(Some(triple), tried, toolchain))
}

fn musl(folder: PathBuf, origin: String, cache: &Cache) -> Result<Musl, Error> {
    Ok(Musl {
        digest: digest::files(&folder, PIECES, cache)?,
        folder,
        origin,
    })
}

/// The first needed file that a folder lacks.
fn lacking(folder: &Path) -> Option<&'static str> {
    NEEDED
        .iter()
        .copied()
        .find(|name| !folder.join(name).is_file())
}

fn last_line(error: &Error) -> String {
    match error {
        Error::Program { output, .. } => output.trim().lines().last().unwrap_or("").to_owned(),
        other => other.to_string(),
    }
}

fn nowhere(triple: Option<String>, tried: Vec<String>, toolchain: &Toolchain) -> Error {
    let mut help = Vec::new();
    if let Some(triple) = &triple {
        help.push(match &toolchain.name {
            Some(name) => format!("run `rustup target add {triple} --toolchain {name}`"),
            None => format!("install your distribution's rust-std for {triple}"),
        });
        help.push(format!(
            "or install it for any other toolchain, such as `rustup toolchain install stable --target {triple}`"
        ));
    }
    help.push(format!(
        "or set `{VARIABLE}` to a folder with {} for this architecture, such as a distribution's musl-dev",
        NEEDED.join(", ")
    ));
    Error::NoMusl {
        triple: triple.unwrap_or_else(|| "this architecture".to_owned()),
        tried,
        help,
    }
}

/// The folders beside this toolchain, by name.
fn other_toolchains(sysroot: &Path) -> Vec<(String, PathBuf)> {
    let Some(folder) = sysroot
        .parent()
        .filter(|folder| folder.ends_with("toolchains"))
    else {
        return Vec::new();
    };
    let mut found: Vec<(String, PathBuf)> = std::fs::read_dir(folder)
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

/// Fills `folder` with the pieces and the empty archives.
pub(crate) fn install(musl: &Musl, folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::cache("create", folder))?;
    for name in PIECES {
        let from = musl.folder.join(name);
        if from.is_file() {
            let to = folder.join(name);
            // Contents only: a toolchain installed read-only must not make the cache so.
            let bytes = std::fs::read(&from).map_err(Error::cache("read", &from))?;
            std::fs::write(&to, bytes).map_err(Error::cache("write", &to))?;
        }
    }
    for name in EMPTY {
        let to = folder.join(name);
        if !to.exists() {
            std::fs::write(&to, EMPTY_ARCHIVE).map_err(Error::cache("write", &to))?;
        }
    }
    Ok(())
}

/// The built-in target whose musl fits.
fn builtin_triple(target: &Target) -> Option<String> {
    if target.kind == Kind::Builtin {
        return Some(target.name.clone());
    }
    let big = target.is_big_endian();
    musl_triple(&Machine {
        arch: target.arch(),
        abi: target.abi(),
        sub_arch: target.llvm_target().split('-').next().unwrap_or(""),
        big_endian: big,
        features: &target.features(),
    })
}

/// What decides about the ABI of C code.
struct Machine<'a> {
    arch: &'a str,
    abi: &'a str,
    sub_arch: &'a str,
    big_endian: bool,
    features: &'a [&'a str],
}

fn musl_triple(machine: &Machine<'_>) -> Option<String> {
    let Machine {
        arch,
        abi,
        sub_arch,
        big_endian,
        features,
    } = *machine;
    let name = match (arch, big_endian) {
        ("aarch64", false) if abi != "ilp32" => "aarch64-unknown-linux-musl",
        ("x86_64", _) if abi != "x32" => "x86_64-unknown-linux-musl",
        ("x86", _) => "i686-unknown-linux-musl",
        ("arm", false) => {
            let v7 = sub_arch.starts_with("armv7")
                || sub_arch.starts_with("thumbv7")
                || features.contains(&"+v7");
            return Some(match (v7, abi == "eabihf") {
                (true, true) => "armv7-unknown-linux-musleabihf".to_owned(),
                (true, false) => "armv7-unknown-linux-musleabi".to_owned(),
                (false, true) => "arm-unknown-linux-musleabihf".to_owned(),
                (false, false) if sub_arch.starts_with("armv5te") => {
                    "armv5te-unknown-linux-musleabi".to_owned()
                }
                (false, false) => "arm-unknown-linux-musleabi".to_owned(),
            });
        }
        ("riscv64", _) => "riscv64gc-unknown-linux-musl",
        ("riscv32", _) => "riscv32gc-unknown-linux-musl",
        ("loongarch64", _) => "loongarch64-unknown-linux-musl",
        ("powerpc64", false) => "powerpc64le-unknown-linux-musl",
        ("powerpc64", true) => "powerpc64-unknown-linux-musl",
        ("powerpc", true) => "powerpc-unknown-linux-musl",
        ("s390x", _) => "s390x-unknown-linux-musl",
        ("mips", true) => "mips-unknown-linux-musl",
        ("mips", false) => "mipsel-unknown-linux-musl",
        ("mips64", true) => "mips64-unknown-linux-muslabi64",
        ("mips64", false) => "mips64el-unknown-linux-muslabi64",
        ("hexagon", _) => "hexagon-unknown-linux-musl",
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
#[path = "musl_tests.rs"]
mod tests;
