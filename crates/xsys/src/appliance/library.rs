//! The parts of the standard library in programs: its crates and, on musl, the C library.
//!
//! The crates are listed from the sysroot that the programs were linked with, their versions from the lock file of the
//! library's sources. musl is compiled already; its version is a text in its archive.

use std::collections::BTreeSet;
use std::path::Path;

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection, ObjectSymbol};
use serde::Deserialize;

use crate::driver::plan::Plan;

/// A standard library and its compiler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Library {
    /// Rust's version and commit.
    pub version: String,
    pub commit: String,
    /// Its crates from crates.io.
    pub crates: Vec<Foreign>,
    pub musl: Option<String>,
}

impl Library {
    /// The compiler, as manifests have it.
    pub(crate) fn rustc(&self) -> String {
        let commit = self.commit.get(..9).unwrap_or(&self.commit);
        format!("{} ({commit})", self.version)
    }
}

/// Crates of the standard library that have namesakes on crates.io.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Foreign {
    pub name: String,
    pub version: String,
    pub checksum: Option<String>,
    source: Option<String>,
}

/// The library that a plan's programs are linked with.
pub(super) fn of(plan: &Plan) -> Library {
    let rustc = &plan.toolchain.rustc;
    let lock = rustc
        .sysroot()
        .join("lib/rustlib/src/rust/library/Cargo.lock");
    let directory = plan.sysroot.path.join("lib/rustlib");
    let directory = directory.join(&plan.target.name).join("lib");
    Library {
        version: rustc.release().to_owned(),
        commit: rustc.commit_hash().to_owned(),
        crates: foreign(&lock, &compiled(&directory)),
        musl: musl(&directory.join("self-contained/libc.a"))
            .filter(|_| plan.target.uses_musl_static()),
    }
}

/// The names of a directory's crates.
fn compiled(directory: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let name = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (name, _) = name
            .strip_prefix("lib")?
            .strip_suffix(".rlib")?
            .rsplit_once('-')?;
        Some(name.to_owned())
    };
    entries.filter_map(name).collect()
}

fn foreign(lock: &Path, compiled: &BTreeSet<String>) -> Vec<Foreign> {
    #[derive(Default, Deserialize)]
    struct Lock {
        package: Vec<Foreign>,
    }
    let text = std::fs::read_to_string(lock).unwrap_or_default();
    let lock: Lock = toml::from_str(&text).unwrap_or_default();
    let mut found = lock.package;
    found.retain(|it| it.source.is_some() && compiled.contains(&it.name.replace('-', "_")));
    found
}

/// musl's version, which is a text in its archive.
fn musl(archive: &Path) -> Option<String> {
    let bytes = std::fs::read(archive).ok()?;
    let archive = ArchiveFile::parse(bytes.as_slice()).ok()?;
    for member in archive.members().flatten() {
        if !member.name().starts_with(b"version.") {
            continue;
        }
        let object = member.data(bytes.as_slice()).ok()?;
        let object = object::File::parse(object).ok()?;
        let symbol = object.symbol_by_name("__libc_version")?;
        let section = object.section_by_index(symbol.section_index()?).ok()?;
        let text = section.data().ok()?;
        let start = usize::try_from(symbol.address() - section.address()).ok()?;
        let text = text.get(start..)?.split(|byte| *byte == 0).next()?;
        return String::from_utf8(text.to_vec()).ok();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_those_that_were_compiled() {
        let directory = tempfile::tempdir().unwrap();
        for name in [
            "libstd-0a.rlib",
            "libhash_brown-0b.rlib",
            "libstd-0a.rmeta",
            "x.rlib",
        ] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        let compiled = compiled(directory.path());
        assert_eq!(
            compiled,
            BTreeSet::from(["std".to_owned(), "hash_brown".to_owned()])
        );
        let lock = directory.path().join("Cargo.lock");
        let text = "version = 4\n[[package]]\nname = \"std\"\nversion = \"0.0.0\"\n[[package]]\nname = \"hash-brown\"\nversion = \"1.2.3\"\nsource = \"registry+x\"\nchecksum = \"00\"\n[[package]]\nname = \"rand\"\nversion = \"0.9.0\"\nsource = \"registry+x\"\n";
        std::fs::write(&lock, text).unwrap();
        let found = foreign(&lock, &compiled);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].name.as_str(), found[0].version.as_str()),
            ("hash-brown", "1.2.3")
        );
        assert_eq!(foreign(&directory.path().join("none"), &compiled), []);
        assert_eq!(musl(&lock), None);
    }
}
