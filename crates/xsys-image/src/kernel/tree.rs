//! Files by their paths, with modes and owners: what an archive or a file system is made of.
//!
//! An appliance's root is one, whether it is unpacked from an archive ([`super::initramfs`]) or read from a file system
//! ([`super::squashfs`]). Entries are sorted and have no times, so that the same ones always give the same bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::Error;

pub(super) const DIRECTORY: u32 = 0o040_000;
pub(super) const FILE: u32 = 0o100_000;
pub(super) const LINK: u32 = 0o120_000;
pub(super) const CHARACTERS: u32 = 0o020_000;
pub(super) const BLOCKS: u32 = 0o060_000;

/// What no file system of Linux has more of in a name.
const LONGEST_NAME: usize = 255;

/// Entries by path.
#[derive(Debug, Default)]
pub struct Tree<'a> {
    pub(super) entries: BTreeMap<String, Entry<'a>>,
}

#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) mode: u32,
    pub(super) owner: (u32, u32),
    pub(super) device: (u32, u32),
    pub(super) content: Content<'a>,
}

/// What is in a file.
#[derive(Debug)]
pub enum Content<'a> {
    /// These bytes.
    Bytes(Cow<'a, [u8]>),
    /// A file of this machine, read when the archive is written.
    File(PathBuf),
}

impl<'a> Tree<'a> {
    /// Only the directories and devices that a kernel and any program expect: `/dev/console` is
    /// opened for the first program before it runs.
    ///
    /// # Errors
    /// If one of its fixed paths were invalid.
    pub fn new() -> Result<Self, Error> {
        let mut tree = Self::default();
        for directory in ["dev", "proc", "sys", "run"] {
            tree.directory(directory, 0o755)?;
        }
        tree.directory("tmp", 0o1777)?;
        tree.character_device("dev/console", 0o600, 5, 1)?;
        tree.character_device("dev/null", 0o666, 1, 3)?;
        Ok(tree)
    }

    /// Adds a directory, or sets the mode of one that is there.
    ///
    /// # Errors
    /// If the path is invalid or taken.
    pub fn directory(&mut self, path: &str, mode: u32) -> Result<(), Error> {
        let path = clean(path)?;
        if let Some(entry) = self.entries.get_mut(&path)
            && entry.mode & !0o7777 == DIRECTORY
        {
            entry.mode = DIRECTORY | mode & 0o7777;
            return Ok(());
        }
        self.add(
            path,
            DIRECTORY | mode & 0o7777,
            (0, 0),
            Content::Bytes(Cow::Borrowed(&[])),
        )
    }

    /// Adds a file; directories on the way are made.
    ///
    /// # Errors
    /// If the path is invalid or taken.
    pub fn file(
        &mut self,
        path: &str,
        mode: u32,
        bytes: impl Into<Cow<'a, [u8]>>,
    ) -> Result<(), Error> {
        let content = Content::Bytes(bytes.into());
        self.add(clean(path)?, FILE | mode & 0o7777, (0, 0), content)
    }

    /// Adds a file of this machine, which is read when all is written.
    ///
    /// # Errors
    /// If the path is invalid or taken.
    pub fn file_of(&mut self, path: &str, mode: u32, from: &Path) -> Result<(), Error> {
        let content = Content::File(from.to_owned());
        self.add(clean(path)?, FILE | mode & 0o7777, (0, 0), content)
    }

    /// Adds a symbolic link.
    ///
    /// # Errors
    /// If the path is invalid or taken.
    pub fn link(&mut self, path: &str, target: &str) -> Result<(), Error> {
        if target.is_empty() || target.contains('\0') || target.len() > 4095 {
            return Err(Error::InitramfsPath(target.to_owned()));
        }
        let target = Content::Bytes(target.as_bytes().to_vec().into());
        self.add(clean(path)?, LINK | 0o777, (0, 0), target)
    }

    /// Adds a character device.
    ///
    /// # Errors
    /// If the path is invalid or taken.
    pub fn character_device(
        &mut self,
        path: &str,
        mode: u32,
        major: u32,
        minor: u32,
    ) -> Result<(), Error> {
        self.device(path, CHARACTERS | mode & 0o7777, (major, minor))
    }

    /// Adds a block device.
    ///
    /// # Errors
    /// If the path is invalid or taken.
    pub fn block_device(
        &mut self,
        path: &str,
        mode: u32,
        major: u32,
        minor: u32,
    ) -> Result<(), Error> {
        self.device(path, BLOCKS | mode & 0o7777, (major, minor))
    }

    fn device(&mut self, path: &str, mode: u32, number: (u32, u32)) -> Result<(), Error> {
        self.add(
            clean(path)?,
            mode,
            number,
            Content::Bytes(Cow::Borrowed(&[])),
        )
    }

    /// Gives an entry another owner than root.
    ///
    /// # Errors
    /// If there is no such entry.
    pub fn owner(&mut self, path: &str, user: u32, group: u32) -> Result<(), Error> {
        let path = clean(path)?;
        match self.entries.get_mut(&path) {
            Some(entry) => {
                entry.owner = (user, group);
                Ok(())
            }
            None => Err(Error::NoFile {
                path,
                origins: Vec::new(),
            }),
        }
    }

    /// Whether there is an entry at this path.
    pub fn has(&self, path: &str) -> bool {
        clean(path).is_ok_and(|path| self.entries.contains_key(&path))
    }

    /// The paths of all entries, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    fn add(
        &mut self,
        path: String,
        mode: u32,
        device: (u32, u32),
        content: Content<'a>,
    ) -> Result<(), Error> {
        for (at, _) in path.match_indices('/') {
            let directory = self.entries.entry(path[..at].to_owned());
            let directory = directory.or_insert(Entry {
                mode: DIRECTORY | 0o755,
                owner: (0, 0),
                device: (0, 0),
                content: Content::Bytes(Cow::Borrowed(&[])),
            });
            if directory.mode & !0o7777 != DIRECTORY {
                return Err(Error::Twice(path[..at].to_owned()));
            }
        }
        if self.entries.contains_key(&path) {
            return Err(Error::Twice(path));
        }
        let entry = Entry {
            mode,
            owner: (0, 0),
            device,
            content,
        };
        self.entries.insert(path, entry);
        Ok(())
    }
}

/// A path without its first `/`.
fn clean(path: &str) -> Result<String, Error> {
    let inner = path.strip_prefix('/').unwrap_or(path);
    let good = inner
        .split('/')
        .all(|part| !matches!(part, "" | "." | "..") && part.len() <= LONGEST_NAME);
    let good = good && !inner.contains('\0') && inner.len() < 4096 && inner != "TRAILER!!!";
    match good {
        true => Ok(inner.to_owned()),
        false => Err(Error::InitramfsPath(path.to_owned())),
    }
}
