//! The headers of the C library that a program is linked with.
//!
//! A compiler for glibc uses glibc's headers, and code compiled with them needs functions that musl lacks (`fcntl64`,
//! `__isoc23_strtol`), or has another layout of a structure without any error. So musl's own headers are used instead:
//! those that belong to the directory in use (`XSYS_MUSL_DIR`), the distribution's (Debian's `musl-dev` and its like),
//! or those in this program, which have the version of rustup's `libc.a`.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use xsys_sysroot::Cache;

use super::machine::{Libc, Machine};
use crate::error::{Result, file};

/// Where the headers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Headers {
    pub directory: PathBuf,
    /// Those in this program; nothing of the machine's.
    pub own: bool,
}

/// The headers for a machine, if there are any.
pub(crate) fn find(machine: &Machine, cache: &Cache) -> Result<Option<Headers>> {
    let names: &[String] = match machine.libc {
        Libc::Musl => &machine.musl_names,
        Libc::Wasi => &["wasm32-wasi".to_owned(), "wasm32-wasip1".to_owned()],
        Libc::None | Libc::Glibc => return Ok(None),
    };
    let in_use = match machine.libc {
        Libc::Musl => std::env::var_os("XSYS_MUSL_DIR"),
        _ => std::env::var_os("XSYS_WASI_DIR"),
    };
    let beside = in_use.map(|directory| beside(Path::new(&directory), names));
    let system = system(names);
    let found = beside.into_iter().flatten().chain(system);
    let check = match machine.libc {
        Libc::Musl => is_musl,
        _ => has_stdio,
    };
    if let Some(directory) = found.into_iter().find(|directory| check(directory)) {
        return Ok(Some(Headers {
            directory,
            own: false,
        }));
    }
    match (machine.libc, bundled(machine.family)) {
        (Libc::Musl, Some(texts)) => Ok(Some(Headers {
            directory: unpack(machine.family, &texts, cache)?,
            own: true,
        })),
        _ => Ok(None),
    }
}

/// Whether headers are found without installing or setting anything.
pub(crate) fn can_be_had(machine: &Machine) -> bool {
    bundled(machine.family).is_some()
}

/// Where the headers of a directory with a `libc.a` are: in the same prefix, or in Debian's parallel
/// tree (`/usr/lib/aarch64-linux-musl`, `/usr/include/aarch64-linux-musl`).
fn beside(directory: &Path, names: &[String]) -> Vec<PathBuf> {
    let mut list = vec![directory.join("include"), directory.join("../include")];
    list.extend(names.iter().flat_map(|name| {
        [
            directory.join("../include").join(name),
            directory.join("../../include").join(name),
        ]
    }));
    list
}

fn system(names: &[String]) -> Vec<PathBuf> {
    names
        .iter()
        .flat_map(|name| {
            [
                Path::new("/usr/include").join(name),
                Path::new("/usr").join(name).join("include"),
                Path::new("/usr").join(name).join("usr/include"),
            ]
        })
        .collect()
}

/// A directory with another library's headers must not be taken for musl's.
fn is_musl(directory: &Path) -> bool {
    has_stdio(directory)
        && directory.join("bits/alltypes.h").is_file()
        && !directory.join("gnu/libc-version.h").exists()
}

fn has_stdio(directory: &Path) -> bool {
    directory.join("stdio.h").is_file()
}

/// The headers for all architectures, and those for one.
fn bundled(family: &str) -> Option<[&'static str; 2]> {
    let own = match family {
        "aarch64" => include_str!("musl/aarch64.txt"),
        "arm" | "armhf" => include_str!("musl/arm.txt"),
        "powerpc64le" => include_str!("musl/powerpc64le.txt"),
        "riscv64" => include_str!("musl/riscv64.txt"),
        "s390x" => include_str!("musl/s390x.txt"),
        "x86" => include_str!("musl/x86.txt"),
        "x86_64" => include_str!("musl/x86_64.txt"),
        _ => return None,
    };
    Some([include_str!("musl/common.txt"), own])
}

