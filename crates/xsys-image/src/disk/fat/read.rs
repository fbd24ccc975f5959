//! Reads FAT volumes: what is on a card, and the boot partitions of other systems' images.

use std::io::{self, Read, Seek, SeekFrom, Write};

use fatfs::{FileSystem, FsOptions};

/// A file system to be looked at.
pub struct Reader<T: Read + Seek> {
    system: FileSystem<ReadOnly<T>>,
}

impl<T: Read + Seek> Reader<T> {
    /// Opens the file system on a partition.
    ///
    /// # Errors
    /// Where there is none, or a damaged one.
    pub fn open(partition: T) -> io::Result<Self> {
        let system = FileSystem::new(ReadOnly(partition), FsOptions::new())?;
        Ok(Self { system })
    }

    /// The paths of all files, sorted.
    ///
    /// # Errors
    /// Where a folder is damaged.
    pub fn files(&self) -> io::Result<Vec<String>> {
        let mut files = Vec::new();
        let mut folders = vec![(String::new(), self.system.root_dir())];
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
                // Damage can make a folder contain itself.
                if path.split('/').count() > 32 || files.len() > 100_000 {
                    return Err(io::Error::other("its folders have no end"));
                }
                if entry.is_dir() {
                    folders.push((path, entry.to_dir()));
                } else {
                    files.push(path);
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
        let file = self.system.root_dir().open_file(path)?;
        let mut bytes = Vec::new();
        let count = file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        match count as u64 > limit {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(bytes),
        }
    }
}

/// `fatfs` asks for what can be written, and writes nothing unless it is asked to.
struct ReadOnly<T>(T);

impl<T: Read> Read for ReadOnly<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<T: Seek> Seek for ReadOnly<T> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl<T> Write for ReadOnly<T> {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
