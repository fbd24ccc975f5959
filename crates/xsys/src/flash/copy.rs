//! Copies an image to a card or a file, and reads it back.
//!
//! With a block map only the blocks in it are written and compared, and the image's own digests are checked while it is
//! copied: a damaged image is found before it is booted.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use xsys_image::digest::hex;
use xsys_image::disk::bmap::BlockMap;
use xsys_image::disk::compress::Compression;

/// The size of a write, in bytes. Cards are faster with large ones.
const PIECE: usize = 4 << 20;

/// An image to be copied.
#[derive(Debug)]
pub(crate) struct Image {
    pub path: PathBuf,
    compression: Compression,
    /// Its block map.
    pub map: Option<BlockMap>,
    /// Bytes when it is decompressed, if that is known.
    pub size: Option<u64>,
}

/// Why copying ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read `{}`", path.display())]
    Read {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error("cannot write to `{}`", path.display())]
    Write {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error("`{}` is not a block map: {error}", path.display())]
    Map {
        path: PathBuf,
        error: xsys_image::disk::bmap::Error,
    },
    #[error("`{}` ends after {at} bytes; its block map says {size}", path.display())]
    Short { path: PathBuf, at: u64, size: u64 },
    #[error("`{}` is damaged: bytes {} to {} are not what its block map says", path.display(), bytes.start, bytes.end)]
    Damaged { path: PathBuf, bytes: Range<u64> },
    #[error("`{}` has room for {room} bytes, and the image has more", path.display())]
    NoRoom { path: PathBuf, room: u64 },
    #[error("`{}` has other bytes from {at} on than were written", path.display())]
    Differs { path: PathBuf, at: u64 },
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// Bytes that were written; with a map fewer than the image has.
    pub written: u64,
    /// Bytes of the image.
    pub size: u64,
}

