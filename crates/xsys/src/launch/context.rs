//! What the command that started cargo passes to the runner ([`crate::runner`]).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Launch;
use super::gdb::Gdb;
use crate::images::emit::Shared;
use crate::wasm_engine::options::Options;

/// What the command that started cargo passes to the runner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Context {
    pub launch: Launch,
    /// The debugger, if one is asked for.
    pub gdb: Option<Gdb>,
    /// Options of a program in the built-in engine.
    pub wasm: Options,
    pub emits: Vec<String>,
    pub shared: Shared,
    /// Where links leave their reports.
    pub reports: PathBuf,
    /// Where processes of this command record which of the linker's messages were shown.
    pub messages_shown: Option<PathBuf>,
    /// Whether messages are printed as JSON, between cargo's.
    pub beside_cargos: bool,
    /// Who links, if not xsys.
    pub linker: Option<String>,
    /// Whether to report what was made; not for tests, which are many.
    pub tell: bool,
    /// Whether an image that cannot be run here is still a success.
    pub lenient: bool,
    pub color: Option<String>,
    pub json: bool,
    pub quiet: bool,
    /// For tests: the time limit of each in seconds.
    pub time_limit: Option<u64>,
}
