//! The `reloc.*` sections, checked and dealt out to the chunks that they are about.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md`, "Relocation Sections".

use wasmparser::{RelocationEntry, RelocationType};

use crate::wasm::reloc::{self, Keeper, Kept, Reader, Relocs, Value};
use super::sections::Section;
use super::{DebugRelocs, Function, ObjectFile, ObjectSymbol, Parsed, Problem, Segment, text};
use crate::wasm::ids::SymbolKind;

fn malformed(at: usize) -> String {
    format!("a relocation at {at:#x} of its list is malformed")
}

fn outside(offset: usize) -> String {
    format!("a relocation at {offset:#x} is outside of its section")
}

/// Entries of one section have to ascend and must not overlap.
#[derive(Default)]
struct Order {
    end: usize,
}

impl Order {
    /// Where an entry's field is.
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

/// What is known of an object when the relocations of its chunks are looked at.
struct Dealing<'s, 'a> {
    /// Where each chunk's fields can be: start and end. They ascend.
    extents: &'s [(u32, u32)],
    kinds: &'s [SymbolKind],
    types: usize,
    symbols: &'s mut [ObjectSymbol<'a>],
}

impl Dealing<'_, '_> {
    /// Decodes so many entries: what is kept of them, and where that ends for each chunk. `None` where
    /// anything is wrong: nearly all files are right, and what is wrong is found out in a second look.
    #[inline(never)]
    fn deal(&mut self, bytes: &[u8], count: usize) -> Option<(Vec<Kept>, Vec<u32>)> {
        // An entry takes three bytes at least; few take two places.
        let most = count.min(bytes.len() / 3);
        let mut kept = Vec::with_capacity(most + most / 4);
        let mut ends = Vec::with_capacity(self.extents.len() + 1);
        let mut extents = self.extents.iter();
        // From where to where the next field can be.
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
        // The first chunk ends where the second one starts.
        ends.resize(self.extents.len() + 1, kept.len() as u32);
        ends.remove(0);
        Some((kept, ends))
    }
}

/// Who is shown the relocations of a section.
pub trait Visitor {
    /// One of them.
    fn one(&mut self, entry: &RelocationEntry);
    /// All that come next and are [alike](Reader::alike).
    fn many(&mut self, sample: &RelocationEntry, reader: &mut Reader<'_>);
}

/// Relocations are only checked.
struct Nobody;

impl Visitor for Nobody {
    fn one(&mut self, _: &RelocationEntry) {}

    fn many(&mut self, _: &RelocationEntry, reader: &mut Reader<'_>) {
        reader.alike(|_, _| {});
    }
}

impl<'a> ObjectFile<'a> {
    /// Goes through the relocations of a custom section and checks them: those of debug information
    /// are [left unchecked](DebugRelocs::Deferred) where it is read entry by entry later. What has
    /// been handed out is worth nothing where one of them turns out to be wrong, so `visitor` must not
    /// rely on its being right.
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
        // Nearly all files are right: what is wrong is found out in a second look.
        let mut right = true;
        let mut reader = reloc::Reader::new(bytes);
        loop {
            // The sample has been looked at.
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

    /// Checks the relocations of a section of a size one by one.
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

    /// Gives each chunk its slice of a relocation section.
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
        // Extents of the target's chunks, ascending, to be met by the ascending relocations.
        let extents: Vec<(u32, u32)> = if Some(target) == code {
            let extent =
                |f: &Function<'_>| (f.offset + f.size_len, f.offset + f.bytes.len() as u32);
            self.functions.iter().map(extent).collect()
        } else if Some(target) == data {
            let extent = |s: &Segment<'_>| (s.offset, s.offset + s.data.len() as u32);
            self.segments.iter().map(extent).collect()
        } else {
            // Relocations of a section that was dropped.
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
                    DebugRelocs::Checked => self.each_encoded(entries, size, &mut Nobody),
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

    /// What is wrong with the relocations of chunks.
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

    /// Whether an entry names something that its type can refer to.
    #[inline]
    fn check_reloc(&self, entry: &RelocationEntry) -> Parsed<()> {
        match self.kinds.get(entry.index as usize) {
            Some(&kind) if reloc::row(entry.ty).takes(kind) => Ok(()),
            _ => self.check_type_reloc(entry),
        }
    }

    /// The rest: types are in a list of their own.
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
