//! Function bodies that are made smaller: the result of [`shorten`](crate::wasm::relocate::shorten), and cheaper
//! structure.

pub(crate) mod shortened;
pub(crate) mod tidy;
