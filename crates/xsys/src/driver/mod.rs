//! From a project and a target to finished files: what happens around cargo.
//!
//! 1. The project ([`crate::project`]), the toolchain and the targets that are asked for: [`which`].
//! 2. [`plan`]: target, crate set, panic strategy, images, how to run; [`defaults`] where nothing is said.
//!    [`linking`]: who links, what it is told, and rustc's flags.
//!    [`library_flags`], [`build_std`]: what of it the standard library gets.
//! 3. The sysroot is ensured (`xsys-sysroot`).
//! 4. [`link_inputs`]: programs whose scripts have changed go; [`unstable`] and [`artifacts`]: what cargo calls in
//!    rustc's place.
//! 5. [`cargo`] builds; rustc calls us back as its linker ([`crate::linker`]), cargo as its runner ([`crate::runner`]).
//! 6. Images are made beside the ELF files ([`crate::images`]), and [`report`] closes with sizes and times.

pub(crate) mod any_cargo;
pub(crate) mod artifacts;
pub(crate) mod build_std;
pub(crate) mod cargo;
pub(crate) mod clean;
pub(crate) mod defaults;
mod host_linker;
pub(crate) mod library_flags;
pub(crate) mod link_inputs;
pub(crate) mod linking;
mod lost_records;
pub(crate) mod plain_cargo;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod unstable;
pub(crate) mod which;
