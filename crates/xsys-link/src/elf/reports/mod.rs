//! What a link tells people: checks of the finished layout, and tables that options ask for.
//!
//! Nothing here changes the output.

pub mod checks;
pub mod crossrefs;
pub mod dead;
pub mod inputs;
pub mod lost;
pub mod machine_memory;
pub mod map;
pub mod report;
pub mod script_checks;
pub mod size_limit;
pub mod stack;
pub mod usage;
