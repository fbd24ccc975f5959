//! The output file, which is either complete or not there.
//!
//! The linkers write the file in parallel, part by part ([`Parts`]), which avoids the page faults of a mapping. If
//! the linker has to read the output again, the file is mapped and filled in place. It is made under another name
//! beside its destination and renamed when it is complete. So nobody sees an incomplete file, a program that is
//! running stays as it is, and a failed link does not change the previous output.
//!
//! A mapped file on a full disk kills the writer with SIGBUS, so the space is reserved first. If the file system
//! cannot reserve space (and on other systems than Linux), and for small files, the bytes are collected in memory
//! and written at the end. Devices such as `/dev/null` are written to, never replaced; `-` is standard output.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use memmap2::MmapMut;
use tempfile::NamedTempFile;
use xsys_diag::Diagnostic;

/// Up to this size, writing costs less than mapping.
const WRITE_LIMIT: u64 = 64 * 1024;

/// Why the output cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// A directory has the name of the output.
    #[error("cannot write `{}`: it is a directory", .0.display())]
    Directory(PathBuf),
    /// The destination's directory is missing.
    #[error("cannot write `{}`: the directory `{}` does not exist", .path.display(), .dir.display())]
    NoFolder {
        /// The output.
        path: PathBuf,
        /// Its directory.
        dir: PathBuf,
    },
    /// The disk is full.
    #[error(
        "cannot write `{}`: no room for {size} bytes in the directory `{}`",
        .path.display(),
        .dir.display()
    )]
    Full {
        /// The output.
        path: PathBuf,
        /// Its directory.
        dir: PathBuf,
        /// What the output needs.
        size: u64,
    },
    /// The output does not fit into memory.
    #[error("cannot write `{}`: {size:#x} bytes are too many for this machine", .path.display())]
    TooLarge {
        /// The output.
        path: PathBuf,
        /// What the output needs.
        size: u64,
    },
    /// The system refuses.
    #[error("cannot write `{}`: {source}", .path.display())]
    Io {
        /// The output.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl OutputError {
    /// The error for people.
    pub(crate) fn into_diagnostic(self) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.to_string());
        match self {
            Self::Directory(_) => diagnostic.help("name another file with `-o`"),
            Self::NoFolder { dir, .. } => {
                diagnostic.help(format!("make it: `mkdir -p {}`", dir.display()))
            }
            Self::Full { .. } => {
                diagnostic.help("free some space, or name another directory with `-o`")
            }
            // Files that addresses make so large were refused before (`elf/size_limit.rs`).
            Self::TooLarge { .. } => diagnostic.help(
                "leave out debug information (`--strip-debug`), or name a directory on another disk \
                 with `-o`: some file systems end at 4 GiB",
            ),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                diagnostic.help("check who may write to the directory")
            }
            Self::Io { .. } => diagnostic,
        }
    }
}

/// A file that is being written. Dropped without [`persist`](Self::persist), it leaves nothing.
#[derive(Debug)]
pub(crate) struct OutputFile {
    path: PathBuf,
    size: u64,
    data: OutputData,
    place: Destination,
}

#[derive(Debug)]
enum OutputData {
    Buffer(Vec<u8>),
    Mapped(MmapMut),
    /// In the file, as far as they have been written.
    Parts,
}

#[derive(Debug)]
enum Destination {
    /// A file beside the destination, which takes its name.
    Beside(NamedTempFile),
    /// The destination itself: a device or a pipe.
    Itself(File),
    StandardOutput,
}

impl OutputFile {
    /// Makes room for an output of `size` bytes, all zero.
    ///
    /// # Errors
    /// The file cannot be created, or the disk is full.
    pub(crate) fn create(path: &Path, size: u64) -> Result<Self, OutputError> {
        Self::create_with(path, size, |file| {
            map(file, size).map(|map| map.map(OutputData::Mapped))
        })
    }

    /// The same for an output that is going to be written in [`parts`](Self::parts).
    ///
    /// # Errors
    /// The file cannot be created, or the disk is full.
    pub(crate) fn create_for_parts(path: &Path, size: u64) -> Result<Self, OutputError> {
        Self::create_with(path, size, |file| match cfg!(unix) {
            true => reserve(file, size).map(|_| Some(OutputData::Parts)),
            false => Ok(None),
        })
    }

