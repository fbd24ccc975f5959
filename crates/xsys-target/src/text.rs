//! Specs and boards as text, or what is wrong with the file.

use std::path::Path;
use std::sync::Arc;

use xsys_diag::Diagnostic;

/// A text file, or why not.
pub(crate) fn read(path: &Path) -> Result<Arc<str>, Diagnostic> {
    let bytes = std::fs::read(path).map_err(|error| {
        let problem = Diagnostic::error(format!("cannot read `{}`", path.display()));
        problem.note(error.to_string())
    })?;
    of_bytes(&bytes, path)
}

/// Bytes as text, or the place of the first byte that is not UTF-8.
pub(crate) fn of_bytes(bytes: &[u8], path: &Path) -> Result<Arc<str>, Diagnostic> {
    std::str::from_utf8(bytes).map(Arc::from).map_err(|error| {
        Diagnostic::error(format!("`{}` is not UTF-8", path.display())).note(format!(
            "the first bad byte is at {:#x}",
            error.valid_up_to()
        ))
    })
}
