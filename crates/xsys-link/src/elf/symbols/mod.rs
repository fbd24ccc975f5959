//! What names mean: definitions for all global names, from objects, archives, scripts and the linker itself.
//!
//! [`resolve`] decides; [`versions`] changes what it decided; [`script_symbols`] and
//! [`linker_symbols`] are the definitions that no file brings. [`refs`] follows a relocation's symbol.

pub mod hints;
pub mod linker_symbols;
pub mod refs;
pub mod resolve;
pub mod script_symbols;
pub mod versions;
