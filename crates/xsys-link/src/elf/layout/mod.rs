//! The result of `assign`: where everything is.
//!
//! Problem: later passes ask two questions: what is the address of this offset in this input
//! section, and what is the address of this symbol. Both answers must take merged strings and
//! bytes removed by relaxation into account.

pub(super) mod entry;
pub(super) mod linker_values;
pub(super) mod merged;
pub(super) mod placement;
pub(super) mod segments;
pub(super) mod tls;

use rayon::prelude::*;

use super::names::Map;

use self::merged::{MergedInput, MergedSections};
use self::placement::Placement;
use super::arch::ThunkForm;
use super::arch::deltas::Deltas;
use super::ids::SectionId;
use super::ids::{FileId, SymbolId};
use super::sections::described::Statement;
use super::sections::refs::{SymRef, ValueSource};
use super::sections::{Sections, SyntheticKind};
use super::symbols::resolve::Resolution;
use crate::script::ast::Span;
use crate::script::eval::{OutputId, Value};

/// An output section's addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// VMA.
    pub addr: u64,
    /// LMA.
    pub load_addr: u64,
    /// Bytes.
    pub size: u64,
    /// Bytes, a power of two.
    pub align: u64,
    /// The memory region (VMA), by index into the layout's regions.
    pub region: Option<usize>,
    /// The load region.
    pub load_region: Option<usize>,
    /// The load address was given by `AT(…)`.
    pub explicit_load: bool,
}

/// A MEMORY region and how full it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// Its name.
    pub name: String,
    /// ORIGIN
    pub origin: u64,
    /// LENGTH in bytes
    pub length: u64,
    /// Bytes at its start that sections leave free (`--flip-stack`).
    pub shift: u64,
    /// Where the next section goes.
    pub cursor: u64,
    /// `(rwx!…)`
    pub attributes: String,
}

impl Region {
    /// Where sections start.
    pub(crate) fn start(&self) -> u64 {
        self.origin.wrapping_add(self.shift)
    }

    /// Bytes that sections take.
    pub(crate) fn used(&self) -> u64 {
        self.cursor.wrapping_sub(self.start())
    }
}

/// Code between a branch and a target that the branch cannot reach or enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Thunk {
    /// The architecture's form.
    pub form: ThunkForm,
    /// Where it goes.
    pub target: SymRef,
    /// Added to the target's address.
    pub addend: i64,
    /// Offset in its thunk section.
    pub offset: u64,
}

/// The thunks of one synthetic section.
#[derive(Clone, Debug, Default)]
pub(crate) struct ThunkGroup {
    /// In the order in which they were needed.
    pub thunks: Vec<Thunk>,
    /// Bytes.
    pub size: u64,
}

/// An instruction that was moved because of an erratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ErratumPatch {
    /// The section that it stood in.
    pub section: SectionId,
    /// Where.
    pub offset: u64,
    /// The thunk section that it moved to.
    pub home: SectionId,
    /// Where.
    pub at: u64,
}

/// The value of BYTE, SHORT, LONG or QUAD in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataWrite {
    /// The output section.
    pub output: OutputId,
    /// Offset in it.
    pub offset: u64,
    /// Bytes.
    pub size: u8,
    /// The value.
    pub value: u64,
}

/// The values of the expressions in a line of PHDRS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PhdrValues {
    /// `p_type`
    pub p_type: u32,
    /// `AT(…)`
    pub at: Option<u64>,
    /// `FLAGS(…)`
    pub flags: Option<u32>,
}

/// Addresses of everything.
pub(crate) struct Layout<'s> {
    /// What is in each output section, with thunk sections added.
    pub placement: Placement<'s>,
    /// By [`OutputId`].
    pub extents: Vec<Extent>,
    /// Offset of each input section in its output section.
    pub offsets: Vec<u64>,
    /// The output section of each input section.
    pub output_of: Vec<Option<OutputId>>,
    /// Values of symbols that scripts assign.
    pub values: Map<SymbolId, Value>,
    /// MEMORY.
    pub regions: Vec<Region>,
    /// What relaxation removed and changed.
    pub deltas: Map<SectionId, Deltas>,
    /// Thunks.
    pub thunk_groups: Vec<ThunkGroup>,
    /// The thunk section of each group.
    pub thunk_sections: Vec<SectionId>,
    /// Which thunk a branch takes: (section, index of its relocation) → (group, thunk).
    pub thunk_of: Map<(SectionId, u32), (u32, u32)>,
    /// Instructions that were moved because of errata, by section and offset.
    pub erratum_patches: Vec<ErratumPatch>,
    /// Values of BYTE, SHORT, LONG and QUAD.
    pub data: Vec<DataWrite>,
    /// ASCII and ASCIZ.
    pub texts: Vec<(OutputId, u64, Vec<u8>)>,
    /// FILL and `=fill`: from this offset of an output section on, gaps hold these bytes.
    pub fills: Vec<(OutputId, u64, Vec<u8>)>,
    /// The values of the expressions in PHDRS, by line.
    pub phdrs: Vec<PhdrValues>,
    /// Where `.` is at assignments and data commands, and how many bytes these take, if a map is wanted.
    pub commands: Map<Span, (u64, u64)>,
    /// Bytes of the ELF header and program headers.
    pub headers_size: u64,
    /// The script places headers in memory (SIZEOF_HEADERS is used).
    pub headers_wanted: bool,
}

