#![cfg_attr(not(test), no_std)]
//! The usual way to have tests on the host.
