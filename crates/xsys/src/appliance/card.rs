//! Names of files on a card and beside its image.

/// Names on a boot partition.
pub(super) const INITRAMFS: &str = "initramfs.gz";
pub(super) const ROOT_IMAGE: &str = "root.squashfs";
pub(super) const CMDLINE: &str = "cmdline.txt";
pub(super) const CONFIG: &str = "config.txt";

/// The manifest on the card, and the suffix of its copy beside the image.
pub(super) const MANIFEST: &str = "manifest.json";

/// The suffix of the list of software.
pub(super) const SOFTWARE: &str = "sbom.json";

/// The suffixes of a card's copies that QEMU uses, and of the log of a test.
pub(super) const CARD: &str = "card";
pub(super) const TEST_CARD: &str = "test.card";
pub(super) const LOG: &str = "log";
pub(super) const ENDINGS: [&str; 3] = [CARD, TEST_CARD, LOG];
