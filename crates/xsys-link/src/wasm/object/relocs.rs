//! The `reloc.*` sections: their entries are checked and distributed to functions, segments and custom sections.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md`, "Relocation Sections".

use wasmparser::{RelocationEntry, RelocationType};

use super::sections::Section;
use super::{DebugRelocs, Function, ObjectFile, ObjectSymbol, Parsed, Problem, Segment, text};
use crate::wasm::ids::SymbolKind;
use crate::wasm::reloc::{self, Keeper, Kept, Reader, Relocs, Value};

fn malformed(at: usize) -> String {
    format!("a relocation at {at:#x} of its list is malformed")
}

fn outside(offset: usize) -> String {
    format!("a relocation at {offset:#x} is outside of its section")
}

/// Checks that entries of a section ascend and do not overlap.
#[derive(Default)]
struct Order {
    end: usize,
}

impl Order {
    /// Start and end of an entry's field.
    #[inline]
    fn check(&mut self, entry: &RelocationEntry) -> Parsed<(usize, usize)> {
        let offset = entry.offset as usize;
        if offset < self.end {
            return Err(format!(
                "its relocations overlap or are not in order at offset {offset:#x}"
            ));
        }
        self.end = offset + reloc::row(entry.ty).field.width();
        Ok((offset, self.end))
    }
}

/// What decoding the relocations of a section needs.
struct Dealing<'s, 'a> {
    /// The range of each chunk, ascending, in which fields can be.
    extents: &'s [(u32, u32)],
    kinds: &'s [SymbolKind],
    types: usize,
    symbols: &'s mut [ObjectSymbol<'a>],
}

impl Dealing<'_, '_> {
    /// Decodes `count` entries and returns those that are kept, and for each chunk where its entries end. `None` if
    /// anything is wrong; what it is, [`ObjectFile::fault`] finds out. Nearly all files are right.
    #[inline(never)]
    fn deal(&mut self, bytes: &[u8], count: usize) -> Option<(Vec<Kept>, Vec<u32>)> {
        // An entry takes at least three bytes in the file; few take two words in the list.
        let most = count.min(bytes.len() / 3);
        let mut kept = Vec::with_capacity(most + most / 4);
        let mut ends = Vec::with_capacity(self.extents.len() + 1);
        let mut extents = self.extents.iter();
        // The range in which the next field can be.
        let (mut floor, mut end) = (0, 0);
        let mut at = 0;
        for _ in 0..count {
            let entry = reloc::read(bytes, &mut at)?;
            let row = reloc::row(entry.ty);
            let offset = u64::from(entry.offset);
            while offset >= end {
                let &(start, until) = extents.next()?;
                ends.push(kept.len() as u32);
                (floor, end) = (u64::from(start).max(floor), u64::from(until));
            }
            let after = offset + row.field.width() as u64;
            let index = entry.index as usize;
            let known = match self.kinds.get(index) {
                Some(&kind) if row.takes(kind) => true,
                _ => row.value == Value::Type && index < self.types,
            };
            if offset < floor || after > end || !known {
                return None;
            }
            floor = after;
            if entry.ty == RelocationType::FunctionIndexLeb {
                self.symbols[index].called = true;
            }
            if !Kept::push(&mut kept, &entry) {
                return None;
            }
        }
        // So far each number is where a chunk's entries start; the end is where the next one's start.
        ends.resize(self.extents.len() + 1, kept.len() as u32);
        ends.remove(0);
        Some((kept, ends))
    }
}

/// Receives the relocations of a section.
pub trait Visitor {
    /// A single entry.
    fn one(&mut self, entry: &RelocationEntry);
    /// The entries that continue the run of `sample` ([`Reader::alike`]).
    fn many(&mut self, sample: &RelocationEntry, reader: &mut Reader<'_>);
}

/// Receives entries that are only checked.
struct CheckOnly;

impl Visitor for CheckOnly {
    fn one(&mut self, _: &RelocationEntry) {}

    fn many(&mut self, _: &RelocationEntry, reader: &mut Reader<'_>) {
        reader.alike(|_, _| {});
    }
}

impl<'a> ObjectFile<'a> {
    /// Passes the relocations of a custom section to `visitor` and checks them, if they are still unchecked
    /// ([`DebugRelocs::Deferred`]). The check ends after the last one: `visitor` must not rely on entries being
    /// correct, and if this fails, what it gathered is useless.
    #[inline]
    pub fn each_checked(&self, custom: u32, visitor: &mut impl Visitor) -> Parsed<()> {
        let Some(custom) = self.customs.get(custom as usize) else {
            return Ok(());
        };
        let Relocs::Encoded(bytes) = custom.relocs else {
            custom.relocs.iter().for_each(|entry| visitor.one(&entry));
            return Ok(());
        };
        self.each_encoded(bytes, custom.data.len(), visitor)
    }

    fn each_encoded(&self, bytes: &[u8], size: usize, visitor: &mut impl Visitor) -> Parsed<()> {
        // Nearly all files are right; only if one is not, a second pass finds out what is wrong.
        let mut right = true;
        let mut reader = reloc::Reader::new(bytes);
        loop {
            // The sample itself has been visited.
            if let Some(sample) = reader.sample() {
                visitor.many(&sample, &mut reader);
            }
            let Some(entry) = reader.one() else {
                break;
            };
            let kind = self.kinds.get(entry.index as usize);
            right &= kind.is_some_and(|&kind| reloc::row(entry.ty).takes(kind));
            visitor.one(&entry);
        }
        match right && reader.finish(size) {
            true => Ok(()),
            false => self.check_all(bytes, size),
        }
    }

