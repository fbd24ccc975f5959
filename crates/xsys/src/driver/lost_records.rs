//! Programs that were linked by us, or through us, and whose records ([`crate::linker::record`]) are lost.
//!
//! It is unknown which scripts they were made from, so they are removed, and cargo makes them again. Programs that were
//! linked without us have no records at all and stay: cargo's fingerprint of a unit contains the flags that it was
//! built with, and our file of arguments, or our stand-in for a linker, is among ours.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::driver::plan::Plan;
use crate::linker::other;
use crate::linker::record;

/// Texts that only our flags contain.
const OURS: [&str; 2] = ["xsys/link-args/", other::DIRECTORY];

/// Removes programs without records, for the targets of a build whose links leave some.
pub(super) fn remove(plan: &Plan) {
    let records = record::all(&plan.project.link_records());
    let known: BTreeSet<PathBuf> = records
        .into_iter()
        .filter_map(|(_, record)| record.output.canonicalize().ok())
        .collect();
    let own = is_ours(&plan.rustflags).then_some(plan.target.name.as_str());
    for name in own.into_iter().chain(plan.artifacts.targets(is_ours)) {
        for profile in directories(&plan.project.target_dir.join(name)) {
            remove_in(&profile, &known);
        }
    }
}

fn remove_in(profile: &Path, known: &BTreeSet<PathBuf>) {
    let is_known = |path: &Path| path.canonicalize().is_ok_and(|path| known.contains(&path));
    let artifacts = directories(&profile.join("deps/artifact"));
    let artifacts = artifacts
        .iter()
        .flat_map(|directory| directories(directory));
    let lost: Vec<PathBuf> = [profile.join("deps"), profile.join("examples")]
        .into_iter()
        .chain(artifacts)
        .flat_map(|directory| files(&directory))
        .filter(|path| is_program(path) && !is_known(path))
        .collect();
    if lost.is_empty() {
        return;
    }
    let ours = ours(&profile.join(".fingerprint"));
    for path in lost {
        let name = hash(&path).or_else(|| path.file_stem()?.to_str());
        if name.is_some_and(|name| ours.contains(name)) {
            // If it cannot be removed, nothing is lost.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Whether flags, or a text with them, are for links that leave records.
fn is_ours(flags: &str) -> bool {
    OURS.iter().any(|part| flags.contains(part))
}

/// The hashes in the file names of units that were built with our flags, and the names of their crates: cargo gives
/// programs and libraries for wasm32 no hash.
fn ours(fingerprints: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for unit in directories(fingerprints) {
        let texts = files(&unit).into_iter();
        let texts = texts.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
        for path in texts {
            if std::fs::read_to_string(&path).is_ok_and(|text| is_ours(&text)) {
                names.extend(hash(&unit).map(str::to_owned));
                names.extend(crate_of(&path));
            }
        }
    }
    names
}

/// The crate of `bin-NAME.json` and the like.
fn crate_of(fingerprint: &Path) -> Option<String> {
    let (_, name) = fingerprint.file_stem()?.to_str()?.split_once('-')?;
    Some(name.replace('-', "_"))
}

fn hash(path: &Path) -> Option<&str> {
    let name = path.file_stem()?.to_str()?;
    name.rsplit_once('-').map(|(_, hash)| hash)
}

/// Whether a file is the output of a link: by its first bytes, because names say little.
fn is_program(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    if !matches!(ending, None | Some("wasm" | "elf" | "efi" | "exe")) {
        return false;
    }
    let mut magic = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && matches!(&magic, b"\x7fELF" | b"\0asm" | [b'M', b'Z', ..])
}

fn files(directory: &Path) -> Vec<PathBuf> {
    entries(directory, Path::is_file)
}

fn directories(directory: &Path) -> Vec<PathBuf> {
    entries(directory, Path::is_dir)
}

fn entries(directory: &Path, wanted: fn(&Path) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| wanted(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_ours_without_records_go() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().canonicalize().unwrap();
        let write = |name: &str, text: &[u8]| {
            let path = at.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        let ours = br#"{"rustflags":["-Clink-arg=@/t/xsys/link-args/t"]}"#;
        write(".fingerprint/p-1/bin-p.json", ours);
        let by_other = br#"{"rustflags":["-Clinker=/t/xsys/linkers/0/cc"]}"#;
        write(".fingerprint/p-2/bin-p.json", by_other);
        write(".fingerprint/p-3/bin-p.json", b"{}");
        write(".fingerprint/q-4/bin-q.json", ours);
        write(".fingerprint/my-r-5/lib-my_r.json", ours);
        let known = write("deps/p-1", b"\x7fELF");
        let lost = [
            write("deps/p-2", b"\x7fELF"),
            write("deps/artifact/q-4/bin/q-4.wasm", b"\0asm"),
            write("deps/q-4.efi", b"MZ\0\0"),
            write("deps/my_r.wasm", b"\0asm"),
        ];
        let others = [
            write("deps/p-3", b"\x7fELF"),
            write("deps/p-2.d", b"\x7fELF"),
            write("deps/s.wasm", b"\0asm"),
            write("deps/x-2", b"text"),
        ];
        remove_in(&at, &BTreeSet::from([known.clone()]));
        assert!(lost.iter().all(|path| !path.exists()));
        assert!(known.exists() && others.iter().all(|path| path.exists()));
    }
}
