//! The harness: builds, links and runs real programs (filled in by `tests/cases`).

pub mod link;
