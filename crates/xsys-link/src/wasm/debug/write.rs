//! Fills in what is left of a section: spans, numbers, relocated fields.

use super::super::assign::Layout;
use super::super::gc::Live;
use super::super::reloc::{self, Value};
use super::super::relocate::{self, Chunk};
use super::super::symbols::{FunctionRef, Resolved};
use super::Cut;
use super::targets::Target;

/// Writes what is left of the section `data`.
pub fn fill(
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
    for (list, texts) in wanted.iter().zip(&cut.texts) {
        for &(at, offset) in texts {
            let text = list.place(offset).or(chunk.tombstone).unwrap_or(0);
            if let Some(place) = out.get_mut(at as usize..at as usize + 4) {
                place.copy_from_slice(&(text as u32).to_le_bytes());
            }
        }
    }
    for (at, reloc) in &cut.others {
        let (at, field) = (*at as usize, reloc::row(reloc.ty).field);
        let own = match (reloc.target, reloc::row(reloc.ty).value) {
            // An entry describes the body of its own object.
            (Target::Function(function), Value::CodeOffset) => {
                let function = FunctionRef::Object(chunk.file, function);
                layout.code_position(resolved, function, reloc.addend.into())
            }
            _ => None,
        };
        let value =
            own.unwrap_or_else(|| relocate::value(layout, resolved, live, chunk, &reloc.entry()));
        if let Some(place) = out.get_mut(at..at + field.width()) {
            field.put(place, value);
        }
    }
    for patch in &cut.patches {
        patch.put(out);
    }
}
