//! The relocations of a section.
//!
//! Problem: REL and RELA, two classes and two byte orders make eight formats of the same table. Tables stay in the
//! file, and an entry is decoded when it is needed.
//!
//! Spec: System V gABI, "Relocation".

use object::Endianness;
use object::elf;
use object::read::elf::{Rel as _, Rela as _};

/// One relocation; `addend` is `None` for REL tables (it stands at the place).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reloc {
    /// Offset in the section.
    pub offset: u64,
    /// Relocation number.
    pub r_type: u32,
    /// Index in the file's symbol table.
    pub symbol: u32,
    /// The explicit addend.
    pub addend: Option<i64>,
}

/// A relocation table, decoded an entry at a time.
#[derive(Clone, Copy)]
pub(crate) struct RelocTable<'a> {
    raw: RawRelocs<'a>,
    endian: Endianness,
}

/// The entries as they stand in the file.
#[derive(Clone, Copy)]
pub(super) enum RawRelocs<'a> {
    None,
    Rel32(&'a [elf::Rel32<Endianness>]),
    Rela32(&'a [elf::Rela32<Endianness>]),
    Rel64(&'a [elf::Rel64<Endianness>]),
    Rela64(&'a [elf::Rela64<Endianness>]),
}

impl<'a> RelocTable<'a> {
    /// The table of an object.
    pub(super) fn new(raw: RawRelocs<'a>, endian: Endianness) -> Self {
        Self { raw, endian }
    }

    /// A table without entries.
    pub(crate) const EMPTY: Self = Self {
        raw: RawRelocs::None,
        endian: Endianness::Little,
    };

    /// Number of entries.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self.raw {
            RawRelocs::None => 0,
            RawRelocs::Rel32(table) => table.len(),
            RawRelocs::Rela32(table) => table.len(),
            RawRelocs::Rel64(table) => table.len(),
            RawRelocs::Rela64(table) => table.len(),
        }
    }

    /// No entries.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Addends stand in the table, not at the places.
    pub(crate) fn has_addends(&self) -> bool {
        matches!(self.raw, RawRelocs::Rela32(_) | RawRelocs::Rela64(_))
    }

    /// The entry at `index`, which must be below [`len`](Self::len).
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Reloc {
        let endian = self.endian;
        match self.raw {
            RawRelocs::None => Reloc {
                offset: 0,
                r_type: 0,
                symbol: 0,
                addend: None,
            },
            RawRelocs::Rel32(table) => {
                let r = &table[index];
                Reloc {
                    offset: u64::from(r.r_offset(endian)),
                    r_type: r.r_type(endian).0,
                    symbol: r.r_sym(endian),
                    addend: None,
                }
            }
            RawRelocs::Rela32(table) => {
                let r = &table[index];
                Reloc {
                    offset: u64::from(r.r_offset(endian)),
                    r_type: r.r_type(endian).0,
                    symbol: r.r_sym(endian),
                    addend: Some(i64::from(r.r_addend(endian))),
                }
            }
            RawRelocs::Rel64(table) => {
                let r = &table[index];
                Reloc {
                    offset: r.r_offset(endian),
                    r_type: r.r_type(endian).0,
                    symbol: r.r_sym(endian),
                    addend: None,
                }
            }
            RawRelocs::Rela64(table) => {
                let r = &table[index];
                Reloc {
                    offset: r.r_offset(endian),
                    r_type: r.r_type(endian, false).0,
                    symbol: r.r_sym(endian, false),
                    addend: Some(r.r_addend(endian)),
                }
            }
        }
    }

    /// All entries in file order.
    #[inline]
    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = Reloc> + 'a {
        (0..self.len()).map(move |index| self.get(index))
    }
}
