//! What may be folded: things that no program can tell from their copies.
//!
//! Objects do not say which addresses are significant (wasm has no `.llvm_addrsig`), so only what is certain counts:
//!
//! - A function may be dropped if it is only called. It is kept if it is exported, the entry point, an initialiser,
//!   or part of wasm-bindgen's interface, whose command line tool interprets functions that call its `__wbindgen_*`
//!   imports. If its address is taken, it is kept, but others may be folded into it.
//! - Data may be dropped if they are read-only and the compiler made up all their symbols: LLVM only gives constants
//!   private linkage (names that begin with `.L`, or `anon.….llvm.…` after ThinLTO) if their address is not
//!   significant. Statics in Rust have names.

use rayon::prelude::*;
use wasmparser::SymbolFlags;

use super::equal::{Candidates, Hashing};
use super::{Item, Nodes, Role};
use crate::wasm::WasmOptions;
use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::live::Live;
use crate::wasm::live::externals::is_exported;
use crate::wasm::object::{NameClass, ObjectFile, Place, Segment};
use crate::wasm::reloc::{self, Value};
use crate::wasm::symbols::{Definition, Resolved, Symbol};

const CALL: u8 = 0x10;
const RETURN_CALL: u8 = 0x12;

/// The role of each node, as far as it can be told without relocations.
pub(super) fn roles(resolved: &Resolved<'_>, live: &Live) -> Vec<Role> {
    let roles: Vec<Vec<Role>> = (0..resolved.files.len() as u32)
        .into_par_iter()
        .map(|file| roles_of(resolved, live, FileId(file)))
        .collect();
    roles.concat()
}

fn roles_of(resolved: &Resolved<'_>, live: &Live, id: FileId) -> Vec<Role> {
    let object = resolved.file(id);
    let functions = object.functions.iter().zip(&live.functions[id.0 as usize]);
    let functions = functions.map(|(function, &alive)| alive && function.export_name.is_none());
    let segments = object.segments.iter().zip(&live.segments[id.0 as usize]);
    let segments = segments.map(|(segment, &alive)| alive && is_constant(segment));
    let free = functions.chain(segments);
    let mut roles: Vec<Role> = free
        .map(|free| if free { Role::Free } else { Role::Fixed })
        .collect();
    for symbol in &object.symbols {
        let fixed = match (symbol.kind, symbol.place) {
            (SymbolKind::Function, Place::Item(at)) if symbol.class == NameClass::Bindgen => at,
            (_, Place::Data { segment, .. }) if symbol.class != NameClass::Anonymous => {
                object.functions.len() as u32 + segment
            }
            _ => continue,
        };
        if let Some(role) = roles.get_mut(fixed as usize) {
            *role = Role::Fixed;
        }
    }
    roles
}

/// What a file's relocations say about nodes of this file and others.
#[derive(Default)]
struct Findings {
    /// Nodes that cannot be folded.
    fixed: Vec<u32>,
    /// Symbols of functions whose address is taken.
    pointed: Vec<SymbolId>,
    /// Symbols of functions that tools look at.
    watched: Vec<SymbolId>,
    candidates: Candidates,
}

/// Reads all relocations: completes the roles, and collects candidates among the nodes whose shape is `shared` with
/// others. Both at once, because most of the time is spent on decoding.
pub(super) fn walk(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    live: &Live,
    nodes: &Nodes,
    roles: &mut [Role],
    shared: &[bool],
) -> Candidates {
    let findings: Vec<Findings> = (0..resolved.files.len() as u32)
        .into_par_iter()
        .map(|file| examine(resolved, live, nodes, shared, FileId(file)))
        .collect();
    let mut lower = |symbol: &Symbol<'_>, role: Role| {
        if let Definition::Function(FunctionRef::Object(file, at)) = symbol.definition {
            let node = &mut roles[nodes.function(file, at) as usize];
            if *node != Role::Fixed {
                *node = role;
            }
        }
    };
    for found in &findings {
        for &id in &found.pointed {
            lower(resolved.symbol(id), Role::Anchor);
        }
        for &id in &found.watched {
            lower(resolved.symbol(id), Role::Fixed);
        }
    }
    for (_, symbol) in resolved.named() {
        let entry = options.entry.as_deref() == Some(symbol.name);
        let asked = symbol.flags.contains(SymbolFlags::NO_STRIP)
            || entry
            || is_exported(options, symbol)
            || symbol.name == "__wasm_call_dtors";
        if symbol.kind == SymbolKind::Function && asked {
            lower(symbol, Role::Fixed);
        }
    }
    let mut candidates = Candidates::default();
    for found in findings {
        for node in found.fixed {
            roles[node as usize] = Role::Fixed;
        }
        candidates.append(found.candidates);
    }
    candidates
}

