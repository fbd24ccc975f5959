//! Function bodies that are made smaller: what the pass [`shorten`](crate::wasm::relocate::shorten) leaves of them,
//! and cheaper structure.

pub(crate) mod shortened;
pub(crate) mod tidy;
