//! The kernel of a Linux appliance, and what goes with it.
//!
//! Users name what they have: Debian's packages, folders, a boot partition. From that come the
//! kernel, its device trees, the modules that a machine needs in the order in which they load, and
//! firmware; with the user's programs they become an initramfs.
//!
//! - [`source`]: one view over all that was named ([`deb`]: packages are unpacked as a stream, once;
//!   boot partitions are read out of disk images).
//! - [`image`]: finds the kernel and reads from its header what it is; [`boot_files`]: device trees
//!   and firmware.
//! - [`modules`]: a kernel's modules; [`pick`]: takes those that are wanted, by what they say
//!   themselves ([`modinfo`]); [`needs`]: what each machine needs.
//! - [`tree`]: files by their paths; [`initramfs`]: the archive of them that the kernel unpacks, [`squashfs`]: a file system
//!   that it mounts.
//!
//! Whatever is read is taken for hostile: sizes are compared with what is there before memory is
//! taken, names cannot leave their package, and nothing is unpacked to paths that a package chose.

mod alias;
pub mod arch;
pub mod boot_files;
mod boot_partition;
pub mod deb;
pub mod error;
pub mod files;
mod folder;
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
