//! Files that xsys writes: complete or absent, named by their content, and limited in number.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use xsys_diag::Diagnostic;

use crate::error::file;

/// Writes a file in one step: readers see either the old or the new content. Devices and pipes such
/// as `/dev/stdout` are written to directly.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), Diagnostic> {
    let write = || -> std::io::Result<()> {
        if is_special(path) {
            return std::fs::write(path, content);
        }
        let directory = path
            .parent()
            .filter(|directory| *directory != Path::new(""));
        let mut temporary = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
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

/// A name that follows from these parts.
pub(crate) fn short_digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // With their lengths, so that no two lists of parts give the same bytes.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let bytes = digest[..8].iter();
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// Removes all but the newest files of a directory.
pub(crate) fn keep_newest(directory: &Path, count: usize) {
    let Ok(entries) = std::fs::read_dir(directory) else {
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
        // Another process may have removed it already.
        let _ = std::fs::remove_file(path);
    }
}

/// The absolute path; the file need not exist.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
