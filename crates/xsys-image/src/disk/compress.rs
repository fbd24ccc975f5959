//! Images as they are sent and kept: `.img.zst` and `.img.xz`, written and read as streams.

use std::cell::RefCell;
use std::io::{self, BufRead, Read, Write};
use std::rc::Rc;

use lzma_rust2::{XzOptions, XzWriter};
use ruzstd::encoding::{CompressionLevel, compress};

use crate::packing::Packing;

/// How an image is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    None,
    Zstd,
    Xz,
}

/// The settings for xz: its default level, with a smaller dictionary so that small machines can
/// decompress it.
const XZ_PRESET: u32 = 6;

impl Compression {
    /// The compression that a file's name implies.
    pub fn of_name(name: &str) -> Option<Self> {
        let ends = |ending: &str| name.len() > ending.len() && name.ends_with(ending);
        if ends(".img") {
            Some(Self::None)
        } else if ends(".img.zst") {
            Some(Self::Zstd)
        } else if ends(".img.xz") {
            Some(Self::Xz)
        } else {
            None
        }
    }

    /// The compression that a file's first bytes show.
    pub fn of_content(start: &[u8]) -> Self {
        if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Self::Zstd
        } else if start.starts_with(&[0xfd, b'7', b'z', b'X', b'Z', 0]) {
            Self::Xz
        } else {
            Self::None
        }
    }

    /// Copies an image into its compressed form.
    ///
    /// # Errors
    /// If reading or writing fails.
    pub fn compress(self, image: impl Read, mut to: impl Write) -> io::Result<()> {
        match self {
            Self::None => io::copy(&mut { image }, &mut to).map(drop),
            Self::Zstd => {
                // The crate panics if a stream fails, so the stream never fails: it keeps the first
                // error for later.
                let failed = Failed::default();
                let source = Unfailing(image, failed.clone());
                let drain = Unfailing(to, failed.clone());
                compress(source, drain, CompressionLevel::Fastest);
                failed.result()
            }
            Self::Xz => {
                let mut writer = XzWriter::new(to, XzOptions::with_preset(XZ_PRESET))?;
                io::copy(&mut { image }, &mut writer)?;
                writer.finish()?.flush()
            }
        }
    }

    /// Opens an image and decompresses it while it is read, with bounded memory. Damage is an error
    /// of the read.
    pub fn expand<'a>(self, file: impl BufRead + 'a) -> Box<dyn Read + 'a> {
        match self {
            Self::None => Box::new(file),
            Self::Zstd => Packing::Zstd.reader(file),
            Self::Xz => Packing::Xz.reader(file),
        }
    }
}

#[derive(Clone, Default)]
struct Failed(Rc<RefCell<Option<io::Error>>>);

impl Failed {
    fn result(&self) -> io::Result<()> {
        self.0.take().map_or(Ok(()), Err)
    }

    fn is_set(&self) -> bool {
        self.0.borrow().is_some()
    }

    fn set(&self, error: io::Error) {
        self.0.borrow_mut().get_or_insert(error);
    }
}

/// A stream that returns end of file, or accepts everything, after an error.
struct Unfailing<T>(T, Failed);

impl<T: Read> Read for Unfailing<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.1.is_set() {
            return Ok(0);
        }
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.1.set(error);
                    return Ok(0);
                }
                Ok(count) => return Ok(count),
            }
        }
    }
}

impl<T: Write> Write for Unfailing<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.1.is_set()
            && let Err(error) = self.0.write_all(bytes)
        {
            self.1.set(error);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Err(error) = self.0.flush() {
            self.1.set(error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Vec<u8> {
        let mut image = vec![0; 3 << 20];
        for (at, byte) in image[1_000_000..1_300_000].iter_mut().enumerate() {
            *byte = (at % 251) as u8;
        }
        image
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let image = image();
        for kind in [Compression::None, Compression::Zstd, Compression::Xz] {
            let mut packed = Vec::new();
            kind.compress(&image[..], &mut packed).unwrap();
            assert_eq!(Compression::of_content(&packed), kind);
            let mut back = Vec::new();
            let mut reader = kind.expand(&packed[..]);
            reader.read_to_end(&mut back).unwrap();
            assert!(back == image, "{kind:?}");
            if kind != Compression::None {
                assert!(packed.len() < image.len() / 50, "{kind:?} {}", packed.len());
                let cut = &packed[..packed.len() - 20];
                let mut reader = kind.expand(cut);
                assert!(reader.read_to_end(&mut Vec::new()).is_err(), "{kind:?}");
            }
        }
    }

    #[test]
    fn a_full_disk_is_an_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for kind in [Compression::None, Compression::Zstd, Compression::Xz] {
            let error = kind.compress(&image()[..], Full).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{kind:?}");
        }
    }
}
