//! The inputs of a link, written down beside its report, and whether they have changed.
//!
//! cargo knows the sources of a program, but not the linker scripts, memory layouts, response files and foreign
//! libraries that only its linker reads: after editing one, cargo would do nothing. So each link that cargo asks for
//! leaves a record of the files it read and of the places where it looked in vain. Links by other linkers leave the
//! same ([`crate::linker::other`]). Before the next build the records are compared with the disk. An output whose
//! inputs have changed is removed, which cargo notices: it makes that program again, and nothing else.
//!
//! rustc's objects and crates are left out, because cargo watches them. The standard library is not: its path in the
//! cache stays the same when it has to be built again.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use xsys_diag::Diagnostic;
use xsys_link::{Outcome, ReadFile};

use crate::error::file;
use crate::files::absolute;

/// Larger files are compared by time and size only.
const DIGESTED: u64 = 8 << 20;

/// A link's inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub output: PathBuf,
    /// The package that it was linked for.
    pub package: Option<String>,
    /// Our linker's version, if it linked; another version may link differently.
    linker: Option<Input>,
    inputs: Vec<Input>,
    /// Missing files that would be used instead of others if they existed.
    missed: Vec<PathBuf>,
    /// The file name of the link's report; empty if there is none.
    pub report: String,
}

/// The state of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Input {
    path: PathBuf,
    size: u64,
    /// Nanoseconds since 1970.
    modified: u64,
    sha256: Option<String>,
}

impl Record {
    /// The record of a link that has just written its output.
    pub(crate) fn of(
        outcome: &Outcome,
        responses: &[PathBuf],
        output: &Path,
        report: String,
    ) -> Self {
        let output = absolute(output);
        let responses = responses.iter().filter_map(|path| stat(path));
        let read = outcome.read.iter().cloned().chain(responses);
        Self {
            linker: this_linker(),
            ..Self::made_of(read, &outcome.missed, output, report)
        }
    }

    /// The record of a link by another linker, which has no report.
    pub(crate) fn of_other(
        read: &[ReadFile],
        missed: &[PathBuf],
        program: Option<&Path>,
        output: &Path,
    ) -> Self {
        let program = program.and_then(stat);
        let read = read.iter().cloned().chain(program);
        Self::made_of(read, missed, absolute(output), String::new())
    }

    fn made_of(
        read: impl Iterator<Item = ReadFile>,
        missed: &[PathBuf],
        output: PathBuf,
        report: String,
    ) -> Self {
        let own = |path: &Path| is_watched_by_cargo(path, &output);
        let mut inputs: Vec<Input> = read
            .map(|mut read| {
                read.path = absolute(&read.path);
                read
            })
            .filter(|read| !own(&read.path))
            .map(|read| Input::of(&read))
            .collect();
        inputs.sort_by(|a, b| a.path.cmp(&b.path));
        inputs.dedup_by(|a, b| a.path == b.path);
        let missed = missed.iter().map(|path| absolute(path));
        Self {
            inputs,
            missed: missed.filter(|path| !own(path)).collect(),
            package: std::env::var("CARGO_PKG_NAME").ok(),
            linker: None,
            output,
            report,
        }
    }

    /// Writes the record under a name that follows from the output's path. Returns the report named in the record
    /// before.
    pub(crate) fn leave(&self, directory: &Path) -> Result<Option<String>, Diagnostic> {
        std::fs::create_dir_all(directory).map_err(|error| file("create", directory, &error))?;
        let name = hex(&Sha256::digest(self.output.as_os_str().as_encoded_bytes())[..16]);
        let path = directory.join(format!("{name}.json"));
        let old = std::fs::read(&path).ok();
        let old = old.and_then(|text| serde_json::from_slice::<Self>(&text).ok());
        let text = serde_json::to_vec(self)
            .map_err(|error| Diagnostic::error(format!("cannot write a link record: {error}")))?;
        crate::files::replace(&path, &text)?;
        Ok(old.map(|old| old.report))
    }

    /// Whether the same link would have the same inputs now; `counts` selects those that matter.
    fn holds(&self, counts: &dyn Fn(&Path) -> bool) -> bool {
        (self.linker.is_none() || self.linker == this_linker())
            && self.missed.iter().all(|path| !path.is_file())
            && self
                .inputs
                .iter()
                .filter(|input| counts(&input.path))
                .all(Input::holds)
    }
}

impl Input {
    fn of(read: &ReadFile) -> Self {
        // A file that was edited since it was read gets a digest that no file has.
        let same = stat(&read.path).is_some_and(|now| now == *read);
        let digested = read.size <= DIGESTED && !is_in_sysroot(&read.path);
        Self {
            sha256: match same {
                true => digested.then(|| digest(&read.path).unwrap_or_default()),
                false => Some(String::new()),
            },
            path: read.path.clone(),
            size: read.size,
            modified: nanoseconds(read.modified),
        }
    }

    fn holds(&self) -> bool {
        let Some(now) = stat(&self.path) else {
            return false;
        };
        now.size == self.size
            && match &self.sha256 {
                // Two edits may be closer together than a file system's times can tell.
                Some(before) => digest(&self.path).as_ref() == Some(before),
                None => nanoseconds(now.modified) == self.modified,
            }
    }
}

/// All records in a directory.
pub(crate) fn all(directory: &Path) -> Vec<(PathBuf, Record)> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut records: Vec<(PathBuf, Record)> = entries
        .filter_map(|entry| {
            let text = std::fs::read(entry.path()).ok()?;
            Some((entry.path(), serde_json::from_slice(&text).ok()?))
        })
        .collect();
    records.sort_by(|a, b| a.0.cmp(&b.0));
    records
}

