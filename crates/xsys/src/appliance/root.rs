//! A root that is an image on the boot partition (`[image] root = "squashfs"`): what is in the image and what in the
//! archive.
//!
//! The archive, which stays in memory, contains what starts the machine: init and modules, so that even without its
//! root a machine has its network and its status page. The image contains the programs, and those files that are the
//! same for all devices of a kind: it is made once for all of them. Files that are made for a device (templates,
//! secrets) stay in its own archive, and so in memory.

use std::path::Path;

use xsys_image::kernel::tree::Tree;

use super::description::{Description, Root};
use super::entry::{Entry, Origin};
use super::files::{self, Placed};
use super::{manifest, told};
use crate::error::Result;

/// Files that are needed before the image is mounted: drivers and the init read them.
const EARLY: [&str; 2] = ["lib/firmware/", "etc/hosts"];

/// The files that can be in the image: those that are the same in all of these appliances. None if there is no image.
pub(crate) fn files(appliances: &[&Description]) -> Result<Vec<Placed>> {
    let Some((first, others)) = appliances.split_first() else {
        return Ok(Vec::new());
    };
    if first.root() == Root::Initramfs {
        return Ok(Vec::new());
    }
    let everywhere = |one: &(&str, &Entry)| {
        let (place, entry) = one;
        let path = place.trim_start_matches('/');
        matches!(entry.origin, Origin::From(_))
            && !EARLY.iter().any(|early| path.starts_with(early))
            && others
                .iter()
                .all(|other| other.files().any(|its| its == *one))
    };
    let shared = first.files().filter(everywhere);
    let read = |(place, entry)| files::read(first, place, entry).map_err(Into::into);
    shared.map(read).collect()
}

/// Adds files to the image; returns their rows in the manifest.
pub(crate) fn add<'a>(image: &mut Tree<'a>, placed: &'a [Placed]) -> Result<Vec<manifest::File>> {
    placed.iter().map(|one| files::add(image, one)).collect()
}

/// The image's bytes.
pub(crate) fn image(tree: &Tree<'_>, name: &str) -> Result<Vec<u8>> {
    tree.squashfs(Path::new(name)).map_err(told)
}