impl Layout<'_> {
    /// Present output sections in layout order.
    pub(crate) fn in_order(&self) -> Vec<OutputId> {
        self.placement
            .statements
            .iter()
            .filter_map(|statement| match statement {
                Statement::Section(id) => Some(*id),
                _ => None,
            })
            .filter(|id| self.placement.output(*id).is_in_output())
            .collect()
    }

    /// The size that relaxation leaves of a section of `size` bytes.
    pub(crate) fn size(&self, id: SectionId, size: u64) -> u64 {
        size - self.deltas.get(&id).map_or(0, Deltas::total)
    }
}

/// Everything that an address depends on.
#[derive(Clone, Copy)]
pub(crate) struct Addresses<'l, 'a> {
    /// Names.
    pub resolution: &'l Resolution<'a>,
    /// Sections.
    pub sections: &'l Sections,
    /// Merged strings.
    pub merge: &'l MergedSections<'a>,
    /// Placed sections.
    pub layout: &'l Layout<'l>,
    /// Symbols that the linker defines.
    pub linker: &'l Map<SymbolId, u64>,
    /// The sections of common symbols and of copies of libraries' variables.
    pub commons: &'l Map<SymbolId, SectionId>,
    /// All symbols' addresses, once layout is finished.
    pub symbol_addresses: Option<&'l SymbolAddresses>,
}

/// The entry of a merged section that the last reference went to.
#[derive(Default)]
pub(crate) struct MergeCache<'l> {
    id: Option<SectionId>,
    input: Option<&'l MergedInput>,
    /// Address of the merged section.
    base: u64,
    /// Index of the entry.
    last: usize,
}

/// The addresses of all symbols after layout, computed once for millions of relocations.
pub(crate) struct SymbolAddresses {
    locals: Vec<Vec<FinalAddress>>,
    globals: Vec<FinalAddress>,
}

#[derive(Clone, Copy)]
enum FinalAddress {
    /// S; the addend only shifts it.
    At(u64),
    /// A section symbol of a merged section: the addend chooses the entry.
    Merged(SectionId, u64),
    /// Not in the image.
    Nowhere,
}

impl SymbolAddresses {
    /// Computes all addresses.
    pub(crate) fn compute(addresses: &Addresses<'_, '_>) -> Self {
        let resolution = addresses.resolution;
        let address = |symbol: SymRef| {
            if let ValueSource::Section(id, value) =
                symbol.value_source(resolution, addresses.sections)
                && addresses.merge.get(id).is_some()
                && symbol.kind(resolution) == object::elf::STT_SECTION.0
            {
                return FinalAddress::Merged(id, value);
            }
            addresses
                .of_symbol(symbol, 0)
                .map_or(FinalAddress::Nowhere, FinalAddress::At)
        };
        let locals = resolution
            .files
            .par_iter()
            .enumerate()
            .map(|(file, object)| {
                let file = FileId(file as u32);
                (0..object.first_global as u32)
                    .map(|index| address(SymRef::Local(file, index)))
                    .collect()
            })
            .collect();
        let globals = (0..resolution.symbols.len() as u32)
            .into_par_iter()
            .map(|index| address(SymRef::Global(SymbolId(index))))
            .collect();
        Self { locals, globals }
    }

    #[inline]
    fn of(&self, symbol: SymRef) -> FinalAddress {
        match symbol {
            SymRef::Global(id) => self.globals[id.0 as usize],
            SymRef::Local(file, index) => {
                let known = self.locals[file.0 as usize].get(index as usize);
                known.copied().unwrap_or(FinalAddress::Nowhere)
            }
        }
    }
}

