//! What programs have of the standard library: its crates and, on musl, the C library.
//!
//! Which crates these are is seen in the sysroot that they were linked with, their versions in the lock file of the
//! library's sources. Of musl, which comes compiled, there is the version that it says of itself.

use std::collections::BTreeSet;
use std::path::Path;

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection, ObjectSymbol};
use serde::Deserialize;

use crate::driver::plan::Plan;

/// A standard library, and who compiled for it.
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

/// A crate in the standard library that is others' as well.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Foreign {
    pub name: String,
    pub version: String,
    pub checksum: Option<String>,
    source: Option<String>,
}

/// The one that a plan's programs are linked with.
pub(super) fn of(plan: &Plan) -> Library {
    let rustc = &plan.toolchain.rustc;
    let lock = rustc
        .sysroot()
        .join("lib/rustlib/src/rust/library/Cargo.lock");
    let folder = plan.sysroot.path.join("lib/rustlib");
    let folder = folder.join(&plan.target.name).join("lib");
    Library {
        version: rustc.release().to_owned(),
        commit: rustc.commit_hash().to_owned(),
        crates: foreign(&lock, &compiled(&folder)),
        musl: musl(&folder.join("self-contained/libc.a"))
            .filter(|_| plan.target.uses_musl_static()),
    }
}

/// The names of a folder's crates.
fn compiled(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
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

/// musl's version, which is a text of its archive.
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
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "libstd-0a.rlib",
            "libhash_brown-0b.rlib",
            "libstd-0a.rmeta",
            "x.rlib",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let compiled = compiled(folder.path());
        assert_eq!(
            compiled,
            BTreeSet::from(["std".to_owned(), "hash_brown".to_owned()])
        );
        let lock = folder.path().join("Cargo.lock");
        let text = "version = 4\n[[package]]\nname = \"std\"\nversion = \"0.0.0\"\n[[package]]\nname = \"hash-brown\"\nversion = \"1.2.3\"\nsource = \"registry+x\"\nchecksum = \"00\"\n[[package]]\nname = \"rand\"\nversion = \"0.9.0\"\nsource = \"registry+x\"\n";
        std::fs::write(&lock, text).unwrap();
        let found = foreign(&lock, &compiled);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].name.as_str(), found[0].version.as_str()),
            ("hash-brown", "1.2.3")
        );
        assert_eq!(foreign(&folder.path().join("none"), &compiled), []);
        assert_eq!(musl(&lock), None);
    }
}
