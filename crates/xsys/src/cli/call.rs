//! What every command is given besides its own arguments.

use std::path::PathBuf;

use crate::ui::Ui;

/// What every command is given.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub ui: Ui,
    /// `+toolchain`.
    pub toolchain: Option<String>,
    /// Where the command was given.
    pub folder: PathBuf,
}
