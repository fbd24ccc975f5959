//! `.note.gnu.property`: the properties that the image has as a whole, ascending by number.
//!
//! Which they are was found when the objects were compared (`load/properties`).
//! Spec: "Linux Extensions to gABI", Program Property.

use object::elf;

use super::put::Words;
use crate::elf::arch::Arch;
use crate::elf::load::properties::{NAME, NOTE_TYPE, Properties};
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};

/// Bytes before the properties: three words and `GNU`.
const HEADER: usize = 16;

/// Bytes of a property: two words and the value, padded.
fn entry_size(word: usize) -> usize {
    8 + 4usize.next_multiple_of(word)
}

/// Adds the note, where there are properties.
pub(super) fn add(arch: &dyn Arch, sections: &mut Sections, properties: &Properties) {
    if properties.is_empty() {
        return;
    }
    let word = super::word(arch);
    sections.add(Synthetic {
        kind: SyntheticKind::Property,
        name: NAME.to_owned(),
        sh_type: elf::SHT_NOTE.0,
        flags: elf::SHF_ALLOC.0,
        align: word,
        entsize: 0,
        size: (HEADER + properties.len() * entry_size(word as usize)) as u64,
        link: None,
    });
}

/// Writes the note.
pub(crate) fn write(words: Words, properties: &Properties, out: &mut [u8]) {
    let descsz = (out.len() - HEADER) as u32;
    for (at, value) in [(0, 4), (4, descsz), (8, NOTE_TYPE)] {
        words.put32(out, at, value);
    }
    out[12..16].copy_from_slice(b"GNU\0");
    let size = entry_size(words.size());
    for ((number, value), entry) in properties.iter().zip(out[HEADER..].chunks_exact_mut(size)) {
        words.put32(entry, 0, *number);
        words.put32(entry, 4, 4);
        words.put32(entry, 8, *value);
    }
}
