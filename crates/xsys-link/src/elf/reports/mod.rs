//! What a link tells people: checks of the finished layout, and tables that options ask for.
//!
//! Nothing here changes the output.

pub(crate) mod checks;
pub(crate) mod crossrefs;
pub(crate) mod dead;
pub(crate) mod inputs;
pub(crate) mod lost;
pub(crate) mod machine_memory;
pub(crate) mod map;
pub(crate) mod report;
pub(crate) mod script_checks;
pub(crate) mod size_limit;
pub(crate) mod stack;
pub(crate) mod usage;