impl<'l, 'a> Addresses<'l, 'a> {
    /// The address of an offset of an input section; `None` if it is not in the image.
    #[inline]
    pub(crate) fn of_section(&self, id: SectionId, offset: u64) -> Option<u64> {
        let Some(output) = self.layout.output_of.get(id.0 as usize).copied().flatten() else {
            let merged = self.merge.get(id)?;
            let to = merged.map(offset)?;
            return self.of_section(self.merge.ids[merged.merged as usize], to);
        };
        let offset = match self.layout.deltas.get(&id) {
            Some(deltas) => deltas.map(offset),
            None => offset,
        };
        let base = self.layout.extents[output.0 as usize].addr;
        Some(
            base.wrapping_add(self.layout.offsets[id.0 as usize])
                .wrapping_add(offset),
        )
    }

    /// How many of `size` bytes at an offset of a section are left after relaxation.
    pub(crate) fn length(&self, id: SectionId, offset: u64, size: u64) -> u64 {
        match self.layout.deltas.get(&id) {
            Some(deltas) => deltas.map(offset.saturating_add(size)) - deltas.map(offset),
            None => size,
        }
    }

    /// S + A of a relocation, without going through the IPLT; `None` if the symbol's section is
    /// not in the image.
    #[inline]
    pub(crate) fn of_symbol(&self, symbol: SymRef, addend: i64) -> Option<u64> {
        if let Some(addresses) = self.symbol_addresses {
            return match addresses.of(symbol) {
                FinalAddress::At(address) => Some(address.wrapping_add_signed(addend)),
                FinalAddress::Merged(id, value) => {
                    self.of_section(id, value.wrapping_add_signed(addend))
                }
                FinalAddress::Nowhere => None,
            };
        }
        match symbol.value_source(self.resolution, self.sections) {
            ValueSource::Section(id, value) => {
                // In a merged section the addend chooses the entry if the symbol is the section.
                if self.merge.get(id).is_some()
                    && symbol.kind(self.resolution) == object::elf::STT_SECTION.0
                {
                    return self.of_section(id, value.wrapping_add_signed(addend));
                }
                self.of_section(id, value)
                    .map(|address| address.wrapping_add_signed(addend))
            }
            ValueSource::Absolute(value) => Some(value.wrapping_add_signed(addend)),
            ValueSource::Common(id) => self
                .of_section(*self.commons.get(&id)?, 0)
                .map(|a| a.wrapping_add_signed(addend)),
            ValueSource::Assigned(id) => Some(self.assigned(id)?.wrapping_add_signed(addend)),
            // The executable may have a copy of another file's variable.
            ValueSource::Imported(id) => match self.commons.get(&id) {
                Some(&copy) => Some(self.of_section(copy, 0)?.wrapping_add_signed(addend)),
                None => Some(addend as u64),
            },
            ValueSource::UndefinedWeak | ValueSource::Undefined => Some(addend as u64),
            ValueSource::Discarded => None,
        }
    }

    /// [`of_symbol`](Self::of_symbol) for one of many references in a row, which tend to go to
    /// neighbouring strings of the same section.
    #[inline]
    pub(crate) fn of_symbol_cached(
        &self,
        symbol: SymRef,
        addend: i64,
        near: &mut MergeCache<'l>,
    ) -> Option<u64> {
        let Some(FinalAddress::Merged(id, value)) =
            self.symbol_addresses.map(|addresses| addresses.of(symbol))
        else {
            return self.of_symbol(symbol, addend);
        };
        if near.id != Some(id) {
            let Some(input) = self.merge.get(id) else {
                return self.of_symbol(symbol, addend);
            };
            let base = self.of_section(self.merge.ids[input.merged as usize], 0)?;
            *near = MergeCache {
                id: Some(id),
                input: Some(input),
                base,
                last: 0,
            };
        }
        let to = near
            .input?
            .map_from(value.wrapping_add_signed(addend), &mut near.last)?;
        Some(near.base.wrapping_add(to))
    }

    /// The value of a symbol that a script or the linker defines.
    pub(crate) fn assigned(&self, id: SymbolId) -> Option<u64> {
        if let Some(value) = self.layout.values.get(&id) {
            return Some(self.absolute(*value));
        }
        self.linker.get(&id).copied()
    }

    /// An expression's value as an address.
    pub(crate) fn absolute(&self, value: Value) -> u64 {
        match value.section {
            Some(id) => self.layout.extents[id.0 as usize]
                .addr
                .wrapping_add(value.value),
            None => value.value,
        }
    }

    /// The address of the only synthetic section of a kind.
    pub(crate) fn synthetic(&self, kind: SyntheticKind) -> Option<u64> {
        self.of_section(self.sections.find(kind)?, 0)
    }
}