    fn create_with(
        path: &Path,
        size: u64,
        large: impl FnOnce(&File) -> io::Result<Option<OutputData>>,
    ) -> Result<Self, OutputError> {
        let io_error = |source| OutputError::Io {
            path: path.to_owned(),
            source,
        };
        let place = match std::fs::metadata(path) {
            _ if path == Path::new("-") => Destination::StandardOutput,
            Ok(metadata) if metadata.is_dir() => {
                return Err(OutputError::Directory(path.to_owned()));
            }
            Ok(metadata) if !metadata.is_file() => {
                let file = OpenOptions::new().write(true).open(path);
                Destination::Itself(file.map_err(io_error)?)
            }
            _ => Destination::Beside(temporary(path)?),
        };
        let data = match &place {
            Destination::Beside(temp) if size > WRITE_LIMIT => large(temp.as_file()),
            _ => Ok(None),
        };
        let data = match data.map_err(|source| failed(path, size, source))? {
            Some(data) => data,
            None => OutputData::Buffer(zeros(size).ok_or_else(|| OutputError::TooLarge {
                path: path.to_owned(),
                size,
            })?),
        };
        Ok(Self {
            path: path.to_owned(),
            size,
            data,
            place,
        })
    }

    /// Writes parts of the file, if it was made for that and is large enough; otherwise its
    /// [bytes](Self::bytes_mut) must be filled.
    pub(crate) fn parts(&self) -> Option<Parts<'_>> {
        match (&self.data, &self.place) {
            (OutputData::Parts, Destination::Beside(temp)) => Some(Parts {
                output: self,
                file: temp.as_file(),
            }),
            _ => None,
        }
    }

    /// The file's bytes, to be filled in any order and by any number of threads.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.data {
            OutputData::Buffer(bytes) => bytes,
            OutputData::Mapped(map) => map,
            OutputData::Parts => &mut [],
        }
    }

    /// Cuts the file's end off.
    pub(crate) fn shorten(&mut self, size: u64) {
        self.size = self.size.min(size);
        if let OutputData::Buffer(bytes) = &mut self.data {
            bytes.truncate(self.size as usize);
        }
    }

    /// The file's bytes as they are now.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.data {
            OutputData::Buffer(bytes) => bytes,
            OutputData::Mapped(map) => map,
            OutputData::Parts => &[],
        }
    }

    /// Completes the file and puts it in its place. An executable gets the permissions
    /// `rwxr-xr-x`, any other file `rw-r--r--`, less what the user's mask takes away.
    ///
    /// # Errors
    /// The file cannot be written or renamed.
    pub(crate) fn persist(self, executable: bool) -> Result<(), OutputError> {
        let Self {
            path,
            size,
            data,
            place,
        } = self;
        let mut temp = match place {
            Destination::Itself(mut file) => {
                // Devices are never mapped.
                let OutputData::Buffer(bytes) = data else {
                    return Ok(());
                };
                return file
                    .write_all(&bytes)
                    .map_err(|source| failed(&path, size, source));
            }
            Destination::StandardOutput => {
                let OutputData::Buffer(bytes) = data else {
                    return Ok(());
                };
                let mut out = io::stdout().lock();
                return out
                    .write_all(&bytes)
                    .and_then(|()| out.flush())
                    .map_err(|source| failed(&path, size, source));
            }
            Destination::Beside(temp) => temp,
        };
        match data {
            OutputData::Buffer(bytes) => temp.write_all(&bytes),
            OutputData::Mapped(map) => {
                let shorter = size < map.len() as u64;
                drop(map);
                match shorter {
                    true => temp.as_file().set_len(size),
                    false => Ok(()),
                }
            }
            OutputData::Parts => Ok(()),
        }
        .and_then(|()| permit(temp.as_file(), executable))
        .map_err(|source| failed(&path, size, source))?;
        match temp.persist(&path) {
            Ok(_) => Ok(()),
            Err(error) => Err(failed(&path, size, error.error)),
        }
    }
}

/// An output that is written part by part, from any number of threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'f> {
    output: &'f OutputFile,
    file: &'f File,
}

impl Parts<'_> {
    /// Writes bytes at an offset. What lies between parts when the file is
    /// [complete](OutputFile::persist) is zero.
    ///
    /// # Errors
    /// The bytes cannot be written.
    pub(crate) fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), OutputError> {
        let OutputFile { path, size, .. } = self.output;
        write_at(self.file, offset, bytes).map_err(|source| failed(path, *size, source))
    }
}

