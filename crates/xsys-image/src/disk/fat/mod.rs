//! FAT file systems: the only ones that a Pi's firmware reads, and the ones that every computer shows.
//!
//! They are written here ([`layout`], [`names`]) because everything is known beforehand: files lie in one piece and in
//! the order of their names, there are no times (all is from 1980-01-01), and a volume is written from its start to its
//! end. The crate `fatfs` gives folders an entry too many when it writes, and `fsck.fat` objects. They are read here, too
//! ([`read`], [`chains`]): that crate believes what a volume says, and damaged ones overflow its sums.
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
    /// By their paths, with `/` between folders.
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
        let tree = names::Folder::new(&self.files)?;
        layout::Layout::new(&tree, placed)?.write(&self.label, id, partition)
    }
}
