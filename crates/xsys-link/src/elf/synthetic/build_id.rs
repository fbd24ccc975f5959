//! `.note.gnu.build-id`: a number that identifies the image.
//!
//! The note is placed like an input section; the number is filled in when everything else is written.
//! Spec: gABI, "Note Section"; GNU ld manual, `--build-id`.

use object::elf;
use rayon::prelude::*;

use super::put::Words;
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};
use crate::options::BuildId;

/// Bytes before the id: three words and `GNU`.
pub(crate) const HEADER: u64 = 16;

const NT_GNU_BUILD_ID: u32 = 3;

/// Bytes of an id of this kind.
fn length(kind: &BuildId) -> usize {
    match kind {
        BuildId::None => 0,
        BuildId::Fast => 8,
        BuildId::Sha1 => 20,
        BuildId::Md5 => 16,
        BuildId::Hex(bytes) => bytes.len(),
    }
}

/// Adds the note, where there is an id.
pub(super) fn add(sections: &mut Sections, kind: &BuildId) {
    let bytes = length(kind) as u64;
    if bytes == 0 {
        return;
    }
    sections.add(Synthetic {
        kind: SyntheticKind::BuildId,
        name: ".note.gnu.build-id".to_owned(),
        sh_type: elf::SHT_NOTE.0,
        flags: elf::SHF_ALLOC.0,
        align: 4,
        entsize: 0,
        size: HEADER + bytes.next_multiple_of(4),
        link: None,
    });
}

/// Writes the note without the id.
pub(crate) fn write(words: Words, out: &mut [u8]) {
    let descsz = out.len() as u32 - HEADER as u32;
    for (at, value) in [(0, 4), (4, descsz), (8, NT_GNU_BUILD_ID)] {
        words.put32(out, at, value);
    }
    out[12..16].copy_from_slice(b"GNU\0");
}

/// The id: a hash of the finished file; `--build-id=0x…` is taken as it is.
pub(crate) fn of(bytes: &[u8], kind: &BuildId) -> Vec<u8> {
    if let BuildId::Hex(hex) = kind {
        return hex.clone();
    }
    let mut digest = content_digest(bytes);
    digest.truncate(length(kind));
    digest
}

/// SHA-256 over the SHA-256 of 1 MiB blocks, so that all cores take part. Which hash it is does not
/// matter, as long as only equal files get equal ids.
fn content_digest(bytes: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let blocks: Vec<_> = bytes.par_chunks(1 << 20).map(Sha256::digest).collect();
    let mut hasher = Sha256::new();
    for block in blocks {
        hasher.update(block);
    }
    hasher.finalize().to_vec()
}
