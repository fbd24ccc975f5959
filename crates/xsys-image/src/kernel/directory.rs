//! Directories and single files as sources.
//!
//! A directory can be anything from an unpacked package to a whole mounted system, so only those places are searched
//! where kernels, modules, device trees and firmware are.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::Error;
use super::files::{Files, Item, Kind, Stream, installed};
use crate::digest::hex;

/// The directories that are searched, with everything below them; files at the top are taken, too.
/// A `*` is any text.
const PLACES: [&str; 10] = [
    "boot",
    "lib/modules",
    "lib/firmware",
    "lib/linux-image-*",
    "lib/raspi-firmware",
    // The boot partition of a Pi, or device trees that were installed by `make dtbs_install`.
    "overlays",
    "broadcom",
    "dtbs",
    "firmware",
    // A kernel that was built in this directory.
    "arch/*/boot",
];

/// A directory named by the user.
#[derive(Debug)]
pub(crate) struct Directory {
    top: PathBuf,
    /// The same path without links, to compare with where links lead.
    real: PathBuf,
}

impl Directory {
    pub(crate) fn new(top: &Path) -> Result<Self, Error> {
        Ok(Self {
            top: top.to_owned(),
            real: top.canonicalize().map_err(Error::read(top))?,
        })
    }

    fn walk(&self, directory: &Path, path: &str, items: &mut Vec<Item>) -> Result<(), Error> {
        for entry in fs::read_dir(directory).map_err(Error::read(directory))? {
            let entry = entry.map_err(Error::read(directory))?;
            let at = entry.path();
            let kind = entry.file_type().map_err(Error::read(&at))?;
            // A name that is not UTF-8 belongs to nothing of a kernel's.
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                continue;
            };
            let path = match path {
                "" => name,
                path => format!("{path}/{name}"),
            };
            if kind.is_dir() {
                if leads_somewhere(installed(&path)) || path == "usr" || path == "usr/lib" {
                    self.walk(&at, &path, items)?;
                }
            } else if kind.is_file() {
                let size = entry.metadata().map_err(Error::read(&at))?.len();
                let kind = Kind::File { size };
                items.push(Item { path, kind });
            } else if kind.is_symlink()
                && let Some(target) = self.target(&at)
            {
                let kind = Kind::Link { target };
                items.push(Item { path, kind });
            }
        }
        Ok(())
    }

    /// The file that a link leads to, if it is in this directory.
    fn target(&self, link: &Path) -> Option<String> {
        let real = link.canonicalize().ok()?;
        let below = real.strip_prefix(&self.real).ok()?;
        let parts = below.iter().map(|part| part.to_str());
        let path = parts.collect::<Option<Vec<_>>>()?.join("/");
        real.is_file().then_some(path)
    }
}

impl Files for Directory {
    fn list(&self) -> Result<Vec<Item>, Error> {
        let mut items = Vec::new();
        self.walk(&self.top, "", &mut items)?;
        items.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(items)
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(File::open(self.top.join(path))?))
    }

    /// A fingerprint: when which file was changed.
    fn stamp(&self) -> Option<String> {
        let mut digest = Sha256::new();
        for item in self.list().ok()? {
            let changed = self.top.join(&item.path).metadata().ok()?.modified().ok()?;
            digest.update(format!("{}\0{changed:?}\0", item.path));
        }
        Some(hex(&digest.finalize()))
    }
}

/// Whether the directory is one of the places, within one, or on the way to one.
fn leads_somewhere(path: &str) -> bool {
    PLACES.iter().any(|place| {
        let mut parts = path.split('/');
        let mut place = place.split('/');
        loop {
            match (parts.next(), place.next()) {
                (Some(part), Some(pattern)) => match pattern.split_once('*') {
                    Some((start, _)) if part.starts_with(start) => {}
                    None if part == pattern => {}
                    _ => return false,
                },
                _ => return true,
            }
        }
    })
}

/// A file named by the user, such as a kernel: a tree with one file.
#[derive(Debug)]
pub(crate) struct Single {
    path: PathBuf,
    item: Item,
}

impl Single {
    pub(crate) fn new(path: &Path, name: &str, size: u64) -> Self {
        Self {
            path: path.to_owned(),
            item: Item {
                path: name.to_owned(),
                kind: Kind::File { size },
            },
        }
    }
}

impl Files for Single {
    fn list(&self) -> Result<Vec<Item>, Error> {
        Ok(vec![self.item.clone()])
    }

    fn open(&self, _: &str) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(File::open(&self.path)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_useful_places_are_looked_into() {
        for path in [
            "boot",
            "boot/grub",
            "lib",
            "lib/modules/1/kernel",
            "arch",
            "arch/arm64/boot/dts",
        ] {
            assert!(leads_somewhere(path), "{path}");
        }
        assert!(leads_somewhere("lib/linux-image-6.1.0/broadcom"));
        for path in [
            "home",
            "proc",
            "lib/python3",
            "arch/arm64/kernel",
            "drivers",
            "bootx",
        ] {
            assert!(!leads_somewhere(path), "{path}");
        }
    }
}
