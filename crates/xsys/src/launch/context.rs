//! What the runner is told by the command that started cargo ([`crate::runner`]).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Launch;
use super::gdb::Gdb;
use crate::images::emit::Shared;
use crate::wasm_engine::options::Options;

/// What the runner is told by the command that started cargo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Context {
    pub launch: Launch,
    /// The debugger, where one is asked for.
    pub gdb: Option<Gdb>,
    /// What a program in the built-in engine is given.
    pub wasm: Options,
    pub emits: Vec<String>,
    pub shared: Shared,
    /// Where links leave their reports.
    pub reports: PathBuf,
    /// Where processes of this command tell each other which of the linker's messages were shown.
    pub messages_shown: Option<PathBuf>,
    /// Whether messages are JSON between cargo's.
    pub beside_cargos: bool,
    /// Who links, if not xsys.
    pub linker: Option<String>,
    /// Whether to tell what was made; tests are many and say nothing.
    pub tell: bool,
    /// Whether an image that cannot be run here is still a success.
    pub lenient: bool,
    pub color: Option<String>,
    pub json: bool,
    pub quiet: bool,
    /// For tests: the seconds that each may take.
    pub time_limit: Option<u64>,
}