/// A directory in the cache, named by what is in it.
fn unpack(family: &str, texts: &[&str], cache: &Cache) -> Result<PathBuf> {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text);
    }
    let digest: String = hash.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let all = cache.root().join("musl-headers");
    let directory = all.join(format!("{family}-{digest}"));
    if directory.is_dir() {
        return Ok(directory);
    }
    let failed = |error: std::io::Error| file("write", &all, &error);
    std::fs::create_dir_all(&all).map_err(failed)?;
    let staging = tempfile::tempdir_in(&all).map_err(failed)?;
    let whole = staging.path().join("include");
    for (name, text) in texts.iter().flat_map(|text| files(text)) {
        let path = whole.join(name);
        let parent = path.parent().unwrap_or(&whole);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(failed)?;
    }
    match std::fs::rename(&whole, &directory) {
        // Another process was faster.
        Err(error) if !directory.is_dir() => Err(failed(error).into()),
        _ => Ok(directory),
    }
}

/// The files of a bundle: `@@ PATH` begins one.
fn files(bundle: &str) -> Vec<(&str, &str)> {
    let mut rest = bundle.strip_prefix("@@ ");
    let mut list = Vec::new();
    while let Some((name, text)) = rest.and_then(|text| text.split_once('\n')) {
        let end = if text.starts_with("@@ ") {
            Some(0)
        } else {
            text.find("\n@@ ").map(|at| at + 1)
        };
        let (text, next) = text.split_at(end.unwrap_or(text.len()));
        list.push((name, text));
        rest = next.strip_prefix("@@ ");
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles_are_split_into_files() {
        assert_eq!(
            files("@@ a.h\nA\nB\n@@ e.h\n@@ sys/b.h\nC @@ D\n"),
            [("a.h", "A\nB\n"), ("e.h", ""), ("sys/b.h", "C @@ D\n")]
        );
        assert_eq!(files(""), []);
    }

    #[test]
    fn every_bundle_is_a_whole_library() {
        for family in [
            "aarch64",
            "armhf",
            "powerpc64le",
            "riscv64",
            "s390x",
            "x86",
            "x86_64",
        ] {
            let texts = bundled(family).unwrap();
            let mut names: Vec<&str> = texts
                .iter()
                .flat_map(|text| files(text))
                .map(|(name, _)| name)
                .collect();
            assert!(names.len() > 200, "{family}: {}", names.len());
            for needed in [
                "stdio.h",
                "fcntl.h",
                "pthread.h",
                "bits/alltypes.h",
                "bits/stat.h",
            ] {
                assert!(names.contains(&needed), "{family}: {needed}");
            }
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{family}: a header is there twice");
        }
        assert_eq!(bundled("avr"), None);
    }

    #[test]
    fn headers_are_unpacked_once_and_recognised() {
        let temporary = tempfile::tempdir().unwrap();
        let cache = Cache::new(temporary.path());
        let texts = bundled("aarch64").unwrap();
        let directory = unpack("aarch64", &texts, &cache).unwrap();
        assert!(is_musl(&directory));
        std::fs::write(directory.join("mine"), "").unwrap();
        assert_eq!(unpack("aarch64", &texts, &cache).unwrap(), directory);
        assert!(directory.join("mine").is_file());
        assert_eq!(
            std::fs::read_dir(directory.parent().unwrap())
                .unwrap()
                .count(),
            1
        );

        std::fs::create_dir(directory.join("gnu")).unwrap();
        std::fs::write(directory.join("gnu/libc-version.h"), "").unwrap();
        assert!(!is_musl(&directory), "glibc's are not taken for musl's");
    }

    #[test]
    fn headers_of_the_directory_in_use_are_found_beside_it() {
        let temporary = tempfile::tempdir().unwrap();
        let names = ["aarch64-linux-musl".to_owned()];
        let lib = temporary.path().join("usr/lib/aarch64-linux-musl");
        let include = temporary.path().join("usr/include/aarch64-linux-musl");
        std::fs::create_dir_all(include.join("bits")).unwrap();
        std::fs::create_dir_all(&lib).unwrap();
        for name in ["stdio.h", "bits/alltypes.h"] {
            std::fs::write(include.join(name), "").unwrap();
        }
        let found = beside(&lib, &names)
            .into_iter()
            .find(|directory| is_musl(directory));
        assert_eq!(
            found.unwrap().canonicalize().unwrap(),
            include.canonicalize().unwrap()
        );
    }
}
