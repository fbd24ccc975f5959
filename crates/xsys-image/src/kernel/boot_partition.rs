//! The boot partition of a disk image, in which Raspberry Pi OS is distributed: firmware, kernels, device trees and
//! overlays.
//!
//! The first partition with a FAT file system is taken, or the whole file if that is one. Damage is reported.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::error::Error;
use super::files::{FILE_LIMIT, Files, Item, Kind, Stream};
use crate::disk::fat::Reader;
use crate::disk::part::partitions;
use crate::part::Part;

const SECTOR: u64 = 512;

/// A partition with a FAT file system.
#[derive(Debug)]
pub(crate) struct BootPartition {
    reader: Reader<Part>,
    items: Vec<Item>,
}

impl BootPartition {
    /// Opens the first FAT partition of an image; None if the file is none.
    pub(crate) fn find(path: &Path) -> Result<Option<Self>, Error> {
        let file = Arc::new(File::open(path).map_err(Error::read(path))?);
        let len = file.metadata().map_err(Error::read(path))?.len();
        let damaged = |error: io::Error| Error::damaged(&path.display().to_string(), error);
        for Range { start, end } in places(&file, len).map_err(damaged)? {
            if start >= len || !is_fat(&file, start).map_err(damaged)? {
                continue;
            }
            if end > len {
                return Err(damaged(io::Error::other(format!(
                    "its boot partition ends at byte {end}, the file at {len}"
                ))));
            }
            let part = Part::new(Arc::clone(&file), start, end.saturating_sub(start));
            let reader = Reader::open(part).map_err(damaged)?;
            let items = items(&reader).map_err(damaged)?;
            return Ok(Some(Self { reader, items }));
        }
        Ok(None)
    }
}

impl Files for BootPartition {
    fn list(&self) -> Result<Vec<Item>, Error> {
        Ok(self.items.clone())
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(Cursor::new(self.reader.read(path, FILE_LIMIT)?)))
    }
}

/// Where partitions are: of a table, or the whole file.
fn places(file: &Arc<File>, len: u64) -> io::Result<Vec<Range<u64>>> {
    // A copy of the partition alone has its file system where the table would be.
    if is_fat(file, 0)? {
        return Ok(std::iter::once(0..len).collect());
    }
    partitions(&mut Part::new(Arc::clone(file), 0, len))
}

/// Whether a FAT file system starts there.
fn is_fat(file: &Arc<File>, start: u64) -> io::Result<bool> {
    let mut sector = Vec::new();
    Part::new(Arc::clone(file), start, SECTOR).read_to_end(&mut sector)?;
    let has = |at: usize, text: &[u8]| sector.get(at..at + text.len()) == Some(text);
    Ok(has(510, &[0x55, 0xaa]) && (has(54, b"FAT1") || has(82, b"FAT32")))
}

/// What is in a file system, by its names.
fn items(reader: &Reader<Part>) -> io::Result<Vec<Item>> {
    let item = |(path, size): (String, u64)| {
        // A name in capitals only has lost its case.
        let parts = path
            .split('/')
            .map(|name| match name.contains(char::is_lowercase) {
                true => name.to_owned(),
                false => name.to_ascii_lowercase(),
            });
        Item {
            path: parts.collect::<Vec<_>>().join("/"),
            kind: Kind::File { size },
        }
    };
    Ok(reader.files()?.into_iter().map(item).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, SeekFrom, Write};

    use crate::disk::{self, Content, Disk, Partition, Table, fat::Volume};
    use crate::kernel::Source;
    use std::path::PathBuf;

    /// A disk like Raspberry Pi OS's, made by the module that makes ours.
    fn image(table: Table, directory: &Path) -> PathBuf {
        let file =
            |name: &str, bytes: &[u8]| (name.to_owned(), disk::Source::Bytes(bytes.to_vec()));
        let files = [
            file("kernel8.img", b"kernel"),
            file("START.ELF", b"firmware"),
            file("bcm2710-rpi-3-b.dtb", b"tree"),
            file("overlays/disable-bt.dtbo", b"overlay"),
        ];
        let volume = Volume {
            label: "BOOT".to_owned(),
            files: files.into_iter().collect(),
        };
        let partition = |name: &str, content| Partition {
            name: name.to_owned(),
            size: 16 << 20,
            content,
        };
        let disk = Disk {
            table,
            seed: "test".to_owned(),
            size: None,
            partitions: vec![
                partition("boot", Content::Fat(volume)),
                partition("root", Content::Empty),
            ],
        };
        let path = directory.join("pi.img");
        let mut options = std::fs::OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path);
        disk.write(file.unwrap()).unwrap();
        path
    }

    #[test]
    fn files_of_the_boot_partition_are_found() {
        for table in [Table::Mbr, Table::Gpt] {
            let directory = tempfile::tempdir().unwrap();
            let path = image(table, directory.path());
            let source = Source::open(&[path], directory.path()).unwrap();
            let files: Vec<_> = source.files().collect();
            let wanted = [
                ("bcm2710-rpi-3-b.dtb", 4),
                ("kernel8.img", 6),
                ("overlays/disable-bt.dtbo", 7),
                ("start.elf", 8),
            ];
            assert_eq!(files, wanted);
            assert_eq!(source.read("start.elf").unwrap(), b"firmware");
            assert_eq!(source.read("overlays/disable-bt.dtbo").unwrap(), b"overlay");
        }
    }

    #[test]
    fn a_kernel_file_is_no_disk_and_cut_images_are_errors() {
        let directory = tempfile::tempdir().unwrap();
        let kernel = directory.path().join("kernel8.img");
        std::fs::write(&kernel, vec![7; 4096]).unwrap();
        assert!(BootPartition::find(&kernel).unwrap().is_none());
        let path = image(Table::Mbr, directory.path());
        let whole = std::fs::File::options().write(true).open(&path).unwrap();
        whole.set_len(9 << 20).unwrap();
        let error = BootPartition::find(&path).unwrap_err().to_string();
        assert!(error.contains("the file at 9437184"), "{error}");
    }

    #[test]
    fn changed_images_never_panic_and_end() {
        let directory = tempfile::tempdir().unwrap();
        for table in [Table::Mbr, Table::Gpt] {
            let path = image(table, directory.path());
            let good = std::fs::read(&path).unwrap();
            let places = places(&Arc::new(File::open(&path).unwrap()), good.len() as u64);
            let start = places.unwrap()[0].start as usize;
            let spots = (440..612).chain(1024..1100).chain(start..start + 90);
            for at in spots.step_by(3) {
                for byte in [0, 0x7f, 0xff] {
                    let mut options = File::options();
                    let mut file = options.write(true).open(&path).unwrap();
                    let mut put = |byte: u8| {
                        file.seek(SeekFrom::Start(at as u64)).unwrap();
                        file.write_all(&[byte]).unwrap();
                    };
                    put(byte);
                    let _ = BootPartition::find(&path);
                    put(good[at]);
                }
            }
        }
    }
}
