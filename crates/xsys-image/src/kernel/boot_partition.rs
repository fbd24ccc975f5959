//! The boot partition of a disk image, such as Raspberry Pi OS comes as: firmware, kernels, device
//! trees and overlays.
//!
//! Only what is needed to find it is read of the partition table, and by our own code: the crates for
//! tables take as much memory as a table says it has entries. File systems can be damaged so that
//! they have no end; reading the list of files is therefore bounded.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use fatfs::{FileSystem, FsOptions};

use super::error::Error;
use super::part::Part;
use super::source::{FILE_LIMIT, Item, Kind, Stream, Tree};

const SECTOR: u64 = 512;
/// Entries of a GPT that are looked at; tables have 128.
const MOST_PARTITIONS: u32 = 256;
/// What reading the list of files may read: a Pi's boot partition has some hundred files.
const LIST_LIMIT: u64 = 64 << 20;
const MOST_FILES: usize = 100_000;
const MOST_FOLDERS: usize = 10_000;

/// A partition with a FAT file system.
#[derive(Debug)]
pub(crate) struct BootPartition {
    part: Part,
    items: Vec<Item>,
}

impl BootPartition {
    /// Opens the first FAT partition of an image; None if the file is none.
    pub(crate) fn find(path: &Path) -> Result<Option<Self>, Error> {
        let file = Arc::new(File::open(path).map_err(Error::read(path))?);
        let len = file.metadata().map_err(Error::read(path))?.len();
        let damaged = |error: io::Error| Error::damaged(&path.display().to_string(), error);
        let places = partitions(&file, len).map_err(damaged)?;
        for (start, size) in places {
            if start >= len || !is_fat(&file, start).map_err(damaged)? {
                continue;
            }
            if size > len - start {
                return Err(damaged(io::Error::other(format!(
                    "its boot partition ends at byte {}, the file at {len}",
                    start.saturating_add(size)
                ))));
            }
            let part = Part::new(Arc::clone(&file), start, size);
            let items = list(&part).map_err(damaged)?;
            return Ok(Some(Self { part, items }));
        }
        Ok(None)
    }
}

