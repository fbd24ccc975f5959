//! Disk images: a partition table and what is in its partitions, made without root, loop devices or mkfs.
//!
//! [`Disk`] says what is on a card, [`Disk::write`] makes it: places partitions, writes the table ([`table`]) and
//! fills the partitions ([`fat`]), all into a file with holes ([`sparse`]). Beside the image go a block map for
//! bmaptool ([`bmap`]) and compressed forms ([`compress`]). What is on a disk is read by [`part`] and [`fat::Reader`].
//!
//! Same description, same bytes: there are no times in it, and identifiers are digests of [`Disk::seed`].

pub mod bmap;
pub mod compress;
pub mod fat;
pub mod part;
pub mod sparse;
pub mod table;

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use self::sparse::Sparse;

/// What partitions begin at multiples of, in bytes: SD cards erase in pieces of up to 4 MiB.
pub const ALIGNMENT: u64 = 4 << 20;

/// What is zero at the start of an empty partition, in bytes. It counts as written, so that nobody finds the file
/// system that was on the card before.
pub const WIPED: u64 = 1 << 20;

/// A sector, in bytes. Cards and images have no others.
pub const SECTOR: u64 = 512;

/// A disk to be made.
#[derive(Debug)]
pub struct Disk {
    pub table: Table,
    /// What identifiers are made from: two disks with the same seed have the same.
    pub seed: String,
    /// Bytes in all; without it, as many as the partitions need.
    pub size: Option<u64>,
    pub partitions: Vec<Partition>,
}

/// The kind of partition table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Table {
    /// Four partitions at most; what every Raspberry Pi boots from.
    #[default]
    Mbr,
    Gpt,
}

#[derive(Debug)]
pub struct Partition {
    /// For people, and in a GPT.
    pub name: String,
    /// Bytes; rounded up to [`ALIGNMENT`].
    pub size: u64,
    pub content: Content,
}

#[derive(Debug)]
pub enum Content {
    /// Left empty, for a Linux file system.
    Empty,
    /// The same, with a mark at its start for whoever makes that file system.
    Marked(&'static [u8]),
    Fat(fat::Volume),
    /// A file system that was made before, such as SquashFS.
    Bytes(Source),
}

/// Where a file's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Bytes(Vec<u8>),
    /// Pieces one after the other, which other disks share.
    Shared(Vec<Arc<[u8]>>),
    File(PathBuf),
}

impl Source {
    /// Bytes in it.
    ///
    /// # Errors
    /// Where the file cannot be looked at.
    pub fn size(&self) -> Result<u64, Error> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
            Self::Shared(pieces) => Ok(pieces.iter().map(|piece| piece.len() as u64).sum()),
            Self::File(path) => match std::fs::metadata(path) {
                Ok(data) if data.is_file() => Ok(data.len()),
                Ok(_) => Err(Error::NotAFile(path.clone())),
                Err(error) => Err(Error::read(path, error)),
            },
        }
    }

    /// For messages.
    fn name(&self) -> String {
        match self {
            Self::Bytes(_) | Self::Shared(_) => "a file made by xsys".to_owned(),
            Self::File(path) => format!("`{}`", path.display()),
        }
    }

    /// Copies it; returns the number of bytes.
    fn copy(&self, to: &mut impl Write) -> Result<u64, Error> {
        match self {
            Self::Bytes(bytes) => {
                to.write_all(bytes).map_err(Error::Write)?;
                Ok(bytes.len() as u64)
            }
            Self::Shared(pieces) => {
                for piece in pieces {
                    to.write_all(piece).map_err(Error::Write)?;
                }
                self.size()
            }
            Self::File(path) => {
                let mut file = File::open(path).map_err(|error| Error::read(path, error))?;
                let mut buffer = vec![0; 1 << 20];
                let mut sum = 0;
                loop {
                    let count = io::Read::read(&mut file, &mut buffer)
                        .map_err(|error| Error::read(path, error))?;
                    if count == 0 {
                        return Ok(sum);
                    }
                    to.write_all(&buffer[..count]).map_err(Error::Write)?;
                    sum += count as u64;
                }
            }
        }
    }
}

