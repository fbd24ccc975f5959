//! A spec under another name: its sysroot is made from an existing one.
//!
//! rustc binds crates to the name of the target and to the text of its spec, so after renaming a spec file everything
//! would have to be compiled again, to the same code. Name and text are next to each other, once, in the metadata of
//! each crate (`TargetTuple::TargetJson` in `CrateHeader`), each preceded by its length. Our spec files end in padding,
//! so that name and text together always have the same length: then both can be replaced and nothing else moves. If a
//! version of rustc writes this differently, crates are compiled as usual; a trial compilation shows that rustc accepts
//! the result.
//!
//! Crates contain a hash that would be different if they had been compiled under the new name. So that the two are
//! never mixed up, entries made this way have a key, and so a directory, of their own.

use std::path::{Path, PathBuf};

use memchr::memmem;
use serde_json::Value;
use xsys_target::Rustc;

use crate::compile::library_directory;
use crate::digest::sha256;
use crate::store::{Cache, Entry};

/// Names up to this length share their crates.
pub(crate) const ROOM: usize = 64;

/// In an entry's inputs: the target that it was compiled for.
const FROM: &str = "renamed-from";

/// The contents of a spec's file under this name.
pub(crate) fn spec_text(canonical: &str, name: &str) -> String {
    let blanks = ROOM.saturating_sub(name.len());
    format!("{canonical}{:blanks$}", "")
}

/// The inputs of an entry that is made from that of another name.
pub(crate) fn inputs_from(inputs: &Value, from: &str) -> Value {
    let mut inputs = inputs.clone();
    inputs[FROM] = from.into();
    inputs
}

/// An entry that has the same inputs under another name.
pub(crate) fn twin(cache: &Cache, inputs: &Value) -> Option<Entry> {
    let same = |entry: &Entry| {
        let mut theirs = entry.manifest["inputs"].clone();
        theirs["target"] = inputs["target"].clone();
        theirs == *inputs && entry.target != inputs["target"]
    };
    cache.list().ok()?.into_iter().find(same)
}

/// The key of an entry that was made under this name.
pub(crate) fn made(cache: &Cache, inputs: &Value) -> Option<String> {
    let same = |entry: &Entry| {
        let from = entry.manifest["inputs"][FROM].as_str();
        from.is_some_and(|from| inputs_from(inputs, from) == entry.manifest["inputs"])
    };
    let found = cache.list().ok()?.into_iter().find(same)?;
    Some(found.key)
}

/// A target as written in crates.
pub(crate) struct Name<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

impl Name<'_> {
    /// Two strings as rustc writes them: each after its length, with a byte after it.
    fn encoded(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for text in [self.name, self.text] {
            let mut length = text.len();
            while length >= 0x80 {
                bytes.push(length as u8 | 0x80);
                length >>= 7;
            }
            bytes.push(length as u8);
            bytes.extend(text.as_bytes());
            bytes.push(0xc1);
        }
        bytes
    }
}

/// Fills a directory with an entry's files under a new name, and returns their rows for the
/// manifest; none if a file is not as expected.
pub(crate) fn copy(twin: &Entry, new: &Name<'_>, to: &Path) -> Option<Vec<Value>> {
    let spec = format!("{}.json", twin.target);
    let text = std::fs::read_to_string(twin.path.join(&spec)).ok()?;
    let old = Name {
        name: &twin.target,
        text: &text,
    }
    .encoded();
    let put = new.encoded();
    if old.len() != put.len() {
        return None;
    }
    let mut files = Vec::new();
    for file in twin.manifest["files"].as_array()? {
        let path = file["path"].as_str()?;
        let directory = format!("lib/rustlib/{}/", twin.target);
        let (name, bytes) = if path == spec {
            (format!("{}.json", new.name), new.text.as_bytes().to_vec())
        } else if let Some(rest) = path.strip_prefix(&directory) {
            let mut bytes = std::fs::read(twin.path.join(path)).ok()?;
            if path.ends_with(".rlib") || path.ends_with(".rmeta") {
                replace_once(&mut bytes, &old, &put)?;
            }
            (format!("lib/rustlib/{}/{rest}", new.name), bytes)
        } else {
            (path.to_owned(), std::fs::read(twin.path.join(path)).ok()?)
        };
        let path = to.join(&name);
        std::fs::create_dir_all(path.parent()?).ok()?;
        std::fs::write(&path, &bytes).ok()?;
        files.push(serde_json::json!({
            "path": name,
            "size": bytes.len(),
            "sha256": sha256(&bytes),
        }));
    }
    files.sort_by(|a, b| a["path"].as_str().cmp(&b["path"].as_str()));
    Some(files)
}

/// Replaces bytes by others of the same length, if they occur exactly once.
fn replace_once(bytes: &mut [u8], old: &[u8], put: &[u8]) -> Option<()> {
    let mut places = memmem::find_iter(bytes, old);
    let at = places.next()?;
    if places.next().is_some() {
        return None;
    }
    bytes[at..at + old.len()].copy_from_slice(put);
    Some(())
}

/// Whether rustc accepts the crates.
pub(crate) fn is_taken(rustc: &Rustc, sysroot: &Path, spec: &Path) -> bool {
    let name = spec.file_stem().and_then(|name| name.to_str());
    let directory = library_directory(sysroot, name.unwrap_or_default());
    let source: PathBuf = sysroot.join("trial.rs");
    let crates = ["core", "alloc", "std"].into_iter().filter(|name| {
        let begin = format!("lib{name}-");
        let files = std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten();
        let mut names = files.filter_map(|file| file.file_name().into_string().ok());
        names.any(|file| file.starts_with(&begin))
    });
    let uses: String = crates
        .map(|name| format!("extern crate {name} as _{name};\n"))
        .collect();
    if std::fs::write(&source, format!("#![no_std]\n{uses}")).is_err() {
        return false;
    }
    let mut command = rustc.command();
    let output = command
        .args([
            "--crate-type=rlib",
            "--crate-name=trial",
            "--emit=metadata",
            "-Zunstable-options",
        ])
        .arg("--target")
        .arg(spec)
        .arg("--sysroot")
        .arg(sysroot)
        .arg("-o")
        .arg(sysroot.join("trial.rmeta"))
        .arg(&source)
        .env("RUSTC_BOOTSTRAP", "1")
        .output();
    for name in ["trial.rs", "trial.rmeta"] {
        let _ = std::fs::remove_file(sysroot.join(name));
    }
    output.is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_take_the_same_room() {
        let canonical = "{}".repeat(100);
        let length = |name: &str| {
            let text = spec_text(&canonical, name);
            Name { name, text: &text }.encoded().len()
        };
        assert_eq!(length("a"), length("a-much-longer-name"));
        let text = spec_text("{}", "ab");
        let encoded = Name {
            name: "ab",
            text: &text,
        }
        .encoded();
        assert!(encoded.starts_with(b"\x02ab\xc1\x40{} "), "{encoded:?}");
        assert!(encoded.ends_with(b" \xc1"));
    }

    #[test]
    fn bytes_are_put_where_there_is_one_place() {
        for (bytes, expected) in [("xabx", Some("xcdx")), ("abab", None), ("ba", None)] {
            let mut bytes = bytes.as_bytes().to_vec();
            let done = replace_once(&mut bytes, b"ab", b"cd");
            assert_eq!(
                done.map(|()| bytes),
                expected.map(|text| text.as_bytes().to_vec())
            );
        }
    }
}
