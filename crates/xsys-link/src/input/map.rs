//! Input files in memory, all of them until the link ends.
//!
//! Passes borrow bytes of inputs, so the files must outlive every pass, but scripts and thin archives
//! add files while others are already borrowed. A [`FileStore`] only grows: adding takes `&self` and
//! returns a reference that lives as long as the store.
//!
//! Files up to 32 KiB are read, larger ones mapped: a mapping costs a system call and page faults
//! whatever its size, and small objects come by the hundred.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use memmap2::{Mmap, MmapOptions};
use rayon::prelude::*;

use super::InputError;
use super::arena::Arena;

/// Files up to this size are read instead of mapped.
const READ_LIMIT: u64 = 32 * 1024;

/// A file in memory.
#[derive(Debug)]
pub struct InputFile {
    /// The path it was opened by.
    pub path: PathBuf,
    /// When it was last changed, if it is a file that the system keeps.
    modified: Option<SystemTime>,
    data: FileData,
}

/// A file that a link has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFile {
    /// As the link named it; relative to the directory it ran in.
    pub path: PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// When it was last changed before it was read.
    pub modified: SystemTime,
}

#[derive(Debug)]
enum FileData {
    Read(Vec<u8>),
    Mapped(Mmap),
}

impl InputFile {
    /// Opens a file. Empty files are fine here; what they mean depends on who asked.
    ///
    /// # Errors
    /// The file does not exist or cannot be read.
    pub fn open(path: &Path) -> Result<Self, InputError> {
        let failed = |source| InputError::from_io(path, source);
        let mut file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(InputError::Directory(path.to_owned()));
        }
        let data = if metadata.is_file() && metadata.len() > READ_LIMIT {
            FileData::Mapped(map(&file).map_err(failed)?)
        } else {
            // Pipes and the like have no size; they are read to their end.
            let mut bytes = Vec::with_capacity(metadata.len().min(READ_LIMIT) as usize);
            file.read_to_end(&mut bytes).map_err(failed)?;
            FileData::Read(bytes)
        };
        Ok(Self {
            path: path.to_owned(),
            modified: metadata.modified().ok().filter(|_| metadata.is_file()),
            data,
        })
    }

    /// A file that exists only in memory (built-in scripts, symbol files made for a link).
    pub fn from_bytes(path: PathBuf, bytes: Vec<u8>) -> Self {
        Self {
            path,
            modified: None,
            data: FileData::Read(bytes),
        }
    }

    /// The file as it was when it was opened; `None` for one that exists only in memory.
    pub fn as_read(&self) -> Option<ReadFile> {
        Some(ReadFile {
            path: self.path.clone(),
            size: self.bytes().len() as u64,
            modified: self.modified?,
        })
    }

    /// The contents.
    pub fn bytes(&self) -> &[u8] {
        match &self.data {
            FileData::Read(bytes) => bytes,
            FileData::Mapped(map) => map,
        }
    }
}

/// Maps a whole file for reading.
///
/// Invariant that makes this sound: input files do not change while a link runs. Cargo holds the
/// lock of its target directory meanwhile, compilers and archivers (ours too: see
/// [`output`](crate::output)) replace files by renaming, which leaves the mapped file as it is.
/// The mapping is private and read-only, so that nothing here can write to the file. If another
/// process truncates an input in place during a link, the link dies of SIGBUS, as every linker that
/// maps its inputs does.
#[expect(unsafe_code, reason = "the one place where inputs are mapped")]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: see above.
    unsafe { MmapOptions::new().map_copy_read_only(file) }
}

/// All input files of a link.
#[derive(Debug, Default)]
pub struct FileStore {
    files: Arena<InputFile>,
    by_path: Mutex<HashMap<PathBuf, usize>>,
    missed: Mutex<Vec<PathBuf>>,
}

