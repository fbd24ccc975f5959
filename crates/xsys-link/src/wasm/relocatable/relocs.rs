//! The `reloc.…` sections of an output that keeps relocations.
//!
//! Spec: tool-conventions, `Linking.md`, "Relocation Sections": the index of the section that they apply to, a count,
//! and entries of type, offset, index and, for some types, addend. Entries are in ascending order because the pieces
//! of the output are.

use rayon::prelude::*;
use wasmparser::RelocationEntry;

use super::symtab::Symtab;
use super::{Moved, Patched};
use crate::wasm::ids::SymbolKind;
use crate::wasm::layout::module::Module;
use crate::wasm::leb;
use crate::wasm::object::Place;
use crate::wasm::reloc::{self, Value};

/// The contents of a `reloc.…` section. `None` if it has no entries.
pub(crate) fn section(
    module: &Module<'_, '_>,
    symtab: &Symtab,
    patched: &Patched<'_>,
) -> Option<Vec<u8>> {
    // A debug build has hundreds of thousands of entries.
    let lists: Vec<(u64, Vec<u8>)> = patched
        .moved
        .par_iter()
        .map(|moved| list(module, symtab, moved))
        .collect();
    let count: u64 = lists.iter().map(|(count, _)| count).sum();
    if count == 0 {
        return None;
    }
    let mut out = Vec::new();
    leb::uleb(&mut out, u64::from(patched.number));
    leb::uleb(&mut out, count);
    for (_, list) in lists {
        out.extend(list);
    }
    Some(out)
}

fn list(module: &Module<'_, '_>, symtab: &Symtab, moved: &Moved<'_>) -> (u64, Vec<u8>) {
    let (mut count, mut out) = (0, Vec::new());
    for entry in moved.relocs.iter() {
        let Some((index, addend)) = target(module, symtab, moved, &entry) else {
            continue;
        };
        count += 1;
        out.push(entry.ty as u8);
        leb::uleb(&mut out, moved.by.wrapping_add(u64::from(entry.offset)));
        leb::uleb(&mut out, u64::from(index));
        if has_addend(entry.ty) {
            leb::sleb(&mut out, addend);
        }
    }
    (count, out)
}

/// The symbol or type that an entry refers to in the output, and the addend. `None` if it was dropped.
fn target(
    module: &Module<'_, '_>,
    symtab: &Symtab,
    moved: &Moved<'_>,
    entry: &RelocationEntry,
) -> Option<(u32, i64)> {
    let resolved = module.resolved;
    let object = resolved.file(moved.file);
    match reloc::row(entry.ty).value {
        Value::Type => {
            let signature = object.types.get(entry.index as usize)?;
            Some((module.layout.indexes.type_number(signature)?, 0))
        }
        Value::SectionOffset => {
            // With garbage collection, wasm-ld drops references to sections.
            if module.options.gc_sections && module.options.shrink.compat {
                return None;
            }
            let Place::Item(section) = object.symbols.get(entry.index as usize)?.place else {
                return None;
            };
            let custom = module.layout.custom_output(moved.file, section)?;
            let offset = module
                .layout
                .custom_offset(moved.file, section, entry.addend as u64)?;
            Some((symtab.section(custom)?, offset as i64))
        }
        _ => {
            let id = resolved.file_symbol(moved.file, entry.index);
            let symbol = resolved.symbol(id);
            let number = match symtab.number(id) {
                Some(number) => number,
                // wasm-ld writes this index for live symbols that are not in the symbol table.
                None if module.options.shrink.compat && module.live.holds(id, symbol) => u32::MAX,
                None => return None,
            };
            // Merged strings have new distances from each other.
            let addend = match symbol.kind {
                SymbolKind::Data if entry.addend != 0 => {
                    let memory = &module.layout.memory;
                    let at = |addend| memory.symbol_address(symbol, addend);
                    match (at(entry.addend), at(0)) {
                        (Some(there), Some(here)) => there.wrapping_sub(here) as i64,
                        _ => entry.addend,
                    }
                }
                _ => entry.addend,
            };
            Some((number, addend))
        }
    }
}

/// Whether entries of this type have an addend.
fn has_addend(ty: wasmparser::RelocationType) -> bool {
    matches!(
        reloc::row(ty).value,
        Value::Address
            | Value::AddressRelative
            | Value::AddressTls
            | Value::AddressFromField
            | Value::CodeOffset
            | Value::SectionOffset
    )
}

#[cfg(test)]
mod tests {
    use wasmparser::{BinaryReader, FromReader, RelocationType};

    use super::*;

    #[test]
    fn entries_are_read_as_they_are_written() {
        for number in 0..=26u8 {
            let ty = RelocationType::try_from(number).unwrap();
            let mut bytes = vec![number, 5, 6];
            if has_addend(ty) {
                bytes.push(7);
            }
            let mut reader = BinaryReader::new(&bytes, 0);
            let entry = RelocationEntry::from_reader(&mut reader).unwrap();
            assert_eq!((entry.ty as u8, entry.offset, entry.index), (number, 5, 6));
            assert!(reader.eof(), "{}", reloc::row(ty).name);
        }
    }
}
