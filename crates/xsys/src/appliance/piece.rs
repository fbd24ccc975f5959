//! Bytes that go onto cards, and their digests.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use xsys_image::digest::hex;

/// Bytes that several cards share, with their digest.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub bytes: Arc<[u8]>,
    pub sha256: String,
}

/// A digest as text.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

impl Piece {
    pub(crate) fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Self {
            sha256: digest(&bytes),
            bytes,
        }
    }
}
