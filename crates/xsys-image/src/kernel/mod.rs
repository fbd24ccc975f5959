//! The kernel of a Linux appliance, and what belongs to it.
//!
//! Users name what they have: Debian's packages, directories, a boot partition. From these come the kernel, its device
//! trees, firmware, and the modules that a machine needs, in the order in which they load; with the user's programs
//! they become an initramfs.
//!
//! - [`source`]: one view over all that was named ([`deb`]: packages are unpacked once, as a stream; boot partitions
//!   are read out of disk images).
//! - [`image`]: finds the kernel and reads from its header what it is; [`boot_files`]: device trees and firmware.
//! - [`modules`]: a kernel's modules; [`pick`]: takes those that are wanted, by what they say about themselves
//!   ([`modinfo`]); [`needs`]: what each machine needs.
//! - [`tree`]: files by their paths; [`initramfs`]: the archive of them that the kernel unpacks, [`squashfs`]: a file
//!   system that it mounts.
//!
//! All input is treated as hostile: sizes are compared with what is there before memory is allocated, names cannot
//! leave their package, and nothing is unpacked to paths that a package chose.

mod alias;
pub mod arch;
pub mod boot_files;
mod boot_partition;
pub mod deb;
mod directory;
pub mod error;
pub mod files;
mod header;
pub mod image;
pub mod initramfs;
mod kept;
pub mod modinfo;
pub mod modules;
pub mod needs;
pub mod pick;
pub mod source;
pub mod squashfs;
mod tarball;
pub mod tree;

pub use arch::Arch;
pub use error::Error;
pub use source::Source;
