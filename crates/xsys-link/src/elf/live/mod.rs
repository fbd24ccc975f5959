//! Which sections are in the output, and why: `--gc-sections` is [`gc`].

pub(crate) mod gc;
pub(crate) mod reasons;
