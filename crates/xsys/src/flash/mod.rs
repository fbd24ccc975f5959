//! `xsys flash`: writes an image to a card.
//!
//! Writing to the wrong disk cannot be undone. So a disk is examined first ([`devices`]): one that is mounted, that
//! contains the running system, or that is too large to be a card is refused. What is written is read back and compared
//! ([`copy`]).

pub(crate) mod copy;
pub(crate) mod devices;