#[cfg(unix)]
fn write_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn write_at(_: &File, _: u64, _: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Turns an error of the system into one that says what to do.
fn failed(path: &Path, size: u64, source: io::Error) -> OutputError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => OutputError::Full {
            dir: folder(&path).to_owned(),
            path,
            size,
        },
        io::ErrorKind::FileTooLarge => OutputError::TooLarge { path, size },
        _ => OutputError::Io { path, source },
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// Unfinished files of this process.
static TEMPORARIES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes unfinished files, when a signal is about to end the process.
pub fn remove_unfinished() {
    let mut all = TEMPORARIES.lock().unwrap_or_else(PoisonError::into_inner);
    for path in all.drain(..) {
        // A finished file has another name.
        let _ = std::fs::remove_file(path);
    }
}

/// A new file beside `path`.
fn temporary(path: &Path) -> Result<NamedTempFile, OutputError> {
    let dir = folder(path);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".xsys-ld-").suffix(".tmp");
    // The system applies the user's mask when the file is made.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    let made = builder.tempfile_in(dir).inspect(|file| {
        let mut all = TEMPORARIES.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(file.path().to_owned());
    });
    made.map_err(|source| {
        if source.kind() == io::ErrorKind::NotFound {
            OutputError::NoFolder {
                path: path.to_owned(),
                dir: dir.to_owned(),
            }
        } else {
            failed(path, 0, source)
        }
    })
}

/// Removes the permission to execute from a file that was made with it.
#[cfg(unix)]
fn permit(file: &File, executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if executable {
        return Ok(());
    }
    let mut permissions = file.metadata()?.permissions();
    permissions.set_mode(permissions.mode() & 0o666);
    file.set_permissions(permissions)
}

#[cfg(not(unix))]
fn permit(_: &File, _: bool) -> io::Result<()> {
    Ok(())
}

/// Zeros, unless there is no memory for them.
fn zeros(size: u64) -> Option<Vec<u8>> {
    let size = usize::try_from(size).ok()?;
    // Asked beforehand, because an allocation that fails ends the program.
    Vec::<u8>::new().try_reserve_exact(size).ok()?;
    Some(vec![0; size])
}

/// Reserves `size` bytes for the file and maps them; `None` where the file system cannot promise
/// that there will be room.
#[cfg(target_os = "linux")]
fn map(file: &File, size: u64) -> io::Result<Option<MmapMut>> {
    match reserve(file, size)? {
        true => map_reserved(file).map(Some),
        false => Ok(None),
    }
}

#[cfg(not(target_os = "linux"))]
fn map(_: &File, _: u64) -> io::Result<Option<MmapMut>> {
    Ok(None)
}

