//! What every command gets besides its own arguments.

use std::path::PathBuf;

use crate::ui::Ui;

/// What every command gets.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub ui: Ui,
    /// `+toolchain`.
    pub toolchain: Option<String>,
    /// Where the command was called.
    pub directory: PathBuf,
}
