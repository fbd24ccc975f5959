//! Fleets: many devices from one file, `fleet.toml` ([`description`], [`layers`]).
//!
//! A device is an appliance (`appliance/`), whose description comes from several tables. Everything is checked before
//! anything is compiled ([`prepare`]); then cargo builds each program once for each target ([`compile`]), and each card
//! is stamped from what its kind shares and what is its own ([`build`]). If one device is broken, the others are still
//! made ([`told`]). Files of devices that were removed from fleet.toml are removed ([`removed`]).

pub(crate) mod build;
mod compile;
pub(crate) mod description;
mod layers;
pub(crate) mod places;
pub(crate) mod prepare;
mod removed;
pub(crate) mod summary;
pub(crate) mod told;
