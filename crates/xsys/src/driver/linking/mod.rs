//! Who links, and what the linker is told.
//!
//! [`user_flags`] are the user's own, [`choice`] decides ([`question`], [`missing`], and [`survey`] for those who only ask),
//! [`scripts`] finds what board and manifest name ([`board_files`], [`memory_layout`]), [`arguments`] writes it down,
//! [`front`] puts us in front of others' linkers, and [`rustflags`] joins all of it for rustc.

pub mod arguments;
pub mod board_files;
pub mod choice;
pub mod front;
pub mod memory_layout;
pub mod missing;
pub mod question;
pub mod rustflags;
pub mod scripts;
pub mod survey;
pub mod user_flags;
