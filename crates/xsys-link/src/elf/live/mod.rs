//! Which sections are in the output, and why.

pub mod gc;
pub mod reasons;