impl FileStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a file, or returns it if this path was opened before.
    ///
    /// # Errors
    /// The file does not exist or cannot be read.
    pub fn open(&self, path: &Path) -> Result<&InputFile, InputError> {
        if let Some(known) = self.get(path) {
            return Ok(known);
        }
        // Opened without holding the lock; if two threads open the same file, one is dropped again.
        let file = InputFile::open(path)?;
        Ok(self.add(file))
    }

    /// Opens many files in parallel; the results stand in the order of the paths.
    pub fn open_all(&self, paths: &[PathBuf]) -> Vec<Result<&InputFile, InputError>> {
        paths.par_iter().map(|path| self.open(path)).collect()
    }

    /// Adds a file, unless one of this path is there already, and returns the one that is kept.
    pub fn add(&self, file: InputFile) -> &InputFile {
        let mut by_path = self.by_path.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = by_path.get(&file.path).and_then(|&at| self.files.get(at)) {
            return known;
        }
        let path = file.path.clone();
        let (at, file) = self.files.push(file);
        by_path.insert(path, at);
        file
    }

    /// Notes where a file was looked for before it was found. If one appears there later, it is used
    /// instead, so the link is out of date.
    pub fn note_missed(&self, paths: impl IntoIterator<Item = PathBuf>) {
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        missed.extend(paths);
    }

    /// The places where files were looked for and not found.
    pub fn missed(&self) -> Vec<PathBuf> {
        let missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        missed.clone()
    }

    /// The files on disk that were read, by path.
    pub fn read_files(&self) -> Vec<ReadFile> {
        let mut files: Vec<ReadFile> = self.iter().filter_map(InputFile::as_read).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// Adds bytes that have no path.
    pub fn add_unnamed(&self, file: InputFile) -> &InputFile {
        self.files.push(file).1
    }

    fn get(&self, path: &Path) -> Option<&InputFile> {
        let by_path = self.by_path.lock().unwrap_or_else(PoisonError::into_inner);
        self.files.get(*by_path.get(path)?)
    }

    /// The files in the order in which they were added. With [`open_all`](Self::open_all) it depends on
    /// the threads, so outputs must not depend on it.
    pub fn iter(&self) -> impl Iterator<Item = &InputFile> {
        (0..self.files.len()).filter_map(|at| self.files.get(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_files_read_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::new();
        for size in [0, 1, 32 * 1024, 32 * 1024 + 1, 100_000] {
            let bytes: Vec<u8> = (0..size).map(|n: usize| (n % 251) as u8).collect();
            let path = dir.path().join(size.to_string());
            std::fs::write(&path, &bytes).unwrap();
            let file = store.open(&path).unwrap();
            assert_eq!(file.bytes(), bytes, "{size}");
            assert_eq!(
                matches!(file.data, FileData::Mapped(_)),
                size as u64 > READ_LIMIT
            );
        }
        assert_eq!(store.iter().count(), 5);
    }

    #[test]
    fn a_path_is_opened_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        std::fs::write(&path, "x").unwrap();
        let store = FileStore::new();
        let first = store.open(&path).unwrap();
        let paths = vec![path.clone(); 50];
        for again in store.open_all(&paths) {
            assert!(std::ptr::eq(first, again.unwrap()));
        }
        assert_eq!(store.iter().count(), 1);
    }

    #[test]
    fn errors_say_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("main.o"), "").unwrap();
        let show = |name: &str| {
            InputFile::open(&dir.path().join(name))
                .unwrap_err()
                .into_diagnostic()
                .to_string()
                .replace(&dir.path().display().to_string(), "DIR")
        };
        assert_eq!(
            show("mian.o"),
            "error: file `DIR/mian.o` not found\n  = help: did you mean `DIR/main.o`"
        );
        assert_eq!(
            show("sub/x.o"),
            "error: file `DIR/sub/x.o` not found\n  = help: the directory `DIR/sub` does not exist"
        );
        assert_eq!(
            show(""),
            "error: `DIR/` is a directory, not a file\n  \
             = help: to search libraries in this directory, pass `-L DIR/`"
        );
    }
}
