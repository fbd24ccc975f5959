//! The boards inside the program, and one interface for them and for boards on disk.
//!
//! The build script lists every file below `sysroots/` with its bytes. Other tools need real files, so
//! [`BoardDir::directory`] writes an embedded board to disk. Files that already have the right bytes are left alone, so
//! that nothing that depends on their age is rebuilt.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use xsys_diag::{Diagnostic, Source};

use crate::text;

include!(concat!(env!("OUT_DIR"), "/boards.rs"));

/// The names of the boards that come with xsys, sorted.
pub fn bundled_boards() -> impl Iterator<Item = &'static str> {
    BOARDS.iter().map(|(name, _)| *name)
}

/// A board's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardDir {
    /// Inside the program, under the board's name.
    Embedded(&'static str),
    /// On disk.
    Directory(PathBuf),
}

/// An embedded file: its path in the board's directory, with slashes, and its bytes.
type File = (&'static str, &'static [u8]);

impl BoardDir {
    /// A bundled board by name.
    pub fn bundled(name: &str) -> Option<BoardDir> {
        bundled_boards()
            .find(|known| *known == name)
            .map(BoardDir::Embedded)
    }

    fn embedded(name: &str) -> &'static [File] {
        BOARDS
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(&[], |(_, files)| files)
    }

    /// A file's bytes; `path` is relative to the board's directory.
    ///
    /// # Errors
    /// If the board has no such file, or it cannot be read.
    pub fn read(&self, path: &str) -> io::Result<Cow<'static, [u8]>> {
        match self {
            BoardDir::Embedded(name) => Self::embedded(name)
                .iter()
                .find(|(known, _)| *known == path)
                .map(|(_, bytes)| Cow::Borrowed(*bytes))
                .ok_or_else(|| io::ErrorKind::NotFound.into()),
            BoardDir::Directory(directory) => std::fs::read(directory.join(path)).map(Cow::Owned),
        }
    }

    /// Whether the file exists.
    pub fn contains(&self, path: &str) -> bool {
        match self {
            BoardDir::Embedded(name) => {
                Self::embedded(name).iter().any(|(known, _)| *known == path)
            }
            BoardDir::Directory(directory) => directory.join(path).is_file(),
        }
    }

    /// The path to show for a file: where it is, or where it is in xsys's sources.
    pub fn shown(&self, path: &str) -> PathBuf {
        match self {
            BoardDir::Embedded(name) => Path::new("sysroots").join(name).join(path),
            BoardDir::Directory(directory) => directory.join(path),
        }
    }

    /// A text file as a source for messages that point into it.
    ///
    /// # Errors
    /// If the file cannot be read or is not UTF-8.
    pub fn source(&self, path: &str) -> Result<Source, Diagnostic> {
        let shown = self.shown(path);
        let bytes = self.read(path).map_err(|error| {
            let problem = Diagnostic::error(format!("cannot read `{}`", shown.display()));
            problem.note(error.to_string())
        })?;
        let text = text::of_bytes(&bytes, &shown)?;
        Ok(Source { path: shown, text })
    }

    /// All files with slashes in their paths, sorted; build output (`target`) is none of them.
    ///
    /// # Errors
    /// If the board's directory cannot be read.
    pub fn files(&self) -> io::Result<Vec<String>> {
        match self {
            BoardDir::Embedded(name) => Ok(Self::embedded(name)
                .iter()
                .map(|(path, _)| (*path).to_owned())
                .collect()),
            BoardDir::Directory(directory) => {
                let mut found = Vec::new();
                walk(directory, "", &mut found)?;
                found.sort();
                Ok(found)
            }
        }
    }

    /// Writes all files below `prefix` (such as `hello/`, or nothing) into a directory; files that
    /// are there already with the same bytes are not touched. Returns how many were written.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn write_to(&self, prefix: &str, directory: &Path) -> io::Result<usize> {
        let mut written = 0;
        for path in self.files()? {
            let Some(inner) = path.strip_prefix(prefix) else {
                continue;
            };
            let bytes = self.read(&path)?;
            let place = directory.join(inner);
            if std::fs::read(&place).is_ok_and(|old| old == *bytes) {
                continue;
            }
            if let Some(parent) = place.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(&place, &bytes)?;
            written += 1;
        }
        Ok(written)
    }

    /// A real directory with the board's files: its own, or one below `cache` for a bundled board.
    ///
    /// # Errors
    /// If the files of a bundled board cannot be written.
    pub fn directory(&self, cache: &Path) -> io::Result<PathBuf> {
        match self {
            BoardDir::Directory(directory) => std::path::absolute(directory),
            BoardDir::Embedded(name) => {
                let directory = cache.join(name);
                self.write_to("", &directory)?;
                Ok(directory)
            }
        }
    }
}

fn walk(directory: &Path, prefix: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            if name != "target" && name != ".git" {
                walk(&entry.path(), &format!("{path}/"), found)?;
            }
        } else {
            found.push(path);
        }
    }
    Ok(())
}
