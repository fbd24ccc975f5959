//! Fields of ELF headers in both classes and byte orders (gABI, "ELF Header" to "Symbol Table").

/// Class and byte order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub wide: bool,
    pub big: bool,
}

/// A place in a header: where it is in the small class and in the wide one, and its size there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    narrow: (usize, usize),
    wide: (usize, usize),
}

const fn field(narrow: (usize, usize), wide: (usize, usize)) -> Field {
    Field { narrow, wide }
}

pub(super) const E_TYPE: Field = field((16, 2), (16, 2));
pub(super) const E_PHOFF: Field = field((28, 4), (32, 8));
pub(super) const E_SHOFF: Field = field((32, 4), (40, 8));
pub(super) const E_PHENTSIZE: Field = field((42, 2), (54, 2));
pub(super) const E_PHNUM: Field = field((44, 2), (56, 2));
pub(super) const E_SHNUM: Field = field((48, 2), (60, 2));
pub(super) const E_SHSTRNDX: Field = field((50, 2), (62, 2));

pub(super) const P_OFFSET: Field = field((4, 4), (8, 8));
pub(super) const P_FILESZ: Field = field((16, 4), (32, 8));

pub(super) const SH_NAME: Field = field((0, 4), (0, 4));
pub(super) const SH_TYPE: Field = field((4, 4), (4, 4));
pub(super) const SH_FLAGS: Field = field((8, 4), (8, 8));
pub(super) const SH_OFFSET: Field = field((16, 4), (24, 8));
pub(super) const SH_SIZE: Field = field((20, 4), (32, 8));
pub(super) const SH_LINK: Field = field((24, 4), (40, 4));
pub(super) const SH_INFO: Field = field((28, 4), (44, 4));
pub(super) const SH_ADDRALIGN: Field = field((32, 4), (48, 8));

pub(super) const ST_SHNDX: Field = field((14, 2), (6, 2));

impl Shape {
    /// Of a file that begins with ELF's magic number.
    pub(super) fn of(content: &[u8]) -> Option<Self> {
        let wide = match content.get(4)? {
            1 => false,
            2 => true,
            _ => return None,
        };
        let big = match content.get(5)? {
            1 => false,
            2 => true,
            _ => return None,
        };
        Some(Self { wide, big })
    }

    pub(super) fn header_size(self) -> usize {
        if self.wide { 64 } else { 52 }
    }

    pub(super) fn section_size(self) -> usize {
        if self.wide { 64 } else { 40 }
    }

    pub(super) fn symbol_size(self) -> usize {
        if self.wide { 24 } else { 16 }
    }

    fn place(self, field: Field) -> (usize, usize) {
        if self.wide { field.wide } else { field.narrow }
    }

    pub(super) fn get(self, header: &[u8], field: Field) -> Option<u64> {
        let (at, size) = self.place(field);
        let bytes = header.get(at..at + size)?;
        let add = |value: u64, &byte: &u8| value << 8 | u64::from(byte);
        Some(match self.big {
            true => bytes.iter().fold(0, add),
            false => bytes.iter().rev().fold(0, add),
        })
    }

    /// Writes a field of a header that is there.
    pub(super) fn put(self, header: &mut [u8], field: Field, value: u64) {
        let (at, size) = self.place(field);
        let Some(bytes) = header.get_mut(at..at + size) else {
            return;
        };
        for (place, byte) in bytes.iter_mut().enumerate() {
            let shift = if self.big { size - 1 - place } else { place };
            *byte = (value >> (shift * 8)) as u8;
        }
    }
}
