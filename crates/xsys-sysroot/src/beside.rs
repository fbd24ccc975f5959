//! What the cache contains besides sysroots: kernels' packages, unpacked, and the init's sources with what was built
//! from them.
//!
//! Problem: an unpacked kernel takes hundreds of megabytes, and nobody would look for it in a cache of sysroots.
//! Everything here can be made again from the user's files, and every use of an entry sets its time: so entries that
//! were not used for long are removed together with such sysroots.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::{Cache, Error, Prune};

/// The directories, with what people call an entry of theirs.
const DIRECTORIES: [(&str, &str); 2] = [("kernels", "kernel"), ("init", "init")];

/// Entries of one kind that were removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The kind of entry, in a word.
    pub what: &'static str,
    pub files: usize,
    pub bytes: u64,
}

impl Cache {
    /// Removes entries beside the sysroots by their age, as [`Cache::prune`] does with sysroots. A limit in bytes is
    /// for sysroots alone.
    ///
    /// # Errors
    /// If an entry cannot be removed.
    pub fn prune_beside(&self, prune: &Prune) -> Result<Vec<Beside>, Error> {
        let now = SystemTime::now();
        let mut removed = Vec::new();
        for (directory, what) in DIRECTORIES {
            let mut sum = Beside {
                what,
                files: 0,
                bytes: 0,
            };
            let entries = std::fs::read_dir(self.root().join(directory));
            for entry in entries.into_iter().flatten().flatten() {
                let Ok(metadata) = entry.metadata() else {
                    continue;
                };
                let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                let age = now.duration_since(used).unwrap_or_default();
                if !prune.all && prune.unused_for.is_none_or(|limit| age < limit) {
                    continue;
                }
                let path = entry.path();
                let (files, bytes) = measure(&path, &metadata);
                let gone = match metadata.is_dir() {
                    true => std::fs::remove_dir_all(&path),
                    false => std::fs::remove_file(&path),
                };
                gone.map_err(Error::cache("remove", &path))?;
                sum.files += files;
                sum.bytes += bytes;
            }
            if sum.files > 0 {
                removed.push(sum);
            }
        }
        Ok(removed)
    }
}

/// Files and bytes of a file or a directory. Links are not followed.
fn measure(path: &Path, metadata: &Metadata) -> (usize, u64) {
    if !metadata.is_dir() {
        return (1, metadata.len());
    }
    let mut directories: Vec<PathBuf> = vec![path.to_owned()];
    let (mut files, mut bytes) = (0, 0);
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => directories.push(entry.path()),
                Ok(metadata) => {
                    files += 1;
                    bytes += metadata.len();
                }
                Err(_) => {}
            }
        }
    }
    (files, bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_not_used_for_long_goes() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::new(directory.path());
        let kernels = directory.path().join("kernels");
        let init = directory.path().join("init/0123/target");
        std::fs::create_dir_all(&kernels).unwrap();
        std::fs::create_dir_all(&init).unwrap();
        std::fs::write(kernels.join("old.tar"), [0; 100]).unwrap();
        std::fs::write(kernels.join("new.tar"), [0; 10]).unwrap();
        std::fs::write(init.join("init"), [0; 5]).unwrap();
        let day = Duration::from_secs(86_400);
        let old = std::fs::File::options()
            .append(true)
            .open(kernels.join("old.tar"));
        old.unwrap().set_modified(SystemTime::now() - day).unwrap();

        let prune = |unused_for, all| Prune {
            unused_for,
            all,
            ..Prune::default()
        };
        let kernel = |bytes| Beside {
            what: "kernel",
            files: 1,
            bytes,
        };
        assert_eq!(cache.prune_beside(&prune(None, false)).unwrap(), []);
        let removed = cache.prune_beside(&prune(Some(day / 2), false)).unwrap();
        assert_eq!(removed, [kernel(100)]);
        let removed = cache.prune_beside(&prune(None, true)).unwrap();
        let init = Beside {
            what: "init",
            files: 1,
            bytes: 5,
        };
        assert_eq!(removed, [kernel(10), init]);
        assert!(!directory.path().join("init/0123").exists());
    }
}
