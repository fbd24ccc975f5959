//! From a target spec and rust-src to a cached sysroot.
//!
//! Three questions, three groups of modules:
//! - *what* is to be compiled: `manifest`, `lock`, `sources` (packages), `resolve` (features, order), `build_script`
//!   (cfgs);
//! - *how*: `compile` (a command line for each crate), `harness` (our crate `test`), `schedule` and `jobs` (in
//!   parallel, pipelined);
//! - *where* it goes: `key` and `digest` (its name), `store` (locks, staging, publishing), `beside` (what else is in
//!   the cache), `c_pieces` (the C library that comes with it: `kit`, `musl`, `wasi`; `unwinder`, where that has none).
//!
//! `ensure` puts them in order. cargo only downloads sources; no build script runs and nothing is linked.

mod beside;
mod build_script;
mod c_pieces;
mod compile;
mod digest;
mod ensure;
mod error;
mod harness;
mod integrity;
mod jobs;
mod key;
mod kit;
mod lock;
mod manifest;
mod musl;
mod progress;
mod renamed;
mod resolve;
mod resume;
mod schedule;
mod settings;
mod source_link;
mod sources;
mod store;
mod toolchain;
mod unwinder;
mod wasi;

pub use beside::Beside;
pub use ensure::{Request, Sysroot, ensure};
pub use error::Error;
pub use integrity::{Damage, Fault, Verified};
pub use progress::{Progress, Silent};
pub use settings::{DebugLevel, OptLevel, Panic, Settings, UnknownValue};
pub use store::{Cache, Entry, Prune};
pub use toolchain::Toolchain;
pub use xsys_target::CrateSet;
