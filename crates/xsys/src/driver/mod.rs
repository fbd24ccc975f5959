//! From a project and a target to finished files: what happens around cargo.
//!
//! 1. [`project`]: which manifests, what their `[package.metadata.xsys]` says ([`settings`]), and which
//!    [`members`] are built together; [`cargo_config`]: what cargo's configuration says.
//! 2. [`plan`]: toolchain, target, crate set, panic strategy, images, how to run.
//!    [`linker_choice`]: who links, and whether that can end well.
//!    [`profile`], [`library_flags`], [`build_std`]: what of it the standard library gets.
//! 3. The sysroot is ensured (`xsys-sysroot`).
//! 4. [`rustflags`]: the user's own ([`user_flags`]), ours on top; [`linker_front`]: we in front of others' linkers;
//!    [`link_inputs`]: programs whose scripts have changed go.
//! 5. [`cargo`] builds; rustc calls us back as its linker.
//! 6. [`messages`] shows what the linker had to say, [`emit`] makes images beside the ELF files, [`report`] closes with sizes and times.
//! 7. [`run`] starts the program; cargo calls us back as its runner.

pub mod any_cargo;
pub mod artifacts;
pub mod board_files;
pub mod build_std;
pub mod cargo;
pub mod cargo_config;
pub mod clean;
pub mod defaults;
pub mod editor;
pub mod emit;
pub mod gdb;
pub mod image_places;
pub mod jsonc;
pub mod launch;
pub mod library_flags;
pub mod link_arguments;
pub mod link_inputs;
pub mod linker_choice;
pub mod linker_front;
pub mod linker_missing;
pub mod linker_question;
pub mod linker_survey;
mod loader;
mod lost_records;
pub mod manifest_edit;
pub mod members;
pub mod memory_layout;
pub mod messages;
mod missing_script;
pub mod plain_cargo;
pub mod plan;
pub mod profile;
pub mod project;
pub mod report;
pub mod run;
pub mod rustflags;
pub mod scripts;
pub mod settings;
mod start_code;
pub mod trim_paths;
pub mod unstable;
pub mod user_flags;
pub mod verb;
pub mod watch;
pub mod web;
pub mod which;
