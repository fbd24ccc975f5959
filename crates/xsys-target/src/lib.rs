//! Where a program is to run: target specs and boards.
//!
//! The user names a target in one of three ways ([`What`]): a target-spec JSON file, a triple that
//! rustc knows, or a board (a directory with a spec, a linker script and a way to run images). All
//! three end up as one [`Target`], whose facts the rest of xsys reads.
//!
//! - `json` reads JSON so that every key and value knows its place in the file,
//! - `spec` is the typed view of a target spec and its canonical form,
//! - `schema` and `check` find what this rustc will not accept, before it says so without a place,
//! - `board` and `bundled` read boards, from disk and from inside the program,
//! - `linking` tells who can link for a target,
//! - `rustc` is the only place that starts processes, and only rustc's own prints.
//!
//! Specification: <https://doc.rust-lang.org/rustc/targets/custom.html> and the schema printed by
//! `rustc -Zunstable-options --print target-spec-json-schema`.

mod advice;
mod board;
mod bundled;
mod check;
mod json;
mod linking;
mod memory;
mod rustc;
mod schema;
mod spec;
mod target;
mod text;
mod threads;

pub use board::{
    Board, BoardDir, BoardTarget, CrateSet, Emit, Engine, RunConfig, Stop, directory_name, is_path,
};
pub use bundled::bundled_boards;
pub use linking::{Linking, LldFlavor, Platform, linking, sanitizer_runtime};
pub use memory::{Memory, RawMemories, Role, check as check_memory, region_for};
pub use rustc::{Error, Rustc};
pub use spec::{PanicStrategy, Spec};
pub use target::{Kind, Target, What};
