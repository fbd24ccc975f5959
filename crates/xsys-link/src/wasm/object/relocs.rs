//! The `reloc.*` sections, checked and dealt out to the chunks that they are about.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md`, "Relocation Sections".

use std::ops::Range;

use wasmparser::RelocationEntry;

use super::super::reloc::{self, Keeper, Kept, Reader, Relocs, Value};
use super::sections::Section;
use super::{DebugRelocs, Function, ObjectFile, Parsed, Segment, text};

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

/// The entries of a chunk: where they are in their section, and in what is kept.
#[derive(Clone, Default)]
struct Slice {
    bytes: Range<u32>,
    entries: Range<u32>,
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
        let mut at = reader.current_position();
        // Extents of the target's chunks, ascending, to be met by the ascending relocations.
        let extents: Vec<(usize, usize)> = if Some(target) == code {
            let extent = |f: &Function<'_>| {
                let start = f.offset as usize;
                (start + f.size_len as usize, start + f.bytes.len())
            };
            self.functions.iter().map(extent).collect()
        } else if Some(target) == data {
            let extent = |s: &Segment<'_>| (s.offset as usize, s.offset as usize + s.data.len());
            self.segments.iter().map(extent).collect()
        } else {
            let found = self.customs.iter().position(|c| c.index == target);
            // Relocations of a section that was dropped.
            let Some(found) = found else {
                return Ok(());
            };
            let custom = &mut self.customs[found];
            if custom.name.starts_with(".debug_") {
                let entries = section.payload.get(at..).unwrap_or_default();
                if debug != DebugRelocs::Ignored {
                    custom.relocs = Relocs::Encoded(entries);
                }
                let size = custom.data.len();
                return match debug {
                    DebugRelocs::Checked => self.each_encoded(entries, size, &mut Nobody),
                    DebugRelocs::Ignored | DebugRelocs::Deferred => Ok(()),
                };
            }
            vec![(0, custom.data.len())]
        };
        // An entry takes three bytes at least.
        let most = (count as usize).min(section.payload.len() / 3);
        let mut kept = Vec::with_capacity(most);
        let mut keeps = true;
        let mut slices = vec![Slice::default(); extents.len()];
        let (mut chunk, mut order) = (0, Order::default());
        for _ in 0..count {
            let from = at;
            let entry = reloc::read(section.payload, &mut at).ok_or_else(|| malformed(from))?;
            self.check_reloc(&entry)?;
            if entry.ty == wasmparser::RelocationType::FunctionIndexLeb {
                self.symbols[entry.index as usize].called = true;
            }
            let (offset, after) = order.check(&entry)?;
            while extents.get(chunk).is_some_and(|&(_, end)| offset >= end) {
                chunk += 1;
            }
            let inside = extents
                .get(chunk)
                .is_some_and(|&(start, end)| start <= offset && after <= end);
            if !inside {
                return Err(outside(offset));
            }
            let slice = &mut slices[chunk];
            if slice.bytes.is_empty() {
                (slice.bytes.start, slice.entries.start) = (from as u32, kept.len() as u32);
            }
            keeps &= Kept::push(&mut kept, &entry);
            (slice.bytes.end, slice.entries.end) = (at as u32, kept.len() as u32);
        }
        let kept: &'a [Kept] = match keeps {
            true => keeper.push(kept.into_boxed_slice()).1,
            false => &[],
        };
        let slice = |at: usize| {
            let Slice { bytes, entries } = slices[at].clone();
            match keeps {
                true => Relocs::Kept(&kept[entries.start as usize..entries.end as usize]),
                false => {
                    let bytes = bytes.start as usize..bytes.end as usize;
                    Relocs::Encoded(&section.payload[bytes])
                }
            }
        };
        if Some(target) == code {
            for (at, function) in self.functions.iter_mut().enumerate() {
                function.relocs = slice(at);
            }
        } else if Some(target) == data {
            for (at, segment) in self.segments.iter_mut().enumerate() {
                segment.relocs = slice(at);
            }
        } else if let Some(custom) = self.customs.iter_mut().find(|c| c.index == target) {
            custom.relocs = slice(0);
        }
        Ok(())
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
