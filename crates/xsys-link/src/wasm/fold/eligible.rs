//! What may be folded: things that nobody can tell from their equals.
//!
//! Objects do not say which addresses matter (there is no address-significance table in wasm), so
//! only what is certain counts:
//!
//! - A function may go when calls are all that refers to it. It stays when it is exported, the
//!   entry, an initialiser, or bound to wasm-bindgen, whose command line tool looks into functions
//!   that call its `__wbindgen_*` imports. It stays, and may stand in for others, when its address
//!   is taken.
//! - Data may go when they are read-only and every symbol in them is one that the compiler made up:
//!   LLVM gives constants private linkage (`.L` names, or `anon.….llvm.…` once ThinLTO moved them)
//!   only when they have no address of their own. Rust statics have names.

use rayon::prelude::*;
use wasmparser::SymbolFlags;

use super::super::WasmOptions;
use super::super::gc::{Live, is_exported};
use super::super::object::{ObjectFile, ObjectSymbol, Place, Segment, SymbolKind};
use super::super::reloc::{self, Value};
use super::super::symbols::{Definition, FileId, FunctionRef, Resolved, Symbol, SymbolId};
use super::{Nodes, Role};

/// Prefix of all that wasm-bindgen's macros and its command line tool agree on.
const BINDGEN: &str = "__wbindgen";
const CALL: u8 = 0x10;
const RETURN_CALL: u8 = 0x12;

/// What a file says about its own items and about other files'.
struct Findings {
    roles: Vec<Role>,
    /// Symbols of functions whose address is taken.
    pointed: Vec<SymbolId>,
    /// Symbols of functions that someone besides the linker looks at.
    watched: Vec<SymbolId>,
}

/// The role of each node.
pub fn roles(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    live: &Live,
    nodes: &Nodes,
) -> Vec<Role> {
    let findings: Vec<Findings> = (0..resolved.files.len() as u32)
        .into_par_iter()
        .map(|file| examine(resolved, live, FileId(file)))
        .collect();
    let mut roles = Vec::with_capacity(nodes.len());
    for found in &findings {
        roles.extend_from_slice(&found.roles);
    }
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
    roles
}

fn examine(resolved: &Resolved<'_>, live: &Live, id: FileId) -> Findings {
    let object = resolved.file(id);
    let alive = &live.functions[id.0 as usize];
    let functions = object.functions.iter().zip(alive);
    let mut roles: Vec<Role> = functions
        .map(
            |(function, &alive)| match alive && function.export_name.is_none() {
                true => Role::Free,
                false => Role::Fixed,
            },
        )
        .collect();
    let segments = object.segments.iter().zip(&live.segments[id.0 as usize]);
    roles.extend(
        segments.map(|(segment, &alive)| match alive && is_constant(segment) {
            true => Role::Free,
            false => Role::Fixed,
        }),
    );
    let mut bindgen = vec![false; object.symbols.len()];
    let mut has_bindgen = false;
    for (at, symbol) in object.symbols.iter().enumerate() {
        if symbol.name.starts_with(BINDGEN) {
            bindgen[at] = true;
            has_bindgen = true;
            if let (SymbolKind::Function, Place::Item(at)) = (symbol.kind, symbol.place)
                && let Some(role) = roles.get_mut(at as usize)
            {
                *role = Role::Fixed;
            }
        }
        if let Place::Data { segment, .. } = symbol.place
            && !has_no_identity(symbol)
            && let Some(role) = roles.get_mut(object.functions.len() + segment as usize)
        {
            *role = Role::Fixed;
        }
    }
    let mut found = Findings {
        roles,
        pointed: Vec::new(),
        watched: Vec::new(),
    };
    for &(_, symbol) in &object.init_functions {
        found.watched.push(resolved.file_symbol(id, symbol));
    }
    let mut seen = vec![false; object.symbols.len()];
    let mut once = |index: u32| match seen.get_mut(index as usize) {
        Some(seen) => !std::mem::replace(seen, true),
        None => false,
    };
    for (at, function) in object.functions.iter().enumerate() {
        if !alive[at] {
            continue;
        }
        for entry in function.relocs.iter() {
            let value = reloc::row(entry.ty).value;
            match value {
                Value::Function => {
                    if has_bindgen && bindgen[entry.index as usize] {
                        found.roles[at] = Role::Fixed;
                    }
                    // `ref.func` has the relocation of a call, but makes a pointer.
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
    }
    for (at, segment) in object.segments.iter().enumerate() {
        if !live.segments[id.0 as usize][at] {
            continue;
        }
        for entry in segment.relocs.iter() {
            let value = reloc::row(entry.ty).value;
            if value == Value::AddressFromField {
                // What it holds depends on where it is.
                found.roles[object.functions.len() + at] = Role::Fixed;
            }
            if takes_address(object, value, entry.index) && once(entry.index) {
                found.pointed.push(resolved.file_symbol(id, entry.index));
            }
        }
    }
    for custom in &object.customs {
        if custom.name.starts_with(".debug_") {
            continue;
        }
        for entry in custom.relocs.iter() {
            if reloc::row(entry.ty).value != Value::Type {
                found.watched.push(resolved.file_symbol(id, entry.index));
            }
        }
    }
    found
}

/// Whether a relocation makes a pointer to a function.
fn takes_address(object: &ObjectFile<'_>, value: Value, symbol: u32) -> bool {
    let of_function = || {
        let symbol = object.symbols.get(symbol as usize);
        symbol.is_some_and(|symbol| symbol.kind == SymbolKind::Function)
    };
    match value {
        Value::Type => false,
        Value::TableSlot | Value::TableSlotRelative => true,
        _ => of_function(),
    }
}

/// Read-only, the same for all threads, and not among strings that are merged anyway.
fn is_constant(segment: &Segment<'_>) -> bool {
    segment.name.starts_with(".rodata")
        && !segment.tls
        && !segment.retain
        && !segment.strings
        && !segment.data.is_empty()
}

/// Whether the compiler made a symbol up for a constant without an address of its own.
fn has_no_identity(symbol: &ObjectSymbol<'_>) -> bool {
    symbol.name.starts_with(".L")
        || (symbol.name.starts_with("anon.") && symbol.name.contains(".llvm."))
}
