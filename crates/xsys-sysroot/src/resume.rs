//! A build that was interrupted continues with the crates that are finished.
//!
//! Problem: std takes a minute or more to compile, and whoever interrupts it would start from the beginning. So an
//! entry is built in a directory named by its key, in which a journal lists each crate whose compiler has succeeded:
//! the call, and the digests of the files it wrote. The next build with the same key keeps the crates whose call, files
//! and dependencies are unchanged; everything else is compiled. Whatever a killed process left half written is in no
//! line of the journal, or does not match its line.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::compile::Call;
use crate::digest::{sha256, sha256_file};
use crate::store::JOURNAL;

#[derive(Serialize, Deserialize)]
struct Line {
    /// Digest of the call.
    call: String,
    files: Vec<(String, String)>,
}

/// The crates of a build and where they are written.
pub(crate) struct Journal<'a> {
    path: PathBuf,
    out_dir: &'a Path,
}

impl<'a> Journal<'a> {
    /// The journal of a directory that an entry is built in.
    pub(crate) fn new(staging: &Path, out_dir: &'a Path) -> Self {
        Self {
            path: staging.join(JOURNAL),
            out_dir,
        }
    }

    /// The calls that need not be repeated. All files but theirs are removed.
    pub(crate) fn resume(&self, calls: &[Call]) -> Vec<bool> {
        let finished = self.finished(calls);
        let done = calls.iter().zip(&finished).filter(|(_, done)| **done);
        let kept: Vec<&str> = done.map(|(call, _)| call.file_stem.as_str()).collect();
        let entries = std::fs::read_dir(self.out_dir).into_iter().flatten();
        for path in entries.flatten().map(|entry| entry.path()) {
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            if path.is_dir() {
                // Temporary directories of killed compilers.
                let _ = std::fs::remove_dir_all(&path);
            } else if stem.is_none_or(|stem| !kept.contains(&stem)) {
                let _ = std::fs::remove_file(&path);
            }
        }
        finished
    }

    fn finished(&self, calls: &[Call]) -> Vec<bool> {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        let lines = text.lines().filter_map(|line| {
            let line: Line = serde_json::from_str(line).ok()?;
            Some((line.call, line.files))
        });
        let known: HashMap<_, _> = lines.collect();
        let mut finished: Vec<bool> = Vec::with_capacity(calls.len());
        for call in calls {
            let dependencies = call
                .waits_for
                .iter()
                .all(|&other| finished.get(other).copied().unwrap_or(false));
            let files = known.get(&identity(call)).filter(|_| dependencies);
            finished.push(files.is_some_and(|files| self.fit(files)));
        }
        finished
    }

    fn fit(&self, files: &[(String, String)]) -> bool {
        let fits = |(name, digest): &(String, String)| {
            sha256_file(&self.out_dir.join(name)).is_ok_and(|found| found == *digest)
        };
        !files.is_empty() && files.iter().all(fits)
    }

    /// Records a call that has succeeded. If that fails, the call is repeated next time.
    pub(crate) fn add(&self, call: &Call) {
        let Some(files) = self.written(call) else {
            return;
        };
        let line = Line {
            call: identity(call),
            files,
        };
        let add = || -> std::io::Result<()> {
            // The line before may be incomplete, if its process was killed.
            let text = format!("\n{}\n", serde_json::to_string(&line)?);
            let mut file = File::options().create(true).append(true).open(&self.path)?;
            file.write_all(text.as_bytes())
        };
        let _ = add();
    }

    /// The files of a crate, with their digests.
    fn written(&self, call: &Call) -> Option<Vec<(String, String)>> {
        let mut files = Vec::new();
        for ending in ["rlib", "rmeta"] {
            let name = format!("{}.{ending}", call.file_stem);
            let path = self.out_dir.join(&name);
            if path.is_file() {
                files.push((name, sha256_file(&path).ok()?));
            }
        }
        Some(files)
    }

    /// Removes the journal: the directory is complete.
    pub(crate) fn end(&self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What must be equal for a crate to be equal; the key covers compiler and sources.
fn identity(call: &Call) -> String {
    let mut bytes = Vec::new();
    for argument in &call.arguments {
        bytes.extend(argument.as_encoded_bytes());
        bytes.push(0);
    }
    for (name, value) in &call.env {
        bytes.extend(format!("{name}={value}\0").as_bytes());
    }
    sha256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, waits_for: &[usize]) -> Call {
        Call {
            name: name.to_owned(),
            file_stem: format!("lib{name}-1"),
            arguments: vec![name.into()],
            env: Vec::new(),
            waits_for: waits_for.to_vec(),
            cost: 1,
        }
    }

    #[test]
    fn only_what_fits_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path();
        let calls = [call("core", &[]), call("alloc", &[0]), call("std", &[0, 1])];
        for name in ["core", "alloc", "std"] {
            for ending in ["rlib", "rmeta"] {
                std::fs::write(at.join(format!("lib{name}-1.{ending}")), name).unwrap();
            }
        }
        let journal = Journal::new(at, at);
        assert_eq!(journal.finished(&calls), [false; 3]);
        journal.add(&calls[0]);
        journal.add(&calls[2]);
        // A dependency of std that has to be compiled.
        assert_eq!(journal.finished(&calls), [true, false, false]);
        journal.add(&calls[1]);
        assert_eq!(journal.finished(&calls), [true; 3]);
        // A line that was cut off.
        let text = std::fs::read_to_string(at.join(JOURNAL)).unwrap();
        std::fs::write(at.join(JOURNAL), &text[..text.len() - 9]).unwrap();
        assert_eq!(journal.finished(&calls), [true, false, false]);
        std::fs::create_dir(at.join("rmetaX")).unwrap();
        assert_eq!(journal.resume(&calls), [true, false, false]);
        let left = std::fs::read_dir(at).unwrap().count();
        assert_eq!(left, 2, "core's files alone");
        journal.add(&calls[0]);
        // Another call, another content.
        let mut others = calls.clone();
        others[0].arguments.push("-Cx".into());
        assert_eq!(journal.finished(&others), [false; 3]);
        std::fs::write(at.join("libcore-1.rlib"), "half").unwrap();
        assert_eq!(journal.finished(&calls), [false; 3]);
        journal.end();
        assert!(!at.join(JOURNAL).exists());
    }
}
