//! What relocated fields of debug sections refer to, and whether that is live.
//!
//! A function means the object's own body. If another file's copy of the function was linked instead, this object's
//! entry describes code that was dropped.

use wasmparser::{RelocationEntry, RelocationType};

use crate::wasm::code::shortened::Shortened;
use crate::wasm::ids::{FileId, SymbolKind};
use crate::wasm::live::Live;
use crate::wasm::object::{ObjectFile, ObjectSymbol, Place, Problem, Visitor};
use crate::wasm::reloc::{self, Reader, Value};
use crate::wasm::symbols::Resolved;

/// A relocated field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reloc {
    /// Its offset.
    pub at: u32,
    /// The addend.
    pub addend: u32,
    /// What it refers to.
    pub target: Target,
    /// The index of the symbol or type.
    pub index: u32,
    /// Its type.
    pub ty: RelocationType,
}

/// A field that refers to a string.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    /// Its offset.
    pub at: u32,
    /// The offset of the string in its section.
    pub offset: u32,
    /// The string section, among those of the file.
    pub pool: u32,
}

/// The relocated fields of a section.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Those that refer to strings, which are most.
    pub texts: Vec<Text>,
    /// All others.
    pub others: Vec<Reloc>,
}

impl Fields {
    /// Removes all fields, so that the memory can be used again.
    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.others.clear();
    }
}

/// What a field refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A live function, by its number in the object.
    Function(u32),
    /// Live data.
    Data,
    /// A function or data that was dropped.
    Gone,
    /// A custom section of the same object.
    Section(u32),
    /// A string section, among those of the file.
    Strings(u32),
    /// Something else.
    Other,
}

/// A file, with what has to be known about it.
#[derive(Clone, Copy)]
pub(super) struct FileView<'r, 'a> {
    /// Its number.
    pub file: FileId,
    /// It itself.
    pub object: &'r ObjectFile<'a>,
    /// Symbols.
    pub resolved: &'r Resolved<'a>,
    /// What is live.
    pub live: &'r Live,
    /// Where code has moved, if it has.
    pub shortened: Option<&'r Shortened>,
}

/// What a distance in code counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// Not known.
    Unknown,
    /// Code that was dropped.
    Gone,
    /// An offset in a function.
    Function(u32, u32),
}

impl Origin {
    /// The address that a relocated field contains.
    pub(super) fn of(reloc: Option<&Reloc>) -> Self {
        match reloc.map(|reloc| (reloc.target, reloc.addend)) {
            Some((Target::Function(function), offset)) => Origin::Function(function, offset),
            Some((Target::Gone, _)) => Origin::Gone,
            _ => Origin::Unknown,
        }
    }
}

impl<'r, 'a> FileView<'r, 'a> {
    /// Prepares a file.
    pub(super) fn new(
        resolved: &'r Resolved<'a>,
        live: &'r Live,
        shortened: Option<&'r Shortened>,
        file: FileId,
    ) -> Self {
        let object = resolved.file(file);
        Self {
            file,
            object,
            resolved,
            live,
            shortened,
        }
    }

    /// Whether code has moved, so that distances change.
    pub(super) fn moves(&self) -> bool {
        self.shortened.is_some()
    }

    /// The new value of a distance. `None` if it is unknown what it counts from.
    pub(super) fn distance(&self, origin: Origin, distance: u64) -> Option<u64> {
        let Some(shortened) = self.shortened else {
            return Some(distance);
        };
        match origin {
            Origin::Function(function, offset) => {
                let from = u64::from(offset);
                let to = from.checked_add(distance)?;
                let moved = |offset| shortened.moved(self.file, function, offset);
                moved(to).checked_sub(moved(from))
            }
            Origin::Gone => Some(distance),
            Origin::Unknown => (distance == 0).then_some(0),
        }
    }

    /// Whether any function or data of the file are live.
    pub(super) fn has_live(&self) -> bool {
        let any = |list: &[Vec<bool>]| list[self.file.0 as usize].contains(&true);
        any(&self.live.functions) || any(&self.live.segments)
    }

    /// Whether a custom section is debug information that may be kept.
    pub(super) fn is_debug(&self, section: u32) -> bool {
        self.name(section).starts_with(".debug_") && !self.discarded(section)
    }

    /// Whether a custom section is in a COMDAT group that another file had first.
    pub(super) fn discarded(&self, section: u32) -> bool {
        let discarded = &self.resolved.discarded.customs;
        !discarded.is_empty() && discarded.contains(&(self.file, section))
    }

