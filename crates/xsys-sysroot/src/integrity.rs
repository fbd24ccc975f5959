//! Whether an entry of the cache is still what was published.
//!
//! A file that was deleted, truncated or overwritten would end up in the next program silently, or cause a message of
//! rustc's that nobody understands. So whenever an entry is used, existence and sizes of its files are compared with
//! the manifest, and their times with those noted when their contents were last checked. If a time has changed, for
//! instance because the cache was copied, the digest decides, and the new times are noted. `xsys sysroot verify` checks
//! all digests.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::Deserialize;

use crate::digest::sha256_file;
use crate::store::{Cache, MANIFEST};

/// A file of an entry that is not as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Relative to the entry.
    pub file: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not there.
    Missing,
    /// It has another size.
    Size {
        /// As published.
        expected: u64,
        /// As found.
        found: u64,
    },
    /// It has other contents.
    Content,
    /// It cannot be read.
    Unreadable,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => write!(f, "is missing"),
            Self::Size { expected, found } => {
                write!(f, "has {found} bytes instead of {expected}")
            }
            Self::Content => write!(f, "has other contents than it was made with"),
            Self::Unreadable => write!(f, "cannot be read"),
        }
    }
}

/// The result of checking an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The entry's key.
    pub key: String,
    /// The target's name, if the manifest tells.
    pub target: String,
    /// Its number of files.
    pub files: usize,
    /// What is wrong.
    pub damage: Vec<Damage>,
}

#[derive(Deserialize)]
struct Manifest {
    files: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    path: String,
    size: u64,
    sha256: String,
}

/// Times of files whose contents are known to be right, by path, in nanoseconds.
type Times = BTreeMap<String, u64>;

/// How thoroughly files are checked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Contents only where the time has changed.
    Quick,
    /// All contents.
    Thorough,
}

impl Cache {
    /// What is wrong with an entry, found without reading all of it.
    pub(crate) fn damage(&self, key: &str) -> Vec<Damage> {
        self.look(key, Look::Quick).1
    }

    /// Notes the times of an entry that has just been made.
    pub(crate) fn note_times(&self, key: &str) {
        let entry = self.entry(key);
        if let Ok(manifest) = read_manifest(&entry) {
            let times = manifest.files.iter().filter_map(|file| {
                let time = modified(&entry.join(&file.path))?;
                Some((file.path.clone(), time))
            });
            self.keep_times(key, &times.collect());
        }
    }

    /// Compares all digests of all entries, or of those whose keys begin like this. A damaged entry is checked
    /// thoroughly at its next use, whatever its times are.
    ///
    /// # Errors
    /// If the cache cannot be read, or no key begins like this.
    pub fn verify(&self, beginnings: &[String]) -> Result<Vec<Verified>, crate::Error> {
        let mut verified = Vec::new();
        for key in self.keys()? {
            let asked = beginnings.iter().any(|begin| key.starts_with(begin));
            if !asked && !beginnings.is_empty() {
                continue;
            }
            let (files, damage) = self.look(&key, Look::Thorough);
            if !damage.is_empty() {
                let _ = std::fs::remove_file(self.times_file(&key));
            }
            verified.push(Verified {
                target: self.target_of(&key),
                key,
                files,
                damage,
            });
        }
        Ok(verified)
    }

    fn look(&self, key: &str, look: Look) -> (usize, Vec<Damage>) {
        let entry = self.entry(key);
        let manifest = match read_manifest(&entry) {
            Ok(manifest) => manifest,
            Err(fault) => {
                let file = MANIFEST.to_owned();
                return (0, vec![Damage { file, fault }]);
            }
        };
        let noted = self.times(key);
        let mut times = Times::new();
        let mut damage = Vec::new();
        for file in &manifest.files {
            let path = entry.join(&file.path);
            let time = modified(&path).unwrap_or(0);
            let known = look == Look::Quick && noted.get(&file.path) == Some(&time);
            match fault(file, &path, known) {
                Some(fault) => damage.push(Damage {
                    file: file.path.clone(),
                    fault,
                }),
                None => drop(times.insert(file.path.clone(), time)),
            }
        }
        if damage.is_empty() && times != noted {
            self.keep_times(key, &times);
        }
        (manifest.files.len(), damage)
    }

    fn times_file(&self, key: &str) -> std::path::PathBuf {
        self.root().join("times").join(key)
    }

