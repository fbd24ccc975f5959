//! The cache of sysroots: one directory an entry, complete or absent.
//!
//! ```text
//! <cache>/CACHEDIR.TAG
//!         sysroots/<key>/       a published sysroot; manifest.json tells what it is
//!         staging/<key>-partial/ one being built; renamed when it is complete
//!         staging/<key>-<n>/    one being removed
//!         locks/<key>           held while a sysroot is built; the system frees it if we die
//!         used/<key>            its time is that of the last use
//!         times/<key>           times of an entry's files when their contents were right
//!         digests/<fingerprint> remembered digests of directories
//!         kernels/, init/       parts of appliances (`beside`)
//! ```
//!
//! An entry is never written to after it was published, so readers need no lock and a read-only
//! cache serves what it holds. A build that was killed leaves a staging directory whose lock is free: the
//! next build of the same key goes on with it, and after a week the next build of anything clears it
//! away. Lock files stay: removing one could leave two
//! processes with a lock on two files of the same name.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use etcetera::BaseStrategy as _;
use serde_json::Value;

use crate::{Error, Progress};

/// A cache directory. Nothing is created until something is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

/// A sysroot in the cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its key.
    pub key: String,
    /// Its directory.
    pub path: PathBuf,
    /// The target's name.
    pub target: String,
    /// The crate set.
    pub crates: String,
    /// The release of the compiler it was built by and for.
    pub release: String,
    /// All files together.
    pub bytes: u64,
    /// When it was last asked for, if that could be noted.
    pub used: Option<SystemTime>,
    /// `manifest.json`: the key's inputs in clear, the files, where they come from.
    pub manifest: Value,
}

/// What [`Cache::prune`] removes. An entry goes if any of the conditions applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prune {
    /// Entries that were not used for this long.
    pub unused_for: Option<Duration>,
    /// The entries that were not used for longest, until the rest has at most this many bytes.
    pub max_bytes: Option<u64>,
    /// Everything.
    pub all: bool,
}

pub(crate) const MANIFEST: &str = "manifest.json";

/// See <https://bford.info/cachedir/>.
const CACHEDIR_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
# This file is a cache directory tag created by xsys.\n\
# For information about cache directory tags see https://bford.info/cachedir/\n";

impl Cache {
    /// The cache in a directory, which need not exist.
    pub fn new(root: impl Into<PathBuf>) -> Cache {
        Cache { root: root.into() }
    }

    /// `$XSYS_CACHE_DIR`, else `xsys` in the platform's cache directory.
    ///
    /// # Errors
    /// If the platform has no such directory.
    pub fn from_env() -> Result<Cache, Error> {
        let failed = |reason: String| Error::NoCacheDirectory { reason };
        let root = match std::env::var_os("XSYS_CACHE_DIR").filter(|value| !value.is_empty()) {
            Some(directory) => PathBuf::from(directory),
            None => etcetera::choose_base_strategy()
                .map_err(|error| failed(error.to_string()))?
                .cache_dir()
                .join("xsys"),
        };
        // cargo runs compilers in other directories than ours.
        let root = std::path::absolute(root).map_err(|error| failed(error.to_string()))?;
        Ok(Cache::new(root))
    }

    /// The cache's directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where an entry is or would be.
    pub(crate) fn entry(&self, key: &str) -> PathBuf {
        self.root.join("sysroots").join(key)
    }

    /// The directory of a published entry.
    pub(crate) fn published(&self, key: &str) -> Option<PathBuf> {
        Some(self.entry(key)).filter(|entry| entry.join(MANIFEST).is_file())
    }

    /// Marks an entry as used. A read-only cache still works.
    pub(crate) fn touch(&self, key: &str) {
        let file = self.root.join("used").join(key);
        if let Ok(file) = File::options().create(true).append(true).open(file) {
            let _ = file.set_modified(SystemTime::now());
        }
    }