    /// Contents of a custom section.
    pub(super) fn data(&self, section: u32) -> &'a [u8] {
        let custom = self.object.customs.get(section as usize);
        custom.map_or(&[], |custom| custom.data)
    }

    /// Name of a custom section.
    pub(super) fn name(&self, section: u32) -> &'a str {
        let custom = self.object.customs.get(section as usize);
        custom.map_or("", |custom| custom.name)
    }

    /// Decodes and checks the relocations of a custom section; `targets` says what each symbol means for debug
    /// information. Returns whether all addends could be represented.
    pub(super) fn fields(
        &self,
        section: u32,
        targets: &[Target],
        fields: &mut Fields,
    ) -> Result<bool, Problem> {
        let mut sorter = Sorter {
            targets,
            fields,
            fits: true,
        };
        self.object.each_checked(section, &mut sorter)?;
        Ok(sorter.fits)
    }

    /// What each symbol of the file means for debug information. `pools` are the string sections, ascending.
    pub(super) fn targets(&self, pools: &[u32]) -> Vec<Target> {
        let symbols = (0u32..).zip(&self.object.symbols);
        symbols
            .map(|(index, symbol)| match self.target(index, symbol) {
                Target::Section(section) => match pools.binary_search(&section) {
                    Ok(pool) => Target::Strings(pool as u32),
                    Err(_) => Target::Section(section),
                },
                target => target,
            })
            .collect()
    }

    fn target(&self, index: u32, symbol: &ObjectSymbol<'_>) -> Target {
        let stays = |stays: bool, target| if stays { target } else { Target::Gone };
        let file = self.file.0 as usize;
        match (symbol.kind, symbol.place) {
            (SymbolKind::Section, Place::Item(section)) => Target::Section(section),
            (SymbolKind::Function, Place::Item(at)) => {
                let live = &self.live.functions[file];
                let live = live.get(at as usize).copied().unwrap_or(false);
                stays(live, Target::Function(at))
            }
            (SymbolKind::Data, Place::Data { segment, .. }) => {
                let live = &self.live.segments[file];
                let live = live.get(segment as usize).copied().unwrap_or(false);
                stays(live, Target::Data)
            }
            (SymbolKind::Function | SymbolKind::Data, Place::Undefined) => {
                let id = self.resolved.file_symbol(self.file, index);
                let symbol = self.resolved.symbol(id);
                stays(self.live.holds(id, symbol), Target::Data)
            }
            (SymbolKind::Data, Place::Absolute(_)) => Target::Data,
            _ => Target::Other,
        }
    }
}

/// Separates fields that refer to strings from others.
struct Sorter<'s> {
    targets: &'s [Target],
    fields: &'s mut Fields,
    /// Whether all addends could be represented.
    fits: bool,
}

impl Sorter<'_> {
    fn target(&self, entry: &RelocationEntry) -> Target {
        match reloc::row(entry.ty).value {
            Value::Type => Target::Other,
            _ => {
                let target = self.targets.get(entry.index as usize);
                target.copied().unwrap_or(Target::Other)
            }
        }
    }
}

impl Visitor for Sorter<'_> {
    #[inline]
    fn one(&mut self, entry: &RelocationEntry) {
        self.fits &= i32::try_from(entry.addend).is_ok();
        let (at, addend) = (entry.offset, entry.addend as u32);
        match self.target(entry) {
            Target::Strings(pool) if entry.ty == RelocationType::SectionOffsetI32 => {
                let offset = addend;
                self.fields.texts.push(Text { at, offset, pool });
            }
            target => self.fields.others.push(Reloc {
                at,
                addend,
                target,
                index: entry.index,
                ty: entry.ty,
            }),
        }
    }

    #[inline]
    fn many(&mut self, sample: &RelocationEntry, reader: &mut Reader<'_>) {
        let Target::Strings(pool) = self.target(sample) else {
            return;
        };
        let texts = &mut self.fields.texts;
        reader.alike(|at, addend| {
            let offset = addend as u32;
            texts.push(Text { at, offset, pool });
        });
    }
}

/// Finds relocations in ascending order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ascending<'s> {
    list: &'s [Reloc],
    at: usize,
}

impl<'s> Ascending<'s> {
    /// Starts at the first of `list`.
    pub(super) fn new(list: &'s [Reloc]) -> Self {
        Self { list, at: 0 }
    }

    /// The relocation at `offset`. Offsets must not descend.
    #[inline]
    pub(super) fn at(&mut self, offset: usize) -> Option<&'s Reloc> {
        self.until(offset);
        self.list
            .get(self.at)
            .filter(|reloc| reloc.at as usize == offset)
    }

    /// The relocations in a range of offsets.
    #[inline]
    pub(super) fn within(&mut self, from: usize, to: usize) -> &'s [Reloc] {
        self.until(from);
        let first = self.at;
        self.until(to);
        &self.list[first..self.at]
    }

    #[inline]
    fn until(&mut self, offset: usize) {
        while let Some(reloc) = self.list.get(self.at) {
            if reloc.at as usize >= offset {
                break;
            }
            self.at += 1;
        }
    }
}

/// The relocation at an offset.
pub(super) fn at(list: &[Reloc], offset: usize) -> Option<&Reloc> {
    let found = list.binary_search_by_key(&offset, |reloc| reloc.at as usize);
    found.ok().map(|found| &list[found])
}