impl Image {
    /// Looks at an image, and for its map: `NAME.bmap` beside `NAME.img`, `NAME.img.zst` or `NAME.img.xz`.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let read = |error| Error::Read {
            path: path.to_owned(),
            error,
        };
        let mut file = File::open(path).map_err(read)?;
        let mut start = Vec::new();
        Read::by_ref(&mut file)
            .take(8)
            .read_to_end(&mut start)
            .map_err(read)?;
        let compression = Compression::of_content(&start);
        let length = file.metadata().map_err(read)?.len();
        let map = map_beside(path)?;
        let size = match (&map, compression) {
            (Some(map), _) => Some(map.size),
            (None, Compression::None) => Some(length),
            (None, _) => None,
        };
        Ok(Self {
            path: path.to_owned(),
            compression,
            map,
            size,
        })
    }

    /// Bytes that will be written, if that is known.
    pub(crate) fn expected(&self) -> Option<u64> {
        self.map.as_ref().map(BlockMap::mapped).or(self.size)
    }

    fn read_error(&self) -> impl Fn(io::Error) -> Error + '_ {
        |error| Error::Read {
            path: self.path.clone(),
            error,
        }
    }

    /// Calls `each` with all bytes that count: those in the map, or all, with their positions.
    fn walk(&self, mut each: impl FnMut(u64, &[u8]) -> Result<(), Error>) -> Result<Done, Error> {
        let file = File::open(&self.path).map_err(self.read_error())?;
        let file = BufReader::with_capacity(1 << 20, file);
        let mut image = self.compression.expand(file);
        let Some(map) = &self.map else {
            let (written, _) = self.pass(&mut image, 0..u64::MAX, &mut each)?;
            return Ok(Done {
                written,
                size: written,
            });
        };
        let mut at = 0;
        for mapped in &map.ranges {
            let bytes = map.bytes(mapped);
            at += self
                .pass(&mut image, at..bytes.start, &mut |_, _| Ok(()))?
                .0;
            let mut digest = Sha256::new();
            let mut both = |place, piece: &[u8]| {
                digest.update(piece);
                each(place, piece)
            };
            let (count, end) = self.pass(&mut image, bytes.clone(), &mut both)?;
            at += count;
            if end < bytes.end {
                return Err(Error::Short {
                    path: self.path.clone(),
                    at: end,
                    size: map.size,
                });
            }
            if hex(&digest.finalize()) != mapped.digest {
                return Err(Error::Damaged {
                    path: self.path.clone(),
                    bytes,
                });
            }
        }
        Ok(Done {
            written: map.mapped(),
            size: map.size,
        })
    }

    /// Reads up to the end of a range or of the image; returns how many bytes, and their position.
    fn pass(
        &self,
        image: &mut impl Read,
        range: Range<u64>,
        each: &mut impl FnMut(u64, &[u8]) -> Result<(), Error>,
    ) -> Result<(u64, u64), Error> {
        let mut piece = vec![0; PIECE];
        let mut at = range.start;
        while at < range.end {
            let most = usize::try_from(range.end - at).map_or(PIECE, |left| left.min(PIECE));
            let count = fill(image, &mut piece[..most]).map_err(self.read_error())?;
            if count == 0 {
                break;
            }
            each(at, &piece[..count])?;
            at += count as u64;
        }
        Ok((at - range.start, at))
    }

    /// Writes it.
    ///
    /// # Errors
    /// If the image or the device fails; the device is then partly written.
    pub(crate) fn write(
        &self,
        device: &mut File,
        name: &Path,
        room: Option<u64>,
        mut progress: impl FnMut(u64),
    ) -> Result<Done, Error> {
        let failed = |error| Error::Write {
            path: name.to_owned(),
            error,
        };
        let done = self.walk(|at, bytes| {
            if let Some(room) = room.filter(|room| at + bytes.len() as u64 > *room) {
                return Err(Error::NoRoom {
                    path: name.to_owned(),
                    room,
                });
            }
            device.seek(SeekFrom::Start(at)).map_err(failed)?;
            device.write_all(bytes).map_err(failed)?;
            progress(bytes.len() as u64);
            Ok(())
        })?;
        device.sync_all().map_err(failed)?;
        Ok(done)
    }

    /// Reads it back and compares.
    ///
    /// # Errors
    /// At the first position that differs.
    pub(crate) fn compare(
        &self,
        device: &mut File,
        name: &Path,
        mut progress: impl FnMut(u64),
    ) -> Result<(), Error> {
        let failed = |error| Error::Read {
            path: name.to_owned(),
            error,
        };
        forget_cached(device);
        let mut back = vec![0; PIECE];
        self.walk(|at, bytes| {
            device.seek(SeekFrom::Start(at)).map_err(failed)?;
            let back = &mut back[..bytes.len()];
            let count = fill(device, back).map_err(failed)?;
            let same = bytes
                .iter()
                .zip(&back[..count])
                .take_while(|(a, b)| a == b)
                .count();
            if same < bytes.len() {
                return Err(Error::Differs {
                    path: name.to_owned(),
                    at: at + same as u64,
                });
            }
            progress(bytes.len() as u64);
            Ok(())
        })
        .map(drop)
    }
}

/// Drops cached pages, so that the comparison reads the card.
fn forget_cached(device: &File) {
    #[cfg(target_os = "linux")]
    let _ = rustix::fs::fadvise(device, 0, None, rustix::fs::Advice::DontNeed);
    #[cfg(not(target_os = "linux"))]
    let _ = device;
}

/// Reads until a buffer is full or there is no more.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match from.read(&mut buffer[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

fn map_beside(path: &Path) -> Result<Option<BlockMap>, Error> {
    let name = path.to_string_lossy();
    let base = [".zst", ".xz"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(&name);
    let base = base.strip_suffix(".img").unwrap_or(base);
    for map in [format!("{base}.bmap"), format!("{base}.img.bmap")] {
        let map = PathBuf::from(map);
        match std::fs::read_to_string(&map) {
            Ok(text) => {
                return BlockMap::parse(&text)
                    .map(Some)
                    .map_err(|error| Error::Map { path: map, error });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::Read { path: map, error }),
        }
    }
    Ok(None)
}