/// Reserves `size` bytes for the file. `false` where the file system cannot promise that there will
/// be room; then the file is as long as that, but may not be stored anywhere.
#[cfg(target_os = "linux")]
fn reserve(file: &File, size: u64) -> io::Result<bool> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    loop {
        match fallocate(file, FallocateFlags::empty(), 0, size) {
            Ok(()) => return Ok(true),
            Err(Errno::INTR) => {}
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::PERM) => {
                return file.set_len(size).map(|()| false);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(file: &File, size: u64) -> io::Result<bool> {
    file.set_len(size).map(|()| false)
}

/// Maps a whole file for writing.
///
/// Invariant that makes this sound: the file was made a moment ago under a random name that only
/// this process knows, and all of its space is reserved. So nobody else writes to it or truncates
/// it while it is mapped, and every page can be written. The mapping is gone before the file gets
/// the name by which others find it ([`OutputFile::persist`]).
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the one place where outputs are mapped")]
fn map_reserved(file: &File) -> io::Result<MmapMut> {
    // SAFETY: see above.
    unsafe { MmapMut::map_mut(file) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_of_all_sizes_arrive() {
        let dir = tempfile::tempdir().unwrap();
        for size in [0, 1, WRITE_LIMIT, WRITE_LIMIT + 1, 1_000_000] {
            let path = dir.path().join("out");
            let mut output = OutputFile::create(&path, size).unwrap();
            assert_eq!(
                matches!(output.data, OutputData::Mapped(_)),
                cfg!(target_os = "linux") && size > WRITE_LIMIT,
                "{size}"
            );
            assert!(output.bytes().iter().all(|&byte| byte == 0));
            let (low, high) = output.bytes_mut().split_at_mut(size as usize / 2);
            rayon::join(|| low.fill(1), || high.fill(2));
            let expected = output.bytes().to_vec();
            output.persist(true).unwrap();
            assert_eq!(fs::read(&path).unwrap(), expected);
            assert_eq!(expected.len() as u64, size);
            assert_eq!(names(dir.path()), ["out"]);
        }
    }

    #[test]
    fn parts_arrive_in_any_order() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let expected: Vec<u8> = (0..300_000u32).map(|at| (at / 7) as u8).collect();
        for size in [WRITE_LIMIT as usize, WRITE_LIMIT as usize + 1, 300_000] {
            let expected = &expected[..size];
            let mut output = OutputFile::create_for_parts(&path, size as u64).unwrap();
            assert_eq!(
                output.parts().is_some(),
                cfg!(unix) && size > WRITE_LIMIT as usize
            );
            match output.parts() {
                Some(parts) => {
                    let middle = size / 2;
                    parts.write(middle as u64, &expected[middle..]).unwrap();
                    parts.write(0, &expected[..middle]).unwrap();
                }
                None => output.bytes_mut().copy_from_slice(expected),
            }
            output.persist(false).unwrap();
            assert_eq!(fs::read(&path).unwrap(), expected);
            assert_eq!(names(dir.path()), ["out"]);
        }
        drop(OutputFile::create_for_parts(&path, 1 << 20).unwrap());
        assert_eq!(fs::read(&path).unwrap(), expected);
        assert_eq!(names(dir.path()), ["out"]);
    }

    #[test]
    fn without_persist_nothing_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        drop(OutputFile::create(&path, 100_000).unwrap());
        assert!(names(dir.path()).is_empty());
        fs::write(&path, "before").unwrap();
        let mut output = OutputFile::create(&path, 100_000).unwrap();
        output.bytes_mut().fill(1);
        drop(output);
        assert_eq!(names(dir.path()), ["out"]);
        assert_eq!(fs::read(&path).unwrap(), b"before");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_follow_the_mask() {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let dir = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for (executable, wanted) in [(true, 0o777), (false, 0o666)] {
            let reference = dir.path().join(format!("reference-{executable}"));
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(wanted);
            options.open(&reference).unwrap();
            for size in [10, 100_000] {
                let path = dir.path().join("out");
                let output = OutputFile::create(&path, size).unwrap();
                output.persist(executable).unwrap();
                assert_eq!(mode(&path), mode(&reference), "{executable} {size}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_to() {
        use std::os::unix::fs::FileTypeExt;
        let path = Path::new("/dev/null");
        let mut output = OutputFile::create(path, 100_000).unwrap();
        output.bytes_mut().fill(1);
        output.persist(true).unwrap();
        assert!(fs::metadata(path).unwrap().file_type().is_char_device());
    }

    #[test]
    fn errors_say_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let show = |path: &Path, size| {
            OutputFile::create(path, size)
                .unwrap_err()
                .into_diagnostic()
                .to_string()
                .replace(&dir.path().display().to_string(), "DIR")
        };
        assert_eq!(
            show(dir.path(), 10),
            "error: cannot write `DIR`: it is a directory\n  = help: name another file with `-o`"
        );
        assert_eq!(
            show(&dir.path().join("no/out"), 10),
            "error: cannot write `DIR/no/out`: the directory `DIR/no` does not exist\n  \
             = help: make it: `mkdir -p DIR/no`"
        );
        let huge = show(&dir.path().join("out"), u64::MAX / 4);
        assert!(
            huge.starts_with("error: cannot write `DIR/out`: "),
            "{huge}"
        );
        assert!(huge.contains("= help: "), "{huge}");
        assert!(names(dir.path()).is_empty());
    }

    /// Mounts a file system of 1 MiB, which takes root's rights; says so and passes without them.
    #[cfg(target_os = "linux")]
    #[test]
    #[expect(clippy::print_stderr, reason = "a test that cannot run has to say so")]
    fn a_full_disk_is_an_error_and_no_crash() {
        use std::process::{Command, Stdio};
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(dir.path())
            .stderr(Stdio::null())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            eprintln!("skipped: mounting a small file system is not allowed here");
            return;
        }
        let path = dir.path().join("out");
        let too_much = OutputFile::create(&path, 2 << 20).map(drop);
        let in_parts = OutputFile::create_for_parts(&path, 2 << 20).map(drop);
        let enough = OutputFile::create(&path, 1 << 19).and_then(|mut output| {
            output.bytes_mut().fill(1);
            output.persist(true)
        });
        // Small files are written at the end, when the disk may have become full.
        let late = OutputFile::create(&dir.path().join("late"), WRITE_LIMIT).and_then(|output| {
            let _ = fs::write(dir.path().join("filler"), vec![1; 1 << 20]);
            output.persist(true)
        });
        let left = names(dir.path());
        Command::new("umount").arg(dir.path()).status().unwrap();
        let size = match too_much {
            Err(OutputError::Full { size, .. }) => size,
            other => panic!("{other:?}"),
        };
        assert_eq!(size, 2 << 20);
        assert!(
            matches!(in_parts, Err(OutputError::Full { .. })),
            "{in_parts:?}"
        );
        enough.unwrap();
        assert!(matches!(late, Err(OutputError::Full { .. })), "{late:?}");
        assert_eq!(left, ["filler", "out"]);
    }
}
