//! What files of a card are called, on it and beside its image.

/// Names on a boot partition.
pub const INITRAMFS: &str = "initramfs.gz";
pub const ROOT_IMAGE: &str = "root.squashfs";
pub const CMDLINE: &str = "cmdline.txt";
pub const CONFIG: &str = "config.txt";

/// The manifest there, and what its copy beside the image ends with.
pub const MANIFEST: &str = "manifest.json";

/// What the list of software ends with.
pub const SOFTWARE: &str = "sbom.json";

/// What the copies of cards end with that are used in QEMU, and the log of a test.
pub const CARD: &str = "card";
pub const TEST_CARD: &str = "test.card";
pub const LOG: &str = "log";
pub const ENDINGS: [&str; 3] = [CARD, TEST_CARD, LOG];
