//! What names mean: definitions for all global names, from objects, archives, scripts and the linker itself.
//!
//! [`resolve`] decides; [`versions`] changes what it decided; [`script_symbols`] and
//! [`linker_symbols`] are the definitions that no file brings.

pub mod hints;
pub mod linker_symbols;
pub mod resolve;
pub mod script_symbols;
pub mod versions;
