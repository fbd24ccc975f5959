//! `xsys flash`: an image onto a card.
//!
//! The wrong disk is the one mistake that nobody can take back. So a disk is looked at first ([`devices`]): one that is
//! mounted, that the running system is on, or that is too large to be a card is refused. What is written is read back
//! and compared ([`copy`]).

pub(crate) mod copy;
pub(crate) mod devices;
