//! The wasm linker from outside: real objects from rustc, compared with `rust-lld`, validated and
//! run.
//!
//! These tests call the installed `rustc` and need the target: `rustup target add
//! wasm32-unknown-unknown`.

mod bad_input;
mod compile;
mod debug;
mod fold;
mod oracle;
mod relocatable;
mod reports;
mod rules;
mod wording;
