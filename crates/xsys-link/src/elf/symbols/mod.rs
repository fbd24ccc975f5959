//! What names mean: definitions for all global names, from objects, archives, scripts and the linker itself.
//!
//! [`resolve`] decides; [`versions`] changes what it decided; [`script_symbols`] and
//! [`linker_symbols`] are the definitions that no file brings.

mod commons;
pub(super) mod hints;
pub(super) mod linker_symbols;
pub(super) mod resolve;
pub(super) mod script_symbols;
pub(super) mod versions;
