//! How a command fails: the messages, and the exit code.

use std::path::Path;

use xsys_diag::Diagnostic;

/// Exit code of a build that failed, as cargo's.
pub(crate) const BUILD_FAILED: u8 = 101;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Empty if another program has already reported the failure.
    pub diagnostics: Vec<Diagnostic>,
    pub code: u8,
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// The failure of a build, with cargo's exit code for it.
    pub(crate) fn into_build(mut self) -> Self {
        if self.code == 1 {
            self.code = BUILD_FAILED;
        }
        self
    }

    /// A failure that another program has already reported.
    pub(crate) fn silent(code: u8) -> Self {
        Self {
            diagnostics: Vec::new(),
            code,
        }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            diagnostics: vec![diagnostic],
            code: 1,
        }
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            diagnostics,
            code: 1,
        }
    }
}

/// A failed file operation; `doing` is a verb such as "read".
pub(crate) fn file(doing: &str, path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(format!(
        "cannot {doing} `{}`: {}",
        path.display(),
        reason(error)
    ))
}

/// An operating system's message in the style of our messages.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}
