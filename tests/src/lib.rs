//! The test harness: builds, links and runs real programs, those of `tests/cases`.

pub mod day;
pub mod dynamic;
pub mod dynamic_pairs;
pub mod embedded;
pub mod follow;
pub mod helps;
pub mod house;
pub mod link;
pub mod order;
pub mod project;
pub mod project_text;
pub mod project_trace;
pub mod shown;
pub mod wasm;
pub mod wasm_diff;