    /// Checks the relocations of a section of this size one by one.
    #[cold]
    fn check_all(&self, bytes: &[u8], size: usize) -> Parsed<()> {
        let (mut at, mut order) = (0, Order::default());
        while at < bytes.len() {
            let from = at;
            let entry = reloc::read(bytes, &mut at).ok_or_else(|| malformed(from))?;
            self.check_reloc(&entry)?;
            let (offset, end) = order.check(&entry)?;
            if end > size {
                return Err(outside(offset));
            }
        }
        Ok(())
    }

    /// Decodes a relocation section and gives each chunk its part.
    pub(super) fn read_relocs(
        &mut self,
        section: &Section<'a>,
        code: Option<u32>,
        data: Option<u32>,
        debug: DebugRelocs,
        keeper: &'a Keeper,
    ) -> Parsed<()> {
        let mut reader = section.reader();
        let target = reader.read_var_u32().map_err(text)?;
        let count = reader.read_var_u32().map_err(text)?;
        let entries = section.payload.get(reader.current_position()..);
        let entries = entries.unwrap_or_default();
        // The ranges of the section's chunks, ascending as the relocations are.
        let extents: Vec<(u32, u32)> = if Some(target) == code {
            let extent =
                |f: &Function<'_>| (f.offset + f.size_len, f.offset + f.bytes.len() as u32);
            self.functions.iter().map(extent).collect()
        } else if Some(target) == data {
            let extent = |s: &Segment<'_>| (s.offset, s.offset + s.data.len() as u32);
            self.segments.iter().map(extent).collect()
        } else {
            // The section was left out.
            let Some(found) = self.custom(target) else {
                return Ok(());
            };
            let custom = &mut self.customs[found];
            if custom.name.starts_with(".debug_") {
                if debug != DebugRelocs::Ignored {
                    custom.relocs = Relocs::Encoded(entries);
                }
                let size = custom.data.len();
                return match debug {
                    DebugRelocs::Checked => self.each_encoded(entries, size, &mut CheckOnly),
                    DebugRelocs::Ignored | DebugRelocs::Deferred => Ok(()),
                };
            }
            vec![(0, custom.data.len() as u32)]
        };
        let mut dealing = Dealing {
            extents: &extents,
            kinds: &self.kinds,
            types: self.types.len(),
            symbols: &mut self.symbols,
        };
        let Some((kept, ends)) = dealing.deal(entries, count as usize) else {
            return Err(self.fault(entries, count, &extents));
        };
        let kept = keeper.keep(kept);
        let mut start = 0;
        let mut slices = ends.into_iter().map(|end| {
            let from = std::mem::replace(&mut start, end as usize);
            Relocs::Kept(&kept[from..end as usize])
        });
        let mut slice = || slices.next().unwrap_or_default();
        if Some(target) == code {
            for function in &mut self.functions {
                function.relocs = slice();
            }
        } else if Some(target) == data {
            for segment in &mut self.segments {
                segment.relocs = slice();
            }
        } else if let Some(custom) = self.custom(target) {
            self.customs[custom].relocs = slice();
        }
        Ok(())
    }

    /// Finds out what is wrong with the relocations of a section.
    #[cold]
    fn fault(&self, bytes: &[u8], count: u32, extents: &[(u32, u32)]) -> Problem {
        let (mut at, mut order) = (0, Order::default());
        let mut look = || -> Parsed<()> {
            for _ in 0..count {
                let from = at;
                let entry = reloc::read(bytes, &mut at).ok_or_else(|| malformed(from))?;
                self.check_reloc(&entry)?;
                let (offset, end) = order.check(&entry)?;
                let chunk = extents.partition_point(|&(_, end)| end as usize <= offset);
                let fits = |&(from, to): &(u32, u32)| from as usize <= offset && end <= to as usize;
                if !extents.get(chunk).is_some_and(fits) {
                    return Err(outside(offset));
                }
            }
            Ok(())
        };
        look().err().unwrap_or_else(|| {
            let count = self.symbols.len();
            format!("it has {count} symbols, of which relocations can name the first 2^26")
        })
    }

    /// Checks that an entry refers to something that its type can refer to.
    #[inline]
    fn check_reloc(&self, entry: &RelocationEntry) -> Parsed<()> {
        match self.kinds.get(entry.index as usize) {
            Some(&kind) if reloc::row(entry.ty).takes(kind) => Ok(()),
            _ => self.check_type_reloc(entry),
        }
    }

    /// The slow part: relocations of type indexes, and errors.
    fn check_type_reloc(&self, entry: &RelocationEntry) -> Parsed<()> {
        let row = reloc::row(entry.ty);
        if row.value == Value::Type {
            return self.signature(entry.index).map(drop);
        }
        match self.symbols.get(entry.index as usize) {
            Some(symbol) => Err(format!("{} cannot refer to `{}`", row.name, symbol.name)),
            None => {
                let count = self.symbols.len();
                Err(format!(
                    "{} names symbol {} of {count}",
                    row.name, entry.index
                ))
            }
        }
    }
}
