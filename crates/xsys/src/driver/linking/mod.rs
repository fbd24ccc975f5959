//! Who links, and what the linker is told.
//!
//! [`user_flags`] are the user's own, [`choice`] decides ([`question`], [`missing`], and [`survey`] for those who only ask),
//! [`scripts`] finds what board and manifest name ([`board_files`], [`memory_layout`]), [`arguments`] writes it down,
//! [`front`] puts us in front of others' linkers, and [`rustflags`] joins all of it for rustc.

pub(crate) mod arguments;
pub(crate) mod board_files;
pub(crate) mod choice;
pub(crate) mod front;
pub(crate) mod memory_layout;
pub(crate) mod missing;
pub(crate) mod question;
pub(crate) mod rustflags;
pub(crate) mod scripts;
pub(crate) mod survey;
pub(crate) mod user_flags;