fn examine(
    resolved: &Resolved<'_>,
    live: &Live,
    nodes: &Nodes,
    shared: &[bool],
    id: FileId,
) -> Findings {
    let object = resolved.file(id);
    let own = nodes.function(id, 0) as usize..nodes.function(FileId(id.0 + 1), 0) as usize;
    let count = shared[own].iter().filter(|&&shared| shared).count();
    let mut found = Findings {
        candidates: Candidates::with_capacity(count),
        ..Findings::default()
    };
    for &(_, symbol) in &object.init_functions {
        found.watched.push(resolved.file_symbol(id, symbol));
    }
    let bindgen = |symbol: u32| {
        let symbol = object.symbols.get(symbol as usize);
        symbol.is_some_and(|symbol| symbol.class == NameClass::Bindgen)
    };
    let has_bindgen = (0..object.symbols.len() as u32).any(bindgen);
    let mut seen = vec![false; object.symbols.len()];
    let mut once = |index: u32| match seen.get_mut(index as usize) {
        Some(seen) => !std::mem::replace(seen, true),
        None => false,
    };
    let start = |node: u32, item: Item, list: &Candidates| {
        shared[node as usize].then(|| Hashing::new(resolved, node, item, list))
    };
    for (at, function) in object.functions.iter().enumerate() {
        if !live.functions[id.0 as usize][at] {
            continue;
        }
        let node = nodes.function(id, at as u32);
        let item = Item::Function(id, at as u32);
        let mut hashing = start(node, item, &found.candidates);
        for entry in function.relocs.iter() {
            if let Some(hashing) = &mut hashing {
                hashing.add(resolved, nodes, &entry, &mut found.candidates);
            }
            let value = reloc::row(entry.ty).value;
            match value {
                Value::Function => {
                    if has_bindgen && bindgen(entry.index) {
                        found.fixed.push(node);
                    }
                    // `ref.func` has the relocation type of a call, but takes an address.
                    let field = entry.offset.wrapping_sub(function.offset) as usize;
                    let opcode = field.checked_sub(1).and_then(|at| function.bytes.get(at));
                    let called = matches!(opcode, Some(&(CALL | RETURN_CALL)));
                    if !called && once(entry.index) {
                        found.pointed.push(resolved.file_symbol(id, entry.index));
                    }
                }
                _ if takes_address(object, value, entry.index) && once(entry.index) => {
                    found.pointed.push(resolved.file_symbol(id, entry.index));
                }
                _ => {}
            }
        }
        if let Some(hashing) = hashing {
            hashing.finish(&mut found.candidates);
        }
    }
    for (at, segment) in object.segments.iter().enumerate() {
        if !live.segments[id.0 as usize][at] {
            continue;
        }
        let node = nodes.segment(resolved, id, at as u32);
        let item = Item::Segment(id, at as u32);
        let mut hashing = start(node, item, &found.candidates);
        for entry in segment.relocs.iter() {
            if let Some(hashing) = &mut hashing {
                hashing.add(resolved, nodes, &entry, &mut found.candidates);
            }
            let value = reloc::row(entry.ty).value;
            if value == Value::AddressFromField {
                // The contents depend on the address.
                found.fixed.push(node);
            }
            if takes_address(object, value, entry.index) && once(entry.index) {
                found.pointed.push(resolved.file_symbol(id, entry.index));
            }
        }
        if let Some(hashing) = hashing {
            hashing.finish(&mut found.candidates);
        }
    }
    watch(resolved, id, &mut found);
    found
}

/// Finds the functions that sections for tools refer to.
fn watch(resolved: &Resolved<'_>, id: FileId, found: &mut Findings) {
    for custom in &resolved.file(id).customs {
        if custom.name.starts_with(".debug_") {
            continue;
        }
        for entry in custom.relocs.iter() {
            if reloc::row(entry.ty).value != Value::Type {
                found.watched.push(resolved.file_symbol(id, entry.index));
            }
        }
    }
}

/// Whether a relocation takes the address of a function.
fn takes_address(object: &ObjectFile<'_>, value: Value, symbol: u32) -> bool {
    match value {
        Value::Type => false,
        Value::TableSlot | Value::TableSlotRelative => true,
        _ => object.kinds.get(symbol as usize) == Some(&SymbolKind::Function),
    }
}

/// Whether a segment is read-only, not thread-local, and not a string table that is merged anyway.
fn is_constant(segment: &Segment<'_>) -> bool {
    segment.name.starts_with(".rodata")
        && !segment.tls
        && !segment.retain
        && !segment.strings
        && !segment.data.is_empty()
}
