//! Which sections are in the output, and why.

pub(crate) mod gc;
pub(crate) mod reasons;