    fn times(&self, key: &str) -> Times {
        let text = std::fs::read(self.times_file(key)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// If the cache cannot be written, contents are compared each time.
    fn keep_times(&self, key: &str, times: &Times) {
        let path = self.times_file(key);
        let keep = || -> std::io::Result<()> {
            let directory = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(directory)?;
            let file = tempfile::NamedTempFile::new_in(directory)?;
            std::fs::write(file.path(), serde_json::to_vec(times)?)?;
            file.persist(&path)?;
            Ok(())
        };
        let _ = keep();
    }
}

fn fault(file: &Listed, path: &Path, known: bool) -> Option<Fault> {
    let size = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(Fault::Missing),
        Err(_) => return Some(Fault::Unreadable),
    };
    if size != file.size {
        return Some(Fault::Size {
            expected: file.size,
            found: size,
        });
    }
    if known {
        return None;
    }
    match sha256_file(path) {
        Ok(digest) => (digest != file.sha256).then_some(Fault::Content),
        Err(_) => Some(Fault::Unreadable),
    }
}

fn read_manifest(entry: &Path) -> Result<Manifest, Fault> {
    let text = std::fs::read(entry.join(MANIFEST)).map_err(|_| Fault::Missing)?;
    serde_json::from_slice(&text).map_err(|_| Fault::Content)
}

fn modified(path: &Path) -> Option<u64> {
    let time = std::fs::metadata(path).ok()?.modified().ok()?;
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::PathBuf;
    use std::time::SystemTime;

    use super::*;
    use crate::digest::sha256;

    /// A cache with an entry of two files.
    fn cache() -> (tempfile::TempDir, Cache, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::new(directory.path());
        let entry = cache.entry("k");
        fs::create_dir_all(&entry).unwrap();
        let file = |name: &str, text: &str| {
            fs::write(entry.join(name), text).unwrap();
            serde_json::json!({ "path": name, "size": text.len(), "sha256": sha256(text.as_bytes()) })
        };
        let manifest = serde_json::json!({
            "inputs": { "target": "t" },
            "files": [file("a", "aaaa"), file("b", "bb")],
        });
        fs::write(entry.join(MANIFEST), manifest.to_string()).unwrap();
        cache.note_times("k");
        (directory, cache, entry)
    }

    fn set_time(path: &Path, time: SystemTime) {
        let file = File::options().append(true).open(path).unwrap();
        file.set_modified(time).unwrap();
    }

    #[test]
    fn what_was_changed_is_named() {
        type Change = fn(&Path);
        let cases: [(Change, Option<(&str, Fault)>); 6] = [
            (|_| {}, None),
            (
                |at| fs::remove_file(at.join("b")).unwrap(),
                Some(("b", Fault::Missing)),
            ),
            (
                |at| fs::write(at.join("a"), "aaa").unwrap(),
                Some((
                    "a",
                    Fault::Size {
                        expected: 4,
                        found: 3,
                    },
                )),
            ),
            (
                |at| fs::write(at.join("a"), "aaXa").unwrap(),
                Some(("a", Fault::Content)),
            ),
            // A copy has other times and the same contents.
            (|at| set_time(&at.join("a"), UNIX_EPOCH), None),
            (
                |at| fs::write(at.join(MANIFEST), "{").unwrap(),
                Some((MANIFEST, Fault::Content)),
            ),
        ];
        for (change, expected) in cases {
            let (_directory, cache, entry) = cache();
            change(&entry);
            let found: Vec<_> = cache
                .damage("k")
                .into_iter()
                .map(|d| (d.file, d.fault))
                .collect();
            let expected: Vec<_> = expected
                .map(|(file, fault)| (file.to_owned(), fault))
                .into_iter()
                .collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_keeps_size_and_time_is_found_by_verifying() {
        let (_directory, cache, entry) = cache();
        let path = entry.join("a");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "aaXa").unwrap();
        set_time(&path, time);
        assert!(cache.damage("k").is_empty());
        assert!(cache.verify(&["other".to_owned()]).unwrap().is_empty());
        let verified = cache.verify(&[]).unwrap();
        assert_eq!(verified[0].damage[0].fault, Fault::Content);
        assert_eq!((verified[0].files, &*verified[0].target), (2, "t"));
        // From here on the times are not trusted.
        assert_eq!(cache.damage("k").len(), 1);
    }

    #[test]
    fn a_cache_without_times_is_looked_at_once() {
        let (_directory, cache, entry) = cache();
        fs::remove_dir_all(cache.root().join("times")).unwrap();
        assert!(cache.damage("k").is_empty());
        assert!(cache.times("k").contains_key("a"));
        fs::remove_file(entry.join(MANIFEST)).unwrap();
        assert_eq!(cache.damage("k")[0].fault, Fault::Missing);
    }
}
