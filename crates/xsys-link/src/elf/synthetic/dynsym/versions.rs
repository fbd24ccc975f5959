//! `.gnu.version`, `.gnu.version_d`, `.gnu.version_r`: the versions of dynamic symbols.
//!
//! The output defines the versions that its version script names, and needs those under which libraries define what
//! it imports. Both share one row of numbers: 0 is local, 1 is no version, then come its own, then those it needs.
//!
//! Spec: LSB "Symbol Versioning".

use object::elf;

use super::super::put::Words;
use super::hash;
use super::strings::Strings;
use crate::elf::names::Map;
use crate::elf::symbols::resolve::{Definition, Resolution, Symbol};
use crate::elf::symbols::versions::FIRST_VERSION;

/// A version that the output defines.
pub(super) struct Defined {
    name: u32,
    hash: u32,
    /// Names of the versions that it builds on.
    parents: Vec<u32>,
    /// VER_FLG_BASE: it stands for the file.
    base: bool,
}

/// A library, and the versions of it that the output needs.
pub(super) struct Needed {
    file: u32,
    soname: u32,
    /// (hash, name in `.dynstr`, index)
    versions: Vec<(u32, u32, u16)>,
}

/// All versions of the output.
#[derive(Default)]
pub(super) struct Versions {
    pub defined: Vec<Defined>,
    pub needed: Vec<Needed>,
    /// For each dynamic symbol its version.
    pub of_symbols: Vec<u16>,
    /// For each library whether the output does without it: it needs no versions of such a one either.
    pub left_out: Vec<bool>,
    indexes: Map<(u32, u16), u16>,
}

impl Versions {
    /// Whether there is anything to write.
    pub(super) fn are_used(&self) -> bool {
        !self.defined.is_empty() || !self.needed.is_empty()
    }

    /// The versions that a script names; `file` is what the base version is called.
    pub(super) fn define<'s>(
        &mut self,
        nodes: impl Iterator<Item = (&'s str, Vec<&'s str>)>,
        file: &'s [u8],
        strings: &mut Strings<'s>,
    ) {
        let own: Vec<_> = nodes.collect();
        if own.is_empty() {
            return;
        }
        self.defined.push(Defined {
            name: strings.add(file),
            hash: hash::sysv(file),
            parents: Vec::new(),
            base: true,
        });
        for (name, parents) in own {
            self.defined.push(Defined {
                name: strings.add(name.as_bytes()),
                hash: hash::sysv(name.as_bytes()),
                parents: parents
                    .into_iter()
                    .map(|parent| strings.add(parent.as_bytes()))
                    .collect(),
                base: false,
            });
        }
    }

    /// The version of an imported symbol, which joins those that are needed.
    pub(super) fn need<'s>(
        &mut self,
        resolution: &Resolution<'s>,
        symbol: &Symbol<'s>,
        strings: &mut Strings<'s>,
    ) -> u16 {
        let Definition::Shared { file, index } = symbol.definition else {
            return elf::VER_NDX_GLOBAL.0;
        };
        let library = &resolution.shared[file as usize];
        let version = library.symbols[index as usize].version;
        if self.left_out.get(file as usize) == Some(&true) {
            return elf::VER_NDX_GLOBAL.0;
        }
        let Some(name) = library.version_name(version) else {
            return elf::VER_NDX_GLOBAL.0;
        };
        let defined = self.defined.len().saturating_sub(1) as u16;
        let next = FIRST_VERSION + defined + self.indexes.len() as u16;
        let index = *self.indexes.entry((file, version)).or_insert(next);
        if index == next {
            let known = self.needed.iter_mut().find(|needed| needed.file == file);
            let entry = (hash::sysv(name), strings.add(name), index);
            match known {
                Some(needed) => needed.versions.push(entry),
                None => self.needed.push(Needed {
                    file,
                    soname: strings.add(library.soname),
                    versions: vec![entry],
                }),
            }
        }
        index
    }

    /// Bytes of `.gnu.version_d`.
    pub(super) fn defined_size(&self) -> u64 {
        let own = self.defined.iter();
        own.map(|d| 20 + 8 * (1 + d.parents.len() as u64)).sum()
    }

    /// Bytes of `.gnu.version_r`.
    pub(super) fn needed_size(&self) -> u64 {
        let needed = self.needed.iter();
        needed.map(|n| 16 + 16 * n.versions.len() as u64).sum()
    }

    /// Writes `.gnu.version`.
    pub(super) fn write_symbols(&self, words: Words, out: &mut [u8]) {
        for (index, version) in self.of_symbols.iter().enumerate() {
            put16(words, out, 2 * index, *version);
        }
    }

    /// Writes `.gnu.version_d`.
    pub(super) fn write_defined(&self, words: Words, out: &mut [u8]) {
        let mut at = 0;
        for (position, defined) in self.defined.iter().enumerate() {
            let count = 1 + defined.parents.len();
            let size = 20 + 8 * count;
            let flags = if defined.base { elf::VER_FLG_BASE.0 } else { 0 };
            let last = position + 1 == self.defined.len();
            put16(words, out, at, 1);
            put16(words, out, at + 2, flags);
            put16(words, out, at + 4, position as u16 + 1);
            put16(words, out, at + 6, count as u16);
            words.put32(out, at + 8, defined.hash);
            words.put32(out, at + 12, 20);
            words.put32(out, at + 16, if last { 0 } else { size as u32 });
            let names = std::iter::once(&defined.name).chain(&defined.parents);
            for (index, name) in names.enumerate() {
                let place = at + 20 + 8 * index;
                words.put32(out, place, *name);
                words.put32(out, place + 4, if index + 1 == count { 0 } else { 8 });
            }
            at += size;
        }
    }

    /// Writes `.gnu.version_r`.
    pub(super) fn write_needed(&self, words: Words, out: &mut [u8]) {
        let mut at = 0;
        for (position, needed) in self.needed.iter().enumerate() {
            let count = needed.versions.len();
            let size = 16 + 16 * count;
            let last = position + 1 == self.needed.len();
            put16(words, out, at, 1);
            put16(words, out, at + 2, count as u16);
            words.put32(out, at + 4, needed.soname);
            words.put32(out, at + 8, 16);
            words.put32(out, at + 12, if last { 0 } else { size as u32 });
            for (number, (hash, name, index)) in needed.versions.iter().enumerate() {
                let place = at + 16 + 16 * number;
                words.put32(out, place, *hash);
                put16(words, out, place + 4, 0);
                put16(words, out, place + 6, *index);
                words.put32(out, place + 8, *name);
                words.put32(out, place + 12, if number + 1 == count { 0 } else { 16 });
            }
            at += size;
        }
    }
}

fn put16(words: Words, out: &mut [u8], at: usize, value: u16) {
    use object::Endian as _;
    out[at..at + 2].copy_from_slice(&words.endian.write_u16(value));
}
