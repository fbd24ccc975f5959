//! The word in a program that says which test it runs, and copies of the program with other words.
//!
//! A changed file reaches every machine: there are no arguments on a board, and not every emulator
//! has semihosting.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::children;
use crate::error::{Result, file};

/// What stands before the word, in the program's constants (`harness/lib.rs` of `xsys-sysroot`).
const MARK: [u8; 16] = *b"\xf5xsys\xf6test\xf7word\xf8";

/// The program lists its tests.
pub(super) const LIST: u32 = u32::MAX - 1;

/// Where the word is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// More than one only if something has copied the program's constants.
    offsets: Vec<usize>,
}

impl Selection {
    /// Looks for it: a symbol would be gone from stripped programs.
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

/// Copies of a program, in a folder that goes when this does.
#[derive(Debug)]
pub(super) struct Copies {
    folder: TempDir,
    name: PathBuf,
    bytes: Vec<u8>,
    selection: Selection,
}

impl Copies {
    pub(super) fn new(program: &Path, bytes: Vec<u8>, selection: Selection) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("xsys-test-")
            .tempdir()
            .map_err(|error| file("make a folder in", &std::env::temp_dir(), &error))?;
        children::remove_at_end(folder.path().to_owned());
        Ok(Self {
            folder,
            name: program.file_name().unwrap_or_default().into(),
            bytes,
            selection,
        })
    }

    /// The copy that a worker has to itself, for this test.
    pub(super) fn write(&self, worker: usize, word: u32) -> Result<PathBuf> {
        let mut bytes = self.bytes.clone();
        self.selection.set(&mut bytes, word);
        let folder = self.folder.path().join(worker.to_string());
        let path = folder.join(&self.name);
        std::fs::create_dir_all(&folder)
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