/// Where a partition is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// As in the description.
    pub name: String,
    /// Bytes of the disk.
    pub range: Range<u64>,
}

impl Placed {
    fn first_sector(&self) -> u64 {
        self.range.start / SECTOR
    }

    fn sectors(&self) -> u64 {
        (self.range.end - self.range.start) / SECTOR
    }
}

/// Why there is no disk image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("cannot read `{}`", path.display())]
    Read {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error("`{}` is not a file", .0.display())]
    NotAFile(PathBuf),
    #[error("cannot write the image")]
    Write(#[source] io::Error),
    #[error("{0} partitions, and a table of this kind has room for {1}")]
    TooManyPartitions(usize, usize),
    #[error("the partitions need {needed} bytes, and the disk has {size}")]
    DiskTooSmall { needed: u64, size: u64 },
    #[error("{size} bytes are too many for this kind of partition table")]
    DiskTooLarge { size: u64 },
    #[error("what goes onto partition `{name}` needs {needed} bytes, and it has {size}")]
    PartitionTooSmall {
        name: String,
        needed: u64,
        size: u64,
    },
    #[error("cannot make the partition table: {0}")]
    Table(String),
    #[error("`{0}` cannot be the name of a file on a FAT partition")]
    FileName(String),
    #[error("a FAT partition has two files `{0}`")]
    SameFile(String),
    #[error("`{0}` is larger than 4 GiB, which a file on a FAT partition cannot be")]
    FileTooLarge(String),
    #[error(
        "the root directory of a small FAT partition has room for {0} entries; use directories"
    )]
    RootFull(u64),
    #[error("{0} changed while it was read")]
    Changed(String),
}

impl Error {
    fn read(path: &std::path::Path, error: io::Error) -> Self {
        Self::Read {
            path: path.to_owned(),
            error,
        }
    }
}

impl Disk {
    /// Where everything is going to be. Nothing is written.
    ///
    /// # Errors
    /// Where partitions do not fit the table or the disk.
    pub fn layout(&self) -> Result<(u64, Vec<Placed>), Error> {
        table::place(self)
    }

    /// Makes the disk in an empty file.
    ///
    /// # Errors
    /// What is wrong with the description or its files; the file's content is then of no use.
    pub fn write(&self, file: File) -> Result<Sparse, Error> {
        let (size, placed) = self.layout()?;
        let mut image = Sparse::new(file, size).map_err(Error::Write)?;
        table::write(self, &placed, &mut image)?;
        for (partition, placed) in self.partitions.iter().zip(&placed) {
            if let Content::Empty | Content::Marked(_) = partition.content {
                let end = placed.range.end.min(placed.range.start + WIPED);
                image.zero(placed.range.start..end).map_err(Error::Write)?;
            }
            let mut region = image.region(placed.range.clone());
            match &partition.content {
                Content::Empty => {}
                Content::Marked(mark) => region.write_all(mark).map_err(Error::Write)?,
                Content::Fat(volume) => {
                    let id = self.identifier(&format!("volume {}", partition.name));
                    let id = u32::from_le_bytes([id[0], id[1], id[2], id[3]]);
                    volume.write(region, placed, id)?;
                }
                Content::Bytes(source) => fill(&partition.name, source, region, placed)?,
            }
        }
        Ok(image)
    }

    /// An identifier for this disk's `part`, from the disk's seed.
    fn identifier(&self, part: &str) -> [u8; 16] {
        let digest = Sha256::digest(format!("xsys disk\0{}\0{part}", self.seed));
        std::array::from_fn(|at| digest[at])
    }
}

fn fill(name: &str, source: &Source, mut region: impl Write, placed: &Placed) -> Result<(), Error> {
    let (needed, size) = (source.size()?, placed.range.end - placed.range.start);
    if needed > size {
        return Err(Error::PartitionTooSmall {
            name: name.to_owned(),
            needed,
            size,
        });
    }
    source.copy(&mut region)?;
    Ok(())
}
