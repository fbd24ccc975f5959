//! Files of ours on disk: written whole or not at all, named by what they are about, and not too many of them.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use xsys_diag::Diagnostic;

use crate::error::file;

/// Writes a file in one step: whoever reads it sees the old one or the whole new one. What is no
/// file, as `/dev/stdout`, is written to and stays what it is.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), Diagnostic> {
    let write = || -> std::io::Result<()> {
        if is_special(path) {
            return std::fs::write(path, content);
        }
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let mut temporary = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        std::io::Write::write_all(&mut temporary, content)?;
        #[cfg(unix)]
        {
            // Temporary files are private; images are as readable as cargo's own outputs.
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o644);
            temporary.as_file().set_permissions(mode)?;
        }
        temporary.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| file("write", path, &error))
}

/// Whether a path leads to a device or a pipe.
pub(crate) fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// A name for what is in files.
pub(crate) fn short_digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // Lengths, so that no two lists of files run together to the same bytes.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let bytes = digest[..8].iter();
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// Removes all but the newest so many files of a folder.
pub(crate) fn keep_newest(folder: &Path, count: usize) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut files: Vec<(std::time::SystemTime, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
        })
        .collect();
    files.sort();
    let surplus = files.len().saturating_sub(count);
    for (_, path) in files.into_iter().take(surplus) {
        // Another build may have been faster.
        let _ = std::fs::remove_file(path);
    }
}

/// The whole path; the file need not be there.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
