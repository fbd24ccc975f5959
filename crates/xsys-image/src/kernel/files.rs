//! What a source of a kernel is made of: a list of files and links, each of which can be opened.
//!
//! Packages, folders and boot partitions are such things, whatever holds their bytes; [`super::source`] lays them over
//! each other.

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

/// Something with files in it. Packages and folders are; a boot partition in an image can be.
pub trait Files: Send + Sync {
    /// All files and links to files.
    fn list(&self) -> Result<Vec<Item>, Error>;
    /// Opens a file under the path that the list gives it.
    fn open(&self, path: &str) -> io::Result<Box<dyn Stream>>;
    /// Something that is another when any content is; None where that is not known.
    fn stamp(&self) -> Option<String> {
        None
    }
}

/// A path as if `/usr` were not merged.
pub(crate) fn installed(path: &str) -> &str {
    match path.strip_prefix("usr/") {
        Some(rest) if rest.starts_with("lib/") => rest,
        _ => path,
    }
}
