//! The ELF linker.

pub mod arch;
pub mod eh_frame;
pub mod exidx;
