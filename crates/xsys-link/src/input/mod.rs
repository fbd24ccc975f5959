//! From names on a command line to bytes in memory.
//!
//! [`search`] finds files, [`map`] brings them into memory for as long as the link lasts, [`kind`]
//! says what they are, [`archive`] looks into archives, [`reproduce`] packs them up. Nothing here knows the format of
//! objects; both linkers use it.

pub mod archive;
pub(crate) mod arena;
pub mod kind;
pub mod map;
pub mod reproduce;
pub mod search;

use std::io;
use std::path::{Path, PathBuf};

use xsys_diag::{Diagnostic, did_you_mean};

/// Why an input cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// There is no such file.
    #[error("{what} not found")]
    Missing {
        /// What was looked for, as in `` library `-lfoo` `` or `` file `foo.o` ``.
        what: String,
        /// The directories that were searched, in order; empty for a plain path.
        searched: Vec<PathBuf>,
        /// Advice.
        help: Vec<String>,
    },
    /// A directory stands where a file is needed.
    #[error("`{}` is a directory, not a file", .0.display())]
    Directory(PathBuf),
    /// The system refuses.
    #[error("cannot read `{}`: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The archive's structure is broken.
    #[error("broken archive `{}`: {what} at offset {offset:#x}", .path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong there.
        what: String,
    },
}

impl InputError {
    /// The error for people.
    pub fn into_diagnostic(self) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.to_string());
        match self {
            Self::Missing { searched, help, .. } => {
                if !searched.is_empty() {
                    let list: Vec<_> = searched
                        .iter()
                        .map(|dir| format!("  {}", dir.display()))
                        .collect();
                    diagnostic = diagnostic.note(format!("searched in:\n{}", list.join("\n")));
                }
                diagnostic.help.extend(help);
                diagnostic
            }
            Self::Directory(path) => diagnostic.help(format!(
                "to search libraries in this directory, pass `-L {}`",
                path.display()
            )),
            Self::Unreadable { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    diagnostic.help("check who may read the file and enter its directories")
                }
                _ => diagnostic,
            },
            Self::Archive { .. } => diagnostic.help(
                "the file may have been cut off while it was written; remove it and build it again",
            ),
        }
    }

    /// The error for a path that was given as such.
    pub(crate) fn from_io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing {
                what: format!("file `{}`", path.display()),
                searched: Vec::new(),
                help: similar(path).into_iter().collect(),
            },
            io::ErrorKind::IsADirectory => Self::Directory(path.to_owned()),
            _ => Self::Unreadable {
                path: path.to_owned(),
                source,
            },
        }
    }
}

/// Looks for the path that was probably meant by one that does not exist.
fn similar(path: &Path) -> Option<String> {
    let dir = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !dir.is_dir() {
        return Some(format!("the directory `{}` does not exist", dir.display()));
    }
    let name = path.file_name()?.to_string_lossy();
    let names = names_in(dir);
    let close = did_you_mean(&name, names.iter().map(String::as_str))?;
    Some(format!(
        "did you mean `{}`",
        path.with_file_name(close).display()
    ))
}

/// The names in a directory, sorted; none where it cannot be read.
pub(crate) fn names_in(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort_unstable();
    names
}
