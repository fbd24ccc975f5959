//! `.dynstr`: the names of the dynamic section and of dynamic symbols, each once.

use crate::elf::names::Map;

/// The table under construction.
pub(super) struct Strings<'s> {
    bytes: Vec<u8>,
    known: Map<&'s [u8], u32>,
}

impl<'s> Strings<'s> {
    /// The empty name alone.
    pub(super) fn new() -> Self {
        let mut known = Map::default();
        known.insert(&b""[..], 0);
        Self {
            bytes: vec![0],
            known,
        }
    }

    /// The offset of a name.
    pub(super) fn add(&mut self, name: &'s [u8]) -> u32 {
        let bytes = &mut self.bytes;
        *self.known.entry(name).or_insert_with(|| {
            let at = bytes.len() as u32;
            bytes.extend_from_slice(name);
            bytes.push(0);
            at
        })
    }

    /// The whole table.
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
