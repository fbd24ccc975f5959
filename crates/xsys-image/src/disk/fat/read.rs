//! Reads FAT volumes: what is on a card, and the boot partitions of other systems' images.

use std::io::{self, Read, Seek, SeekFrom, Write};

use fatfs::{FileSystem, FsOptions};

/// Bytes that may be read for the list of files: a Pi's boot partition has some hundred. File systems can be damaged so
/// that they have no end.
const LIST_LIMIT: u64 = 64 << 20;
const MOST_ENTRIES: usize = 100_000;
const LONGEST_PATH: usize = 4096;

/// A file system to be looked at.
#[derive(Debug)]
pub struct Reader<T: Read + Seek> {
    partition: T,
}

impl<T: Read + Seek + Clone> Reader<T> {
    /// Opens the file system on a partition.
    ///
    /// # Errors
    /// Where there is none, or a damaged one.
    pub fn open(partition: T) -> io::Result<Self> {
        let reader = Self { partition };
        reader.system(LIST_LIMIT)?;
        Ok(reader)
    }

    fn system(&self, left: u64) -> io::Result<FileSystem<Bounded<T>>> {
        let partition = self.partition.clone();
        FileSystem::new(Bounded { partition, left }, FsOptions::new())
    }

    /// The paths of all files, sorted, and their sizes in bytes.
    ///
    /// # Errors
    /// Where a folder is damaged.
    pub fn files(&self) -> io::Result<Vec<(String, u64)>> {
        let system = self.system(LIST_LIMIT)?;
        let mut files = Vec::new();
        let mut folders = vec![(String::new(), system.root_dir())];
        let mut count = 0;
        while let Some((path, folder)) = folders.pop() {
            for entry in folder.iter() {
                let entry = entry?;
                let name = entry.file_name();
                if name == "." || name == ".." {
                    continue;
                }
                let path = match path.is_empty() {
                    true => name,
                    false => format!("{path}/{name}"),
                };
                count += 1;
                if count > MOST_ENTRIES || path.len() > LONGEST_PATH {
                    return Err(endless());
                }
                if entry.is_dir() {
                    folders.push((path, entry.to_dir()));
                } else {
                    files.push((path, entry.len()));
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// A file's bytes; at most `limit` of them.
    ///
    /// # Errors
    /// Where there is no such file, or it is longer.
    pub fn read(&self, path: &str, limit: u64) -> io::Result<Vec<u8>> {
        let system = self.system(u64::MAX)?;
        let file = system.root_dir().open_file(path)?;
        let mut bytes = Vec::new();
        let count = file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        match count as u64 > limit {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(bytes),
        }
    }
}

fn endless() -> io::Error {
    io::Error::other("its folders have no end")
}

/// A partition of which only so many bytes are read. `fatfs` asks for what can be written, and writes nothing unless it
/// is asked to.
struct Bounded<T> {
    partition: T,
    left: u64,
}

impl<T: Read> Read for Bounded<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.partition.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(endless)?;
        Ok(count)
    }
}

impl<T: Seek> Seek for Bounded<T> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.partition.seek(to)
    }
}

impl<T> Write for Bounded<T> {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
