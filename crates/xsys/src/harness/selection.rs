//! The word in a program that selects the test it runs, and copies of the program with other words.
//!
//! A changed file works on every machine: boards have no arguments, and not every emulator has
//! semihosting.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::children;
use crate::error::{Result, file};

/// The text before the word, in the program's constants (`harness/lib.rs` of `xsys-sysroot`).
const MARK: [u8; 16] = *b"\xf5xsys\xf6test\xf7word\xf8";

/// The word that makes the program list its tests.
pub(super) const LIST: u32 = u32::MAX - 1;

/// Where the word is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// There is more than one only if something has copied the program's constants.
    offsets: Vec<usize>,
}

impl Selection {
    /// Searches for it, because stripped programs have no symbols.
    pub(super) fn find(program: &[u8]) -> Option<Self> {
        let offsets: Vec<usize> = program
            .windows(MARK.len() + 4)
            .enumerate()
            .filter(|(_, window)| window.starts_with(&MARK))
            .map(|(at, _)| at + MARK.len())
            .collect();
        (!offsets.is_empty()).then_some(Self { offsets })
    }

    fn set(&self, program: &mut [u8], word: u32) {
        for &at in &self.offsets {
            program[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
    }
}

/// Copies of a program, in a directory that is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Copies {
    directory: TempDir,
    name: PathBuf,
    bytes: Vec<u8>,
    selection: Selection,
}

impl Copies {
    pub(super) fn new(program: &Path, bytes: Vec<u8>, selection: Selection) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("xsys-test-")
            .tempdir()
            .map_err(|error| file("make a directory in", &std::env::temp_dir(), &error))?;
        children::remove_at_end(directory.path().to_owned());
        Ok(Self {
            directory,
            name: program.file_name().unwrap_or_default().into(),
            bytes,
            selection,
        })
    }

    /// A worker's own copy, changed to this test.
    pub(super) fn write(&self, worker: usize, word: u32) -> Result<PathBuf> {
        let mut bytes = self.bytes.clone();
        self.selection.set(&mut bytes, word);
        let directory = self.directory.path().join(worker.to_string());
        let path = directory.join(&self.name);
        std::fs::create_dir_all(&directory)
            .and_then(|()| std::fs::write(&path, bytes))
            .and_then(|()| executable(&path))
            .map_err(|error| file("write", &path, &error))?;
        Ok(path)
    }
}

fn executable(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?;
    }
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_found_and_changed() {
        assert_eq!(Selection::find(b"\xf5xsys\xf6test\xf7word"), None);
        let mut program = [b"abc", &MARK[..], &[0xff; 4], b"def"].concat();
        let selection = Selection::find(&program).unwrap();
        selection.set(&mut program, 0x0102_0304);
        assert!(program.ends_with(b"\xf8\x04\x03\x02\x01def"));
        assert_eq!(Selection::find(&program), Some(selection));
    }
}
