//! Symbol resolution: the definitions of all global names, from objects, archives, scripts and the linker.
//!
//! [`resolve`] finds them, [`versions`] makes some local, [`exports`] says what other files see; [`script_symbols`] and [`linker_symbols`]
//! are definitions that are in no object.

mod commons;
pub(super) mod exports;
pub(super) mod hints;
pub(super) mod linker_symbols;
mod patterns;
pub(super) mod resolve;
pub(super) mod script_symbols;
pub(super) mod versions;