/// Removes outputs that were made from other inputs than the present ones. `counts` says whether an
/// input matters for a record.
pub(crate) fn remove_stale(directory: &Path, counts: &dyn Fn(&Record, &Path) -> bool) {
    for (path, record) in all(directory) {
        if record.output.is_file() && record.holds(&|input| counts(&record, input)) {
            continue;
        }
        // If it cannot be removed, nothing is worse than without records.
        let _ = std::fs::remove_file(&record.output);
        let _ = std::fs::remove_file(path);
    }
}

/// Whether cargo itself notices changes of a file.
fn is_watched_by_cargo(path: &Path, output: &Path) -> bool {
    let Some(beside) = output.parent() else {
        return false;
    };
    // Examples have a directory of their own; their crates are in `deps` too.
    let deps = beside.with_file_name("deps");
    // Six random letters follow, as in all of rustc's temporary directories.
    let of_rustc = |name: &std::ffi::OsStr| {
        let random = name.as_encoded_bytes().strip_prefix(b"rustc");
        random.is_some_and(|end| end.len() == 6 && end.iter().all(u8::is_ascii_alphanumeric))
    };
    let temporary = path.strip_prefix(std::env::temp_dir()).is_ok_and(|rest| {
        let first = rest.components().next();
        first.is_some_and(|part| of_rustc(part.as_os_str()))
    });
    path.starts_with(beside) || path.starts_with(deps) || temporary
}

/// Whether a file belongs to the standard library: large, and normally never written to, so its
/// time is enough.
fn is_in_sysroot(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "rustlib")
}

/// This program, as a file.
fn this_linker() -> Option<Input> {
    let own = crate::own_program::path().ok()?;
    let read = stat(&own)?;
    Some(Input {
        path: own,
        size: read.size,
        modified: nanoseconds(read.modified),
        sha256: None,
    })
}

/// A file as it is now.
pub(crate) fn stat(path: &Path) -> Option<ReadFile> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(ReadFile {
        path: path.to_owned(),
        size: metadata.len(),
        modified: metadata.modified().ok()?,
    })
}

fn digest(path: &Path) -> Option<String> {
    Some(hex(&Sha256::digest(std::fs::read(path).ok()?)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A link in a directory that has read `link.x`, after it looked for it in `first`.
    fn example(directory: &Path) -> Record {
        let write = |name: &str, text: &str| {
            let path = directory.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        let output = write("target/t/debug/deps/a-1", "program");
        let read = [
            "link.x",
            "target/t/debug/deps/a.o",
            "target/t/debug/deps/rustcX/symbols.o",
            "s/lib/rustlib/t/lib/c.rlib",
        ];
        let outcome = Outcome {
            read: read.map(|name| stat(&write(name, "text")).unwrap()).into(),
            missed: vec![directory.join("first/link.x")],
            ..Outcome::default()
        };
        Record::of(&outcome, &[write("args", "-T")], &output, "r".to_owned())
    }

    #[test]
    fn only_what_nobody_else_watches_is_recorded() {
        let directory = tempfile::tempdir().unwrap();
        let record = example(directory.path());
        let names: Vec<_> = record
            .inputs
            .iter()
            .filter_map(|input| input.path.file_name()?.to_str())
            .collect();
        assert_eq!(names, ["args", "link.x", "c.rlib"]);
        let digested = record.inputs.iter().map(|input| input.sha256.is_some());
        assert_eq!(digested.collect::<Vec<_>>(), [true, true, false]);
    }

    #[test]
    fn changes_are_noticed_and_nothing_else() {
        type Change = fn(&Path);
        let cases: [(&str, bool, Change); 9] = [
            ("nothing", true, |_| {}),
            ("written again", true, |at| {
                std::fs::write(at.join("link.x"), "text").unwrap()
            }),
            ("edited, same size", false, |at| {
                std::fs::write(at.join("link.x"), "texT").unwrap()
            }),
            ("longer", false, |at| {
                std::fs::write(at.join("link.x"), "texts").unwrap()
            }),
            ("gone", false, |at| {
                std::fs::remove_file(at.join("link.x")).unwrap()
            }),
            ("arguments", false, |at| {
                std::fs::write(at.join("args"), "-n").unwrap()
            }),
            ("another comes first", false, |at| {
                std::fs::create_dir(at.join("first")).unwrap();
                std::fs::write(at.join("first/link.x"), "text").unwrap();
            }),
            ("made again", false, |at| {
                let path = at.join("s/lib/rustlib/t/lib/c.rlib");
                let file = std::fs::File::options().append(true).open(path).unwrap();
                file.set_modified(UNIX_EPOCH).unwrap();
            }),
            ("cargo's own", true, |at| {
                std::fs::write(at.join("target/t/debug/deps/a.o"), "other").unwrap();
            }),
        ];
        for (what, holds, change) in cases {
            let directory = tempfile::tempdir().unwrap();
            let at = directory.path();
            let record = example(at);
            let records = at.join("records");
            record.leave(&records).unwrap();
            change(at);
            remove_stale(&records, &|_, _| true);
            assert_eq!(record.output.is_file(), holds, "{what}");
            assert_eq!(all(&records).len(), usize::from(holds), "{what}");
        }
    }

    #[test]
    fn records_of_outputs_that_are_gone_go() {
        let directory = tempfile::tempdir().unwrap();
        let record = example(directory.path());
        let records = directory.path().join("records");
        record.leave(&records).unwrap();
        std::fs::remove_file(&record.output).unwrap();
        remove_stale(&records, &|_, _| true);
        assert!(all(&records).is_empty());
    }
}