impl Tree for BootPartition {
    fn list(&self) -> Result<Vec<Item>, Error> {
        Ok(self.items.clone())
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Stream>> {
        let system = open(&self.part, u64::MAX)?;
        let file = system.root_dir().open_file(path)?;
        let mut bytes = Vec::new();
        file.take(FILE_LIMIT + 1).read_to_end(&mut bytes)?;
        Ok(Box::new(Cursor::new(bytes)))
    }
}

/// Where partitions are, in bytes: of a table, or the whole file.
fn partitions(file: &Arc<File>, len: u64) -> io::Result<Vec<(u64, u64)>> {
    let mut first = [0; SECTOR as usize];
    if len < SECTOR {
        return Ok(Vec::new());
    }
    Part::new(Arc::clone(file), 0, len).read_exact(&mut first)?;
    if first[510..] != [0x55, 0xaa] {
        return Ok(Vec::new());
    }
    // A copy of the partition alone has its file system where the table would be.
    if is_fat(file, 0)? {
        return Ok(vec![(0, len)]);
    }
    let entries = first[446..510].chunks_exact(16);
    if entries.clone().any(|entry| entry[4] == 0xee) {
        return gpt(file, len);
    }
    let fat = entries.filter(|entry| matches!(entry[4], 1 | 4 | 6 | 0xb | 0xc | 0xe | 0xef));
    let place = |entry: &[u8]| {
        let at = |at: usize| u64::from(u32_at(entry, at)) * SECTOR;
        (at(8), at(12))
    };
    Ok(fat.map(place).collect())
}

fn gpt(file: &Arc<File>, len: u64) -> io::Result<Vec<(u64, u64)>> {
    let mut part = Part::new(Arc::clone(file), 0, len);
    let mut header = [0; 92];
    part.seek(SeekFrom::Start(SECTOR))?;
    part.read_exact(&mut header)?;
    if !header.starts_with(b"EFI PART") {
        return Err(io::Error::other("its partition table is damaged"));
    }
    let (count, size) = (u32_at(&header, 80), u64::from(u32_at(&header, 84)));
    let mut places = Vec::new();
    for number in 0..count.min(MOST_PARTITIONS) {
        let at = u64_at(&header, 72).checked_mul(SECTOR);
        let at = at.and_then(|at| at.checked_add(u64::from(number) * size));
        let at = at.ok_or_else(|| io::Error::other("its partition table is damaged"))?;
        let mut entry = [0; 48];
        part.seek(SeekFrom::Start(at))?;
        part.read_exact(&mut entry)?;
        let (start, end) = (u64_at(&entry, 32), u64_at(&entry, 40));
        if entry[..16] != [0; 16] && end >= start {
            let size = (end - start).saturating_add(1).saturating_mul(SECTOR);
            places.push((start.saturating_mul(SECTOR), size));
        }
    }
    Ok(places)
}

/// There is the start of a FAT file system.
fn is_fat(file: &Arc<File>, start: u64) -> io::Result<bool> {
    let mut sector = Vec::new();
    Part::new(Arc::clone(file), start, SECTOR).read_to_end(&mut sector)?;
    let has = |at: usize, text: &[u8]| sector.get(at..at + text.len()) == Some(text);
    Ok(has(510, &[0x55, 0xaa]) && (has(54, b"FAT1") || has(82, b"FAT32")))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

fn open(part: &Part, limit: u64) -> io::Result<FileSystem<Bounded>> {
    let part = part.clone();
    FileSystem::new(Bounded { part, left: limit }, FsOptions::new())
}

fn list(part: &Part) -> io::Result<Vec<Item>> {
    let endless = || io::Error::other("its folders have no end");
    let system = open(part, LIST_LIMIT)?;
    let mut items = Vec::new();
    let mut folders = vec![(String::new(), system.root_dir())];
    let mut count = 0;
    while let Some((path, folder)) = folders.pop() {
        for entry in folder.iter() {
            let entry = entry?;
            let name = entry.file_name();
            if name == "." || name == ".." {
                continue;
            }
            // What has capitals only has no case.
            let name = match name.contains(char::is_lowercase) {
                true => name,
                false => name.to_ascii_lowercase(),
            };
            let path = match path.is_empty() {
                true => name,
                false => format!("{path}/{name}"),
            };
            count += 1;
            if count > MOST_FILES || folders.len() > MOST_FOLDERS || path.len() > 4096 {
                return Err(endless());
            }
            if entry.is_dir() {
                folders.push((path, entry.to_dir()));
            } else {
                let size = entry.len();
                let kind = Kind::File { size };
                items.push(Item { path, kind });
            }
        }
    }
    Ok(items)
}

/// A partition that is not written to, and of which only so many bytes are read.
struct Bounded {
    part: Part,
    left: u64,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.part.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other("its folders have no end")),
        }
        Ok(read)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.part.seek(to)
    }
}

impl Write for Bounded {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{self, Content, Disk, Partition, Table, fat::Volume};
    use crate::kernel::Source;
    use std::path::PathBuf;

    /// A disk like Raspberry Pi OS's, made by the module that makes ours.
    fn image(table: Table, folder: &Path) -> PathBuf {
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
        let path = folder.join("pi.img");
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
            let folder = tempfile::tempdir().unwrap();
            let path = image(table, folder.path());
            let source = Source::open(&[path], folder.path()).unwrap();
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
        let folder = tempfile::tempdir().unwrap();
        let kernel = folder.path().join("kernel8.img");
        std::fs::write(&kernel, vec![7; 4096]).unwrap();
        assert!(BootPartition::find(&kernel).unwrap().is_none());
        let path = image(Table::Mbr, folder.path());
        let whole = std::fs::File::options().write(true).open(&path).unwrap();
        whole.set_len(9 << 20).unwrap();
        let error = BootPartition::find(&path).unwrap_err().to_string();
        assert!(error.contains("the file at 9437184"), "{error}");
    }

    #[test]
    fn changed_images_never_panic_and_end() {
        let folder = tempfile::tempdir().unwrap();
        for table in [Table::Mbr, Table::Gpt] {
            let path = image(table, folder.path());
            let good = std::fs::read(&path).unwrap();
            let places = partitions(&Arc::new(File::open(&path).unwrap()), good.len() as u64);
            let start = places.unwrap()[0].0 as usize;
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
