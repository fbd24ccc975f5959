//! FAT file systems: the only ones that a Pi's firmware reads, and that every computer shows.
//!
//! They are written here ([`layout`], [`names`]) because everything is known beforehand: each file is in one piece, in
//! the order of names, there are no times (all are 1980-01-01), and a volume is written from start to end. (The crate
//! `fatfs` writes one entry too many into directories, which `fsck.fat` reports.) They are read here, too ([`read`],
//! [`chains`]), because that crate trusts what a volume says: damaged ones overflow its arithmetic.
//!
//! The format: "Microsoft Extensible Firmware Initiative FAT32 File System Specification", version 1.03.

mod chains;
mod layout;
mod names;
mod read;

use std::collections::BTreeMap;
use std::io::{Seek, Write};

pub use self::read::Reader;
use super::{Error, Placed, Source};

/// Volumes from this size on get 32-bit FATs, in bytes. Such a volume has at least 65,525 clusters.
const FAT32_FROM: u64 = 260 << 20;

/// A file system to be made.
#[derive(Debug, Default)]
pub struct Volume {
    /// At most eleven letters.
    pub label: String,
    /// By their paths, with `/` between directories.
    pub files: BTreeMap<String, Source>,
}

/// Whether a volume of that many bytes has 16-bit FATs.
pub fn is_fat16(size: u64) -> bool {
    size < FAT32_FROM
}

impl Volume {
    /// Makes the file system in a partition.
    pub(super) fn write(
        &self,
        partition: impl Write + Seek,
        placed: &Placed,
        id: u32,
    ) -> Result<(), Error> {
        let tree = names::Directory::new(&self.files)?;
        layout::Layout::new(&tree, placed)?.write(&self.label, id, partition)
    }
}
