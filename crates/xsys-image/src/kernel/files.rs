//! What a source of a kernel consists of: a list of files and links, each of which can be opened.
//!
//! Packages, directories and boot partitions are such sources; [`super::source`] lays them over each other.

use std::io::{self, Read, Seek};

use super::error::Error;

/// The most bytes of one file that are read into memory.
pub(crate) const FILE_LIMIT: u64 = 512 << 20;

/// An open file.
pub trait Stream: Read + Seek + Send {}

impl<T: Read + Seek + Send> Stream for T {}

/// A file or link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// From the top, with `/` between parts.
    pub path: String,
    pub kind: Kind,
}

/// What an item is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    File {
        size: u64,
    },
    Link {
        /// A path from the top.
        target: String,
    },
}

/// A source of files: a package, a directory, or a boot partition in an image.
pub trait Files: Send + Sync {
    /// All files and links to files.
    fn list(&self) -> Result<Vec<Item>, Error>;
    /// Opens a file under the path that the list gives it.
    fn open(&self, path: &str) -> io::Result<Box<dyn Stream>>;
    /// A fingerprint that changes with any content; none if there is no cheap one.
    fn stamp(&self) -> Option<String> {
        None
    }
}

/// A path with `/usr` removed, as on systems where it is merged into `/`.
pub(crate) fn installed(path: &str) -> &str {
    match path.strip_prefix("usr/") {
        Some(rest) if rest.starts_with("lib/") => rest,
        _ => path,
    }
}