    /// A digest that was remembered earlier.
    pub(crate) fn recall(&self, fingerprint: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.root.join("digests").join(fingerprint)).ok()?;
        // A file truncated by a full disk is not a digest.
        text.strip_suffix('\n').map(str::to_owned)
    }

    /// Remembers a digest, if the cache can be written.
    pub(crate) fn remember(&self, fingerprint: &str, digest: &str) {
        let directory = self.root.join("digests");
        let note = || -> io::Result<()> {
            self.prepare_root()?;
            std::fs::create_dir_all(&directory)?;
            let file = tempfile::NamedTempFile::new_in(&directory)?;
            std::fs::write(file.path(), format!("{digest}\n"))?;
            file.persist(directory.join(fingerprint))?;
            Ok(())
        };
        let _ = note();
    }

    fn prepare_root(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.root)?;
        let tag = self.root.join("CACHEDIR.TAG");
        if !tag.is_file() {
            std::fs::write(tag, CACHEDIR_TAG)?;
        }
        Ok(())
    }

    /// Creates the cache's directories.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        self.prepare_root()
            .map_err(Error::cache("create the cache in", &self.root))?;
        for name in ["sysroots", "staging", "locks", "used", "digests"] {
            let directory = self.root.join(name);
            std::fs::create_dir_all(&directory).map_err(Error::cache("create", &directory))?;
        }
        Ok(())
    }

    /// Takes the lock of a key, waiting for the process that has it.
    pub(crate) fn lock(&self, key: &str, progress: &dyn Progress) -> Result<Lock, Error> {
        let path = self.root.join("locks").join(key);
        let open = || File::options().create(true).append(true).open(&path);
        let file = open().map_err(Error::cache("write to the cache", &self.root))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                progress.waiting_for_lock(&path);
                file.lock().map_err(Error::cache("lock", &path))?;
            }
            Err(TryLockError::Error(error)) => return Err(Error::cache("lock", &path)(error)),
        }
        Ok(Lock { _file: file })
    }

    fn try_lock(&self, key: &str) -> Option<Lock> {
        let path = self.root.join("locks").join(key);
        let file = File::options().create(true).append(true).open(path).ok()?;
        file.try_lock().ok()?;
        Some(Lock { _file: file })
    }

    /// The directory to build an entry in, with what an interrupted build left there. The caller holds the key's lock.
    pub(crate) fn stage_again(&self, key: &str) -> Result<Staging, Error> {
        let path = self.root.join("staging").join(format!("{key}-{PARTIAL}"));
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(Error::cache("write to the cache", &self.root)(error))
            }
            _ => Ok(Staging { path, keep: true }),
        }
    }

    /// A fresh directory for temporary files.
    pub(crate) fn stage(&self, key: &str) -> Result<Staging, Error> {
        let directory = self.root.join("staging");
        let process = std::process::id();
        for attempt in 0.. {
            let path = directory.join(format!("{key}-{process}-{attempt}"));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Staging { path, keep: false }),
                // Left by an earlier process with the same number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => {}
                Err(error) => return Err(Error::cache("write to the cache", &self.root)(error)),
            }
        }
        unreachable!("the last attempt returns")
    }

    /// Publishes a complete entry. The caller holds the key's lock.
    pub(crate) fn publish(&self, key: &str, staging: Staging) -> Result<PathBuf, Error> {
        let entry = self.entry(key);
        if entry.exists() {
            // Somebody has removed files from it: it was not recognised as an entry.
            self.discard(key)?;
        }
        std::fs::rename(&staging.path, &entry).map_err(Error::cache("publish", &entry))?;
        self.note_times(key);
        self.touch(key);
        Ok(entry)
    }

    /// Removes an entry in one step by renaming, then deletes its files.
    fn discard(&self, key: &str) -> Result<(), Error> {
        let entry = self.entry(key);
        let staging = self.stage(key)?;
        let grave = staging.path.join("removed");
        std::fs::rename(&entry, &grave).map_err(Error::cache("remove", &entry))?;
        for notes in ["used", "times"] {
            let _ = std::fs::remove_file(self.root.join(notes).join(key));
        }
        Ok(())
    }

    /// Deletes what killed builds left; what the next build could continue with, only if it is older than this. `held`
    /// is the key whose lock the caller has.
    pub(crate) fn clean_staging(&self, held: Option<&str>, older: Duration) {
        let Ok(entries) = std::fs::read_dir(self.root.join("staging")) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some((key, rest)) = name.to_str().and_then(|name| name.split_once('-')) else {
                continue;
            };
            if rest == PARTIAL && (held == Some(key) || age(&entry.path()) < older) {
                continue;
            }
            let lock = match held {
                Some(held) if held == key => None,
                _ => match self.try_lock(key) {
                    Some(lock) => Some(lock),
                    None => continue,
                },
            };
            // Files that an orphaned compiler still writes are deleted next time.
            let _ = std::fs::remove_dir_all(entry.path());
            drop(lock);
        }
    }

    /// All sysroots, by target and key.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn list(&self) -> Result<Vec<Entry>, Error> {
        let keys = self.keys()?.into_iter();
        let mut found: Vec<Entry> = keys
            .filter_map(|key| self.read_entry(self.entry(&key)))
            .collect();
        found.sort_by(|a, b| (&a.target, &a.key).cmp(&(&b.target, &b.key)));
        Ok(found)
    }

    /// The keys of all entries, whatever state they are in.
    pub(crate) fn keys(&self) -> Result<Vec<String>, Error> {
        let directory = self.root.join("sysroots");
        let entries = match std::fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::cache("read", &directory)(error)),
        };
        let names = entries.flatten().map(|entry| entry.file_name());
        let mut keys: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
        keys.sort();
        Ok(keys)
    }

    /// The target's name in an entry's manifest.
    pub(crate) fn target_of(&self, key: &str) -> String {
        let entry = self.read_entry(self.entry(key));
        entry.map_or_else(|| "unknown".to_owned(), |entry| entry.target)
    }

    fn read_entry(&self, path: PathBuf) -> Option<Entry> {
        let key = path.file_name()?.to_str()?.to_owned();
        let text = std::fs::read_to_string(path.join(MANIFEST)).ok()?;
        let manifest: Value = serde_json::from_str(&text).ok()?;
        let text = |pointer: &str| {
            let value = manifest.pointer(pointer).and_then(Value::as_str);
            value.unwrap_or("unknown").to_owned()
        };
        let sizes = manifest.get("files").and_then(Value::as_array);
        let used = std::fs::metadata(self.root.join("used").join(&key));
        Some(Entry {
            target: text("/inputs/target"),
            crates: text("/inputs/crates"),
            release: text("/inputs/rustc/release"),
            bytes: sizes
                .into_iter()
                .flatten()
                .filter_map(|file| file.get("size")?.as_u64())
                .fold(0, u64::saturating_add),
            used: used.and_then(|file| file.modified()).ok(),
            key,
            path,
            manifest,
        })
    }

    /// Removes the entry whose key is or begins with `key`, and says which it was.
    ///
    /// # Errors
    /// If no key or several keys begin like this, or the entry cannot be removed.
    pub fn remove(&self, key: &str) -> Result<Entry, Error> {
        let mut matches: Vec<Entry> = self
            .list()?
            .into_iter()
            .filter(|entry| entry.key.starts_with(key))
            .collect();
        if key.is_empty() || matches.len() != 1 {
            return Err(Error::NoSuchEntry {
                key: key.to_owned(),
                matches: matches.into_iter().map(|entry| entry.key).collect(),
            });
        }
        let entry = matches.remove(0);
        self.prepare()?;
        self.discard(&entry.key)?;
        self.clean_staging(None, PARTIAL_KEPT);
        Ok(entry)
    }

    /// Removes entries by the conditions, and what killed builds left, and returns the removed
    /// entries.
    ///
    /// # Errors
    /// If an entry cannot be removed.
    pub fn prune(&self, prune: &Prune) -> Result<Vec<Entry>, Error> {
        let mut entries = self.list()?;
        let now = SystemTime::now();
        entries.sort_by_key(|entry| entry.used.unwrap_or(SystemTime::UNIX_EPOCH));
        let mut bytes = entries
            .iter()
            .fold(0, |sum: u64, entry| sum.saturating_add(entry.bytes));
        let mut removed = Vec::new();
        for entry in entries {
            let age = now
                .duration_since(entry.used.unwrap_or(SystemTime::UNIX_EPOCH))
                .unwrap_or_default();
            let old = prune.unused_for.is_some_and(|limit| age >= limit);
            let large = prune.max_bytes.is_some_and(|limit| bytes > limit);
            if prune.all || old || large {
                self.prepare()?;
                self.discard(&entry.key)?;
                bytes = bytes.saturating_sub(entry.bytes);
                removed.push(entry);
            }
        }
        self.clean_staging(None, Duration::ZERO);
        Ok(removed)
    }
}

/// A lock on a key, until it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// The suffix of a directory that a later build can continue with.
const PARTIAL: &str = "partial";

/// Lists what is finished in such a directory; [`crate::resume`] writes it.
pub(crate) const JOURNAL: &str = "finished";

/// How long an interrupted build can be continued.
pub(crate) const PARTIAL_KEPT: Duration = Duration::from_secs(7 * 86_400);

/// The time since anything in a directory has changed.
fn age(directory: &Path) -> Duration {
    let modified = |path: &Path| std::fs::metadata(path).and_then(|metadata| metadata.modified());
    let journal = directory.join(JOURNAL);
    modified(&journal)
        .or_else(|_| modified(directory))
        .ok()
        .and_then(|time| SystemTime::now().duration_since(time).ok())
        .unwrap_or_default()
}

/// A directory being filled; deleted unless it is published or the next build can continue with it.
#[derive(Debug)]
pub(crate) struct Staging {
    pub path: PathBuf,
    /// It stays where it is.
    pub keep: bool,
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Gone already if it was published.
        if !self.keep {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
