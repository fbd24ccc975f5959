//! Files by their paths, with modes and owners: what an archive or a file system is made of.
//!
//! An appliance's root is one, whether it is unpacked from an archive ([`super::initramfs`]) or read from a file system
//! ([`super::squashfs`]). Entries are sorted and have no times, so that the same ones always give the same bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::Error;

pub(super) const FOLDER: u32 = 0o040_000;
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
    /// What is in a file of this machine when all is written.
    File(PathBuf),
}

impl<'a> Tree<'a> {
    /// Nothing but the folders and devices that a kernel and any program expect:
    /// `/dev/console` is opened for the first program before it runs.
    pub fn new() -> Result<Self, Error> {
        let mut tree = Self::default();
        for folder in ["dev", "proc", "sys", "run"] {
            tree.folder(folder, 0o755)?;
        }
        tree.folder("tmp", 0o1777)?;
        tree.character_device("dev/console", 0o600, 5, 1)?;
        tree.character_device("dev/null", 0o666, 1, 3)?;
        Ok(tree)
    }

    /// Adds a folder, or sets the mode of one that is there.
    pub fn folder(&mut self, path: &str, mode: u32) -> Result<(), Error> {
        let path = clean(path)?;
        if let Some(entry) = self.entries.get_mut(&path)
            && entry.mode & !0o7777 == FOLDER
        {
            entry.mode = FOLDER | mode & 0o7777;
            return Ok(());
        }
        self.add(
            path,
            FOLDER | mode & 0o7777,
            (0, 0),
            Content::Bytes(Cow::Borrowed(&[])),
        )
    }

    /// Adds a file; folders on the way are made.
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
    pub fn file_of(&mut self, path: &str, mode: u32, from: &Path) -> Result<(), Error> {
        let content = Content::File(from.to_owned());
        self.add(clean(path)?, FILE | mode & 0o7777, (0, 0), content)
    }

    /// Adds a symbolic link.
    pub fn link(&mut self, path: &str, target: &str) -> Result<(), Error> {
        if target.is_empty() || target.contains('\0') || target.len() > 4095 {
            return Err(Error::InitramfsPath(target.to_owned()));
        }
        let target = Content::Bytes(target.as_bytes().to_vec().into());
        self.add(clean(path)?, LINK | 0o777, (0, 0), target)
    }

    /// Adds a device that takes and gives characters.
    pub fn character_device(
        &mut self,
        path: &str,
        mode: u32,
        major: u32,
        minor: u32,
    ) -> Result<(), Error> {
        self.device(path, CHARACTERS | mode & 0o7777, (major, minor))
    }

    /// Adds a disk.
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

    /// Gives an entry to somebody else than root.
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

    /// Something is there under this path.
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
            let folder = self.entries.entry(path[..at].to_owned());
            let folder = folder.or_insert(Entry {
                mode: FOLDER | 0o755,
                owner: (0, 0),
                device: (0, 0),
                content: Content::Bytes(Cow::Borrowed(&[])),
            });
            if folder.mode & !0o7777 != FOLDER {
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
