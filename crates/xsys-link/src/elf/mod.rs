//! The ELF linker.

pub mod arch;
pub mod attributes;
pub mod eh_frame;
pub mod exidx;
pub mod map;
