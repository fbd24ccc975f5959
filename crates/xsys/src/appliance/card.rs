//! What files of a card are called, on it and beside its image.

/// Names on a boot partition.
pub(super) const INITRAMFS: &str = "initramfs.gz";
pub(super) const ROOT_IMAGE: &str = "root.squashfs";
pub(super) const CMDLINE: &str = "cmdline.txt";
pub(super) const CONFIG: &str = "config.txt";

/// The manifest there, and what its copy beside the image ends with.
pub(super) const MANIFEST: &str = "manifest.json";

/// What the list of software ends with.
pub(super) const SOFTWARE: &str = "sbom.json";

/// What the copies of cards end with that are used in QEMU, and the log of a test.
pub(super) const CARD: &str = "card";
pub(super) const TEST_CARD: &str = "test.card";
pub(super) const LOG: &str = "log";
pub(super) const ENDINGS: [&str; 3] = [CARD, TEST_CARD, LOG];
