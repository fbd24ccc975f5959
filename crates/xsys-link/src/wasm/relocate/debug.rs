//! Writes a debug section of which only parts are kept: spans of the input, new numbers, relocated fields.

use super::Chunk;
use crate::wasm::debug::Cut;
use crate::wasm::ids::{FileId, FunctionRef};
use crate::wasm::layout::Layout;
use crate::wasm::live::Live;
use crate::wasm::object::Place;
use crate::wasm::reloc::{self, Value};
use crate::wasm::symbols::Resolved;

/// Writes what is kept of the section whose contents are `data`.
pub(crate) fn fill(
    layout: &Layout<'_>,
    resolved: &Resolved<'_>,
    live: &Live,
    cut: &Cut,
    data: &[u8],
    chunk: &Chunk<'_>,
    out: &mut [u8],
) {
    match cut.image.is_empty() {
        false => out.copy_from_slice(&cut.image),
        true => {
            for span in cut.spans.iter() {
                let from = &data[span.from as usize..span.to as usize];
                out[span.out as usize..span.out as usize + from.len()].copy_from_slice(from);
            }
        }
    }
    for &(at, from, to) in &cut.fresh {
        let bytes = &cut.bytes[from as usize..to as usize];
        out[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
    }
    let wanted = layout.debug.wanted(chunk.file);
    for (pool, texts) in &cut.texts {
        let Some(list) = wanted.get(*pool as usize) else {
            continue;
        };
        for &at in texts {
            let field = out.get_mut(at as usize..);
            let Some(field) = field.and_then(<[u8]>::first_chunk_mut) else {
                continue;
            };
            let place = list.place_of(u32::from_le_bytes(*field));
            let place = place.or(chunk.tombstone).unwrap_or(0);
            *field = (place as u32).to_le_bytes();
        }
    }
    for field in &cut.others {
        let (at, row) = (field.at as usize, reloc::row(field.ty));
        // An entry describes the function of its own object. If another file's copy was linked instead, and the entry
        // is only kept because others refer to it, it describes no code.
        let own = match row.value {
            Value::CodeOffset => own_function(resolved, chunk.file, field.index),
            _ => None,
        };
        let own = match (own, field.is_own) {
            (Some(function), true) => layout.code_position(resolved, function, field.addend.into()),
            (Some(_), false) => chunk.tombstone,
            (None, _) => None,
        };
        let entry = field.entry();
        let value = own.unwrap_or_else(|| super::value(layout, resolved, live, chunk, &entry));
        if let Some(place) = out.get_mut(at..at + row.field.width()) {
            row.field.put(place, value);
        }
    }
    for patch in &cut.patches {
        patch.put(out);
    }
}

/// The function of an object that one of its symbols names.
fn own_function(resolved: &Resolved<'_>, file: FileId, symbol: u32) -> Option<FunctionRef> {
    match resolved.file(file).symbols.get(symbol as usize)?.place {
        Place::Item(function) => Some(FunctionRef::Object(file, function)),
        _ => None,
    }
}
