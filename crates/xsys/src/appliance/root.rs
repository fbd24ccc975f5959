//! A root that is an image on the boot partition (`[image] root = "squashfs"`): what is in it rather than in the archive.
//!
//! The archive, which stays in memory, keeps what starts the machine: init and modules, so that even without its root a
//! machine has its network and its status page. The image has the programs, and of the files those that all devices of a
//! kind have as they are: it is made once for all of them. What is made for a device (templates, secrets) stays in its own
//! archive, and so in memory.

use std::path::Path;

use xsys_image::kernel::tree::Tree;

use super::description::{Description, Root};
use super::entry::{Entry, Origin};
use super::files::{self, Placed};
use super::{manifest, told};
use crate::error::Result;

/// Files that have to be there before the image is: drivers and the init read them.
const EARLY: [&str; 2] = ["lib/firmware/", "etc/hosts"];

/// The files that can be in the image: those that all of these appliances have in the same way. There are none without an
/// image.
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

/// Puts files into the image; what is told of them.
pub(crate) fn add<'a>(image: &mut Tree<'a>, placed: &'a [Placed]) -> Result<Vec<manifest::File>> {
    placed.iter().map(|one| files::add(image, one)).collect()
}

/// The image's bytes.
pub(crate) fn image(tree: &Tree<'_>, name: &str) -> Result<Vec<u8>> {
    tree.squashfs(Path::new(name)).map_err(told)
}
