//! A new project's files: all of them are written, or none.
//!
//! They are written into a directory beside the destination, and moved when they are complete. If something fails later
//! (a workspace does not accept the project), they are removed again, and changed files are restored.

use std::path::{Path, PathBuf};

use crate::error::{Result, file};

/// What has been created and changed so far. It is undone when dropped, unless [`keep`](Self::keep)
/// was called.
#[derive(Debug, Default)]
pub(super) struct Undo {
    /// New files and directories, in the order of their creation.
    made: Vec<PathBuf>,
    /// Changed files, with their old contents.
    changed: Vec<(PathBuf, Vec<u8>)>,
}

impl Undo {
    /// Makes a directory and those above it.
    pub(super) fn create_dir(&mut self, directory: &Path) -> Result<()> {
        let missing = directory
            .ancestors()
            .take_while(|directory| !directory.exists());
        let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        std::fs::create_dir_all(directory).map_err(|error| file("create", directory, &error))?;
        self.made.extend(missing.into_iter().rev());
        Ok(())
    }

    /// Writes a file, new or not.
    pub(super) fn write(&mut self, path: &Path, text: &str) -> Result<()> {
        match std::fs::read(path) {
            Ok(old) => self.changed.push((path.to_owned(), old)),
            Err(_) => self.made.push(path.to_owned()),
        }
        std::fs::write(path, text).map_err(|error| file("write", path, &error).into())
    }

    /// Moves what is in a directory into another.
    pub(super) fn move_all(&mut self, from: &Path, to: &Path) -> Result<()> {
        let entries = std::fs::read_dir(from).map_err(|error| file("read", from, &error))?;
        for entry in entries.flatten() {
            let path = to.join(entry.file_name());
            std::fs::rename(entry.path(), &path).map_err(|error| file("write", &path, &error))?;
            self.made.push(path);
        }
        Ok(())
    }

    /// Keeps everything.
    pub(super) fn keep(mut self) {
        self.made.clear();
        self.changed.clear();
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        // If undoing fails, the error of the original failure is reported.
        for (path, old) in self.changed.drain(..).rev() {
            let _ = std::fs::write(path, old);
        }
        for path in self.made.drain(..).rev() {
            let _ = match path.is_dir() {
                true => std::fs::remove_dir_all(path),
                false => std::fs::remove_file(path),
            };
        }
    }
}

/// A directory beside a project's, in the same file system; it goes when it is dropped.
#[derive(Debug)]
pub(super) struct Staging {
    pub directory: PathBuf,
}

impl Staging {
    pub(super) fn beside(directory: &Path) -> Result<Self> {
        let directory =
            std::path::absolute(directory).map_err(|error| file("find", directory, &error))?;
        let above = directory.ancestors().skip(1).find(|above| above.is_dir());
        let name = format!(".xsys-new-{}", std::process::id());
        let directory = above.unwrap_or(&directory).join(name);
        std::fs::create_dir(&directory).map_err(|error| file("create", &directory, &error))?;
        Ok(Self { directory })
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // It is empty by then, or of no use.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(root: &Path, keep: bool) {
        let staging = Staging::beside(&root.join("x/y/new")).unwrap();
        assert_eq!(staging.directory.parent(), Some(root));
        std::fs::create_dir(staging.directory.join("src")).unwrap();
        std::fs::write(staging.directory.join("src/main.rs"), "").unwrap();
        let mut undo = Undo::default();
        undo.create_dir(&root.join("x/y/new")).unwrap();
        undo.move_all(&staging.directory, &root.join("x/y/new"))
            .unwrap();
        undo.write(&root.join("list"), "one").unwrap();
        undo.write(&root.join("list"), "two").unwrap();
        undo.write(&root.join("x/y/new/more"), "").unwrap();
        if keep {
            undo.keep();
        }
    }

    #[test]
    fn all_or_nothing() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("list"), "none").unwrap();
        attempt(root.path(), false);
        let names = std::fs::read_dir(root.path()).unwrap().flatten();
        assert_eq!(
            names.map(|entry| entry.file_name()).collect::<Vec<_>>(),
            ["list"]
        );
        let list = || std::fs::read_to_string(root.path().join("list")).unwrap();
        assert_eq!(list(), "none");
        attempt(root.path(), true);
        assert_eq!(list(), "two");
        assert!(root.path().join("x/y/new/src/main.rs").is_file());
    }
}
