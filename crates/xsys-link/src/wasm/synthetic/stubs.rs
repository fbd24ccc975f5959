//! Functions that trap in place of undefined ones, in wasm-ld's order.
//!
//! Problem: where the command line accepts undefined functions, wasm-ld makes a function that traps when it reads the
//! first relocation that refers to one, and assigns indexes in this order. If no relocation refers to it, there is no
//! such function, even if nothing is dropped. With `--compat=wasm-ld` the functions are brought into this order once
//! it is known what is live.

use hashbrown::{HashMap, HashSet};

use crate::wasm::WasmOptions;
use crate::wasm::ids::{FunctionRef, SymbolId};
use crate::wasm::live::Live;
use crate::wasm::reloc::{self, Value};
use crate::wasm::symbols::{Definition, Resolved};

/// Sorts the functions, and drops those that nothing refers to.
pub(crate) fn settle(options: &WasmOptions, resolved: &mut Resolved<'_>, live: &mut Live) {
    let any = resolved.symbols.iter().any(|symbol| symbol.missing);
    if !options.shrink.compat || options.relocatable || !any {
        return;
    }
    let order = met(options, resolved, live);
    let met: HashSet<SymbolId> = order.iter().copied().collect();
    let mut used = Vec::new();
    for &id in &order {
        if let Definition::Function(FunctionRef::Synthetic(at)) = resolved.symbol(id).definition
            && !used.contains(&at)
        {
            used.push(at);
        }
    }
    let symbols = resolved.symbols.iter().filter(|symbol| symbol.missing);
    let stubs = symbols.filter_map(|symbol| match symbol.definition {
        Definition::Function(FunctionRef::Synthetic(at)) => Some(at),
        _ => None,
    });
    let mut stubs: Vec<u32> = stubs.collect();
    stubs.sort_unstable();
    stubs.dedup();
    let unused = stubs.iter().filter(|at| !used.contains(at));
    let numbers: Vec<u32> = used.iter().chain(unused).copied().collect();
    let mut moved = HashMap::new();
    let old = resolved.synthetic.clone();
    for (&new, &from) in stubs.iter().zip(&numbers) {
        resolved.synthetic[new as usize] = old[from as usize].clone();
        live.synthetic[new as usize] = used.contains(&from);
        moved.insert(from, new);
    }
    for (at, symbol) in resolved.symbols.iter_mut().enumerate() {
        // One function replaces several symbols, and nothing live may refer to some of them.
        if symbol.missing && !met.contains(&SymbolId(at as u32)) {
            symbol.definition = Definition::Undefined;
            live.symbols[at] = false;
        } else if let Definition::Function(FunctionRef::Synthetic(number)) = &mut symbol.definition
            && symbol.missing
            && let Some(&new) = moved.get(number)
        {
            *number = new;
        }
    }
}

/// The undefined symbols, in the order in which live relocations refer to them.
fn met(options: &WasmOptions, resolved: &Resolved<'_>, live: &Live) -> Vec<SymbolId> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for (file, object) in resolved.files() {
        let at = file.0 as usize;
        let functions = object.functions.iter().map(|function| function.relocs);
        let segments = object.segments.iter().map(|segment| segment.relocs);
        let customs = object.customs.iter().filter(|_| !options.gc_sections);
        let customs = customs.map(|custom| (custom.relocs, &true));
        let chunks = functions.zip(&live.functions[at]);
        let chunks = chunks
            .chain(segments.zip(&live.segments[at]))
            .chain(customs);
        for (relocs, _) in chunks.filter(|(_, live)| **live) {
            for entry in relocs.iter() {
                if reloc::row(entry.ty).value == Value::Type {
                    continue;
                }
                let id = resolved.file_symbol(file, entry.index);
                if resolved.symbol(id).missing && seen.insert(id) {
                    found.push(id);
                }
            }
        }
    }
    found
}
