//! Writing words in the width and the byte order of the output.

use object::{Endian, Endianness};

/// How words are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    /// ELFCLASS64
    pub is_64: bool,
    /// Byte order of the data.
    pub endian: Endianness,
}

impl Words {
    /// Bytes of a word.
    pub(crate) fn size(self) -> usize {
        if self.is_64 { 8 } else { 4 }
    }

    /// Writes an address.
    pub(crate) fn put(self, out: &mut [u8], at: usize, value: u64) {
        if self.is_64 {
            out[at..at + 8].copy_from_slice(&self.endian.write_u64(value));
        } else {
            self.put32(out, at, value as u32);
        }
    }

    /// Writes 32 bits.
    pub(crate) fn put32(self, out: &mut [u8], at: usize, value: u32) {
        out[at..at + 4].copy_from_slice(&self.endian.write_u32(value));
    }

    /// Writes addresses one after the other.
    pub(crate) fn put_all(self, out: &mut [u8], values: impl Iterator<Item = u64>) {
        for (index, value) in values.enumerate() {
            self.put(out, index * self.size(), value);
        }
    }
}
