//! Files of the cache: what was unpacked, compressed or found out once.

use std::path::Path;

/// Notes that a file of the cache is in use: those that were not for long are removed. A cache that cannot be written
/// still serves.
pub(super) fn in_use(kept: &Path) {
    if let Ok(file) = std::fs::File::options().append(true).open(kept) {
        let _ = file.set_modified(std::time::SystemTime::now());
    }
}
