//! Relocate: computes the values of relocations and writes them into fields.
//!
//! A reference from debug information to code that was dropped becomes a tombstone: all ones, so that debuggers skip
//! the entry. In `.debug_ranges` and `.debug_loc`, all ones has a meaning of its own, so it is all ones but for the
//! lowest bit (DWARF 5 only says "reserved"; LLVM chose the value).

pub(crate) mod debug;
pub(crate) mod shorten;

use wasmparser::RelocationEntry;

use crate::wasm::ids::{FileId, SymbolKind};
use crate::wasm::layout::Layout;
use crate::wasm::layout::memory::{OutputSegment, Source};
use crate::wasm::live::Live;
use crate::wasm::object::{ObjectFile, Place};
use crate::wasm::reloc::{self, Relocs, Value};
use crate::wasm::symbols::{Definition, Resolved};

/// What replaces references to dropped things in a section. `None`: the addend.
pub(super) fn tombstone(section: &str) -> Option<u64> {
    match section {
        ".debug_ranges" | ".debug_loc" => Some(u64::MAX - 1),
        _ if section.starts_with(".debug_") => Some(u64::MAX),
        // Zero is a valid function index.
        _ if section.starts_with("llvm.func_attr.") => Some(u64::MAX),
        _ => None,
    }
}

/// A function, segment or custom section of a file that is being written.
pub(super) struct Chunk<'a> {
    /// The file.
    pub file: FileId,
    /// Its relocations.
    pub relocs: Relocs<'a>,
    /// Its offset in the input section, because relocations count from the start of that.
    pub start: u64,
    /// What replaces references to dropped things.
    pub tombstone: Option<u64>,
    /// Its address, if it is data.
    pub addr: u64,
}

/// Applies all relocations of a chunk, whose bytes are in `out`.
pub(super) fn apply(
    layout: &Layout<'_>,
    resolved: &Resolved<'_>,
    live: &Live,
    chunk: &Chunk<'_>,
    out: &mut [u8],
) {
    for entry in chunk.relocs.iter() {
        let row = reloc::row(entry.ty);
        let value = value(layout, resolved, live, chunk, &entry);
        let at = (u64::from(entry.offset) - chunk.start) as usize;
        if let Some(field) = out.get_mut(at..at + row.field.width()) {
            row.field.put(field, value);
        }
    }
}

/// Writes a data segment. `out` must be zero.
pub(crate) fn segment(
    resolved: &Resolved<'_>,
    live: &Live,
    layout: &Layout<'_>,
    whole: &OutputSegment<'_>,
    out: &mut [u8],
) {
    for part in &whole.parts {
        let at = part.offset as usize;
        match part.source {
            Source::Gap(_) => {}
            Source::Strings(table) => {
                let strings = &layout.memory.strings[table as usize].bytes;
                out[at..at + strings.len()].copy_from_slice(strings);
            }
            Source::Input(file, item) => {
                let segment = &resolved.file(file).segments[item as usize];
                let place = &mut out[at..at + segment.data.len()];
                place.copy_from_slice(segment.data);
                let chunk = Chunk {
                    file,
                    relocs: segment.relocs,
                    start: u64::from(segment.offset),
                    tombstone: None,
                    addr: whole.addr + part.offset,
                };
                apply(layout, resolved, live, &chunk, place);
            }
        }
    }
}

/// The value that a relocation asks for.
pub(super) fn value(
    layout: &Layout<'_>,
    resolved: &Resolved<'_>,
    live: &Live,
    chunk: &Chunk<'_>,
    entry: &RelocationEntry,
) -> u64 {
    let row = reloc::row(entry.ty);
    let object = resolved.file(chunk.file);
    let indexes = &layout.indexes;
    // What has no index should not be referred to; wasm-ld writes the largest number.
    let none = if layout.exact { u64::from(u32::MAX) } else { 0 };
    let number = |found: Option<u32>| found.map_or(none, u64::from);
    if row.value == Value::Type {
        let signature = object.types[entry.index as usize];
        return number(indexes.type_number(signature));
    }
    let gone = || chunk.tombstone.unwrap_or(entry.addend as u64);
    let id = resolved.file_symbol(chunk.file, entry.index);
    let quick = match row.value {
        Value::Function | Value::Tag | Value::Table => true,
        // For other symbols, this asks for the global that contains their address.
        Value::Global => object.kinds[entry.index as usize] == SymbolKind::Global,
        _ => false,
    };
    if quick && let Some(number) = indexes.quick_number(id) {
        return number.into();
    }
    let symbol = resolved.symbol(id);
    if symbol.kind != SymbolKind::Section && !live.holds(id, symbol) {
        return gone();
    }
    // wasm-ld does not notice that it is undefined.
    if layout.exact && symbol.is_overlooked() {
        return match row.value {
            Value::Address | Value::AddressRelative | Value::AddressTls => entry.addend as u64,
            Value::AddressFromField => {
                let field = chunk.addr + (u64::from(entry.offset) - chunk.start);
                (entry.addend as u64).wrapping_sub(field)
            }
            _ => 0,
        };
    }
    match row.value {
        Value::Function | Value::Tag | Value::Table => number(indexes.symbol_number(id, symbol)),
        Value::Global => number(indexes.global_number(id, symbol)),
        Value::TableSlot => u64::from(indexes.slot(id, symbol)),
        Value::TableSlotRelative => {
            match i64::from(indexes.slot(id, symbol)) {
                // wasm-ld does not take into account that the base will be added.
                0 if layout.exact => 0,
                slot => (slot - i64::from(layout.table_base)) as u64,
            }
        }
        Value::Address | Value::AddressRelative | Value::AddressTls => layout
            .memory
            .symbol_address(symbol, entry.addend)
            .unwrap_or(0),
        Value::AddressFromField => {
            let target = layout.memory.symbol_address(symbol, entry.addend);
            let field = chunk.addr + (u64::from(entry.offset) - chunk.start);
            // For an undefined symbol, the distance is zero.
            target.map_or(0, |target| target.wrapping_sub(field))
        }
        Value::CodeOffset => match symbol.definition {
            // The copy that this entry describes was dropped; the one that is kept has an entry of its own.
            Definition::Function(_) if is_folded(live, chunk.file, object, entry.index) => gone(),
            // The function that traps instead is not the one that is described.
            Definition::Function(_) if symbol.missing => gone(),
            Definition::Function(function) => {
                let position = layout.code_position(resolved, function, entry.addend as u64);
                position.unwrap_or(0)
            }
            _ => gone(),
        },
        Value::SectionOffset => match object.symbols[entry.index as usize].place {
            Place::Item(section) => layout
                .custom_offset(chunk.file, section, entry.addend as u64)
                .unwrap_or_else(|| match layout.exact {
                    // wasm-ld takes sections that it leaves out as starting at 0.
                    true => entry.addend as u64,
                    false => gone(),
                }),
            _ => gone(),
        },
        Value::Type => 0,
    }
}

/// Whether a symbol names a function of this file that was folded into another one.
fn is_folded(live: &Live, file: FileId, object: &ObjectFile<'_>, symbol: u32) -> bool {
    match object.symbols[symbol as usize].place {
        Place::Item(at) => live.is_folded(file, at),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tombstones() {
        for (section, expected) in [
            (".debug_ranges", Some(u64::MAX - 1)),
            (".debug_loc", Some(u64::MAX - 1)),
            (".debug_info", Some(u64::MAX)),
            ("llvm.func_attr.annotate.x", Some(u64::MAX)),
            ("component-type:x", None),
        ] {
            assert_eq!(tombstone(section), expected, "{section}");
        }
    }
}
