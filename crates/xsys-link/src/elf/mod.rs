//! The ELF linker.

pub mod arch;
