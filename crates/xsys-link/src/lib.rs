//! An ELF and wasm linker for Rust's objects.
//!
//! A library: it prints nothing, starts no process and knows no boards. Problems come back as
//! [`xsys_diag::Diagnostic`]s, all that can be found in one run.

pub mod elf;
pub mod input;
pub mod options;
pub mod output;
pub mod script;
pub mod wasm;
