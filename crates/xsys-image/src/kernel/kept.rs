//! Files in the cache: what was unpacked, compressed or computed once.

use std::path::Path;

/// Marks a file of the cache as in use: files that were not used for long are removed. Failing to mark it is not an
/// error.
pub(super) fn in_use(kept: &Path) {
    if let Ok(file) = std::fs::File::options().append(true).open(kept) {
        let _ = file.set_modified(std::time::SystemTime::now());
    }
}
