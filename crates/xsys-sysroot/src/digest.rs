//! Digests of files and directories, cheap enough for every start.
//!
//! A sysroot's key covers the whole content of rust-src: people patch it, and any change must lead to another sysroot.
//! Reading 50 MB each time would take longer than everything else when the sysroot already exists. So the digest of a
//! directory is remembered under a fingerprint of its listing (names, sizes, modification times), which takes a few
//! milliseconds to compute. The fingerprint only means something on this machine and is not part of the key.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};

use crate::Error;
use crate::store::Cache;

/// sha256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(Sha256::digest(bytes))
}

/// sha256 of a file in hexadecimal.
pub(crate) fn sha256_file(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    update(&mut hasher, path)?;
    Ok(hexadecimal(hasher.finalize()))
}

fn hexadecimal(bytes: impl AsRef<[u8]>) -> String {
    bytes
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn update(hasher: &mut Sha256, path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            count => hasher.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}

/// A file in a directory's listing.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Listed {
    /// Relative, with `/` on every system.
    name: String,
    path: PathBuf,
    size: u64,
    /// Nanoseconds since 1970, which may not fit a smaller type on exotic file systems.
    modified: u128,
}

/// Directories of rust-src that no build reads.
const NOT_BUILT: &[&str] = &["alloctests", "benches", "coretests", "tests"];

/// All files below `root` that a build may read, sorted by name.
fn listing(root: &Path) -> io::Result<Vec<Listed>> {
    let mut files = Vec::new();
    let mut directories = vec![(root.to_owned(), String::new())];
    while let Some((directory, prefix)) = directories.pop() {
        for entry in std::fs::read_dir(&directory)? {
            let entry = entry?;
            let path = entry.path();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let mut metadata = entry.metadata()?;
            if metadata.is_symlink() {
                metadata = std::fs::metadata(&path)?;
            }
            if metadata.is_dir() && NOT_BUILT.iter().any(|other| entry.file_name() == *other) {
                continue;
            }
            if metadata.is_dir() {
                directories.push((path, format!("{name}/")));
            } else {
                let modified = metadata.modified()?.duration_since(UNIX_EPOCH);
                files.push(Listed {
                    name,
                    path,
                    size: metadata.len(),
                    modified: modified.map_or(0, |time| time.as_nanos()),
                });
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The digest of the names and contents of these files, remembered in `cache`.
pub(crate) fn directory(root: &Path, cache: &Cache) -> Result<String, Error> {
    let read_error = Error::cache("read", root);
    let files = match listing(root) {
        Ok(files) => files,
        Err(error) => return Err(read_error(error)),
    };
    remembered(root, &files, cache)
}

/// The same for some files of one directory; those that do not exist do not count.
pub(crate) fn files(root: &Path, names: &[&str], cache: &Cache) -> Result<String, Error> {
    let mut listed = Vec::new();
    for &name in names {
        let path = root.join(name);
        let Ok(metadata) = std::fs::metadata(&path) else {
            continue;
        };
        let modified = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        listed.push(Listed {
            name: name.to_owned(),
            path,
            size: metadata.len(),
            modified: modified.map_or(0, |time| time.as_nanos()),
        });
    }
    listed.sort();
    remembered(root, &listed, cache)
}

fn remembered(root: &Path, files: &[Listed], cache: &Cache) -> Result<String, Error> {
    let mut fingerprint = Sha256::new();
    fingerprint.update(root.as_os_str().as_encoded_bytes());
    for file in files {
        fingerprint.update(format!("\0{}\0{}\0{}", file.name, file.size, file.modified));
    }
    let fingerprint = hexadecimal(fingerprint.finalize());
    if let Some(digest) = cache.recall(&fingerprint) {
        return Ok(digest);
    }
    let mut hasher = Sha256::new();
    for file in files {
        hasher.update(format!("{}\0{}\0", file.name, file.size));
        update(&mut hasher, &file.path).map_err(Error::cache("read", &file.path))?;
    }
    let digest = hexadecimal(hasher.finalize());
    cache.remember(&fingerprint, &digest);
    Ok(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digests() {
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn content_counts_and_place_does_not() {
        let temporary = tempfile::tempdir().unwrap();
        let cache = Cache::new(temporary.path().join("cache"));
        let tree = |name: &str, text: &str| {
            let root = temporary.path().join(name);
            std::fs::create_dir_all(root.join("sub")).unwrap();
            std::fs::write(root.join("sub/a.rs"), text).unwrap();
            std::fs::write(root.join("b.rs"), "b").unwrap();
            root
        };
        let first = directory(&tree("one", "text"), &cache).unwrap();
        assert_eq!(first, directory(&tree("two", "text"), &cache).unwrap());
        assert_ne!(first, directory(&tree("three", "texT"), &cache).unwrap());
        // Remembered: the same answer from the fingerprint.
        assert_eq!(
            first,
            directory(&temporary.path().join("one"), &cache).unwrap()
        );
        assert!(directory(&temporary.path().join("none"), &cache).is_err());
    }

    #[test]
    fn a_changed_file_is_noticed_although_remembered() {
        let temporary = tempfile::tempdir().unwrap();
        let cache = Cache::new(temporary.path().join("cache"));
        let root = temporary.path().join("tree");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(root.join("a"), "1").unwrap();
        let before = files(&root, &["a", "absent"], &cache).unwrap();
        std::fs::write(root.join("a"), "2").unwrap();
        let file = File::options().write(true).open(root.join("a")).unwrap();
        file.set_modified(UNIX_EPOCH).unwrap();
        assert_ne!(before, files(&root, &["a", "absent"], &cache).unwrap());
    }
}
