//! `--build-id`: a hash of the module in a section `build_id`.
//!
//! Spec: tool-conventions, `BuildId.md`: the section contains the length of the id and the id. The hashes are
//! wasm-ld's, so that the same module has the same id: the hash of the hashes of all blocks of 1 MiB, with SHA-1 for
//! `sha1`; for `fast` with 64-bit XXH3, as a UUID of version 5 (RFC 4122, section 4.3) in wasm-ld's own name space.

use rayon::prelude::*;
use sha1::{Digest, Sha1};
use twox_hash::XxHash3_64;

use crate::options::BuildId;
use crate::wasm::leb;

/// The name space of `fast` ids.
const NAME_SPACE: [u8; 16] = [
    0xa1, 0xfa, 0x48, 0x2d, 0x0e, 0x22, 0x03, 0x8d, 0x33, 0x8b, 0x52, 0x1c, 0xd6, 0xd2, 0x12, 0xb2,
];

const BLOCK: usize = 1 << 20;

/// Length of an id; 0 if there is none.
pub(crate) fn len(kind: &BuildId) -> usize {
    match kind {
        BuildId::None => 0,
        BuildId::Fast | BuildId::Md5 => 16,
        BuildId::Sha1 => 20,
        BuildId::Hex(bytes) => bytes.len(),
    }
}

/// The section's contents, with blanks for an id that is computed from the module. `None` if there is no section.
pub(crate) fn section(kind: &BuildId) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    leb::uleb(&mut out, len(kind) as u64);
    match kind {
        BuildId::None => return None,
        BuildId::Hex(bytes) => out.extend_from_slice(bytes),
        // wasm-ld hashes the module with blanks in place of the id.
        kind => out.resize(out.len() + len(kind), b' '),
    }
    Some(out)
}

/// Whether the id is computed from the module.
pub(crate) fn reads(kind: &BuildId) -> bool {
    !matches!(kind, BuildId::None | BuildId::Hex(_))
}

/// Computes the id and writes it to the end of the module.
pub(crate) fn fill(kind: &BuildId, module: &mut [u8]) {
    let id = match kind {
        BuildId::None | BuildId::Hex(_) => return,
        BuildId::Fast => fast(module),
        BuildId::Sha1 => sha1(module),
        BuildId::Md5 => {
            // wasm-ld has no `md5`. As for ELF, this is a cryptographic hash of the same length.
            let mut id = sha1(module);
            id.truncate(16);
            id
        }
    };
    if let Some(place) = module.len().checked_sub(id.len()) {
        module[place..].copy_from_slice(&id);
    }
}

fn sha1(module: &[u8]) -> Vec<u8> {
    let blocks: Vec<_> = module.par_chunks(BLOCK).map(Sha1::digest).collect();
    Sha1::digest(blocks.concat()).to_vec()
}

fn fast(module: &[u8]) -> Vec<u8> {
    let blocks: Vec<[u8; 8]> = module
        .par_chunks(BLOCK)
        .map(|block| XxHash3_64::oneshot(block).to_le_bytes())
        .collect();
    let hash = XxHash3_64::oneshot(&blocks.concat()).to_le_bytes();
    let mut id = Sha1::new()
        .chain_update(NAME_SPACE)
        .chain_update(hash)
        .finalize()
        .to_vec();
    id.truncate(16);
    id[6] = 0x50 | (id[6] & 0x0f);
    id[8] = 0x80 | (id[8] & 0x3f);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_at_the_end() {
        for kind in [BuildId::Fast, BuildId::Sha1, BuildId::Md5] {
            let mut module = b"module, whose last bytes are the id......".to_vec();
            let before = module.clone();
            fill(&kind, &mut module);
            let place = module.len() - len(&kind);
            assert_eq!(module[..place], before[..place]);
            assert_ne!(module[place..], before[place..]);
        }
        let hex = BuildId::Hex(vec![0xab, 0xcd]);
        assert_eq!(section(&hex).as_deref(), Some(&[2, 0xab, 0xcd][..]));
        for kind in [hex, BuildId::None] {
            let mut module = b"module...".to_vec();
            fill(&kind, &mut module);
            assert_eq!(module, b"module...");
        }
        assert_eq!(section(&BuildId::None), None);
        assert_eq!(
            section(&BuildId::Sha1).map(|section| section.len()),
            Some(21)
        );
    }

    #[test]
    fn uuids_have_version_and_variant() {
        let mut module = vec![7; 3 << 20];
        fill(&BuildId::Fast, &mut module);
        let id = &module[module.len() - 16..];
        assert_eq!((id[6] >> 4, id[8] >> 6), (5, 2));
    }
}
