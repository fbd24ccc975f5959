//! Symbols whose addresses are only known at run time.
//!
//! Problem: with `--unresolved-symbols=import-dynamic`, the address of an undefined symbol is the value of an
//! imported global. Position-independent code reads the global; in data a function stores the address
//! (`synthetic::apply_relocs`); other code contains addresses as constants, so it cannot be linked.
//!
//! Spec: tool-conventions, `DynamicLinking.md`.

use hashbrown::HashSet;
use wasmparser::RelocationEntry;

use crate::wasm::WasmOptions;
use crate::wasm::ids::{SymbolId, SymbolKind};
use crate::wasm::live::Live;
use crate::wasm::options::Unresolved;
use crate::wasm::reloc::{self, Field, Value};
use crate::wasm::symbols::{Resolved, Symbol};

/// Whether a symbol's address is only known at run time.
pub(crate) fn is_dynamic(options: &WasmOptions, symbol: &Symbol<'_>) -> bool {
    options.unresolved == Unresolved::Import
        && (!options.relocatable || options.shrink.compat)
        && symbol.is_undefined()
        && !symbol.is_local()
        && !symbol.is_hidden()
        && matches!(symbol.kind, SymbolKind::Data | SymbolKind::Function)
}

/// Whether an archive member would define a variable, but only weak references ask for it: then its address is null,
/// as in wasm-ld.
fn is_lazy(symbol: &Symbol<'_>) -> bool {
    // What a member that was pulled in does not define after all has neither kind nor type.
    let untyped = symbol.kind == SymbolKind::Function && symbol.signature.is_empty();
    symbol.demoted && (symbol.kind == SymbolKind::Data || untyped)
}

/// Whether a relocation of code needs such an address as a constant.
pub(crate) fn is_fixed(
    options: &WasmOptions,
    symbol: &Symbol<'_>,
    entry: &RelocationEntry,
) -> bool {
    let row = reloc::row(entry.ty);
    if !matches!(
        row.value,
        Value::Address | Value::TableSlot | Value::TableSlotRelative
    ) {
        return false;
    }
    // wasm-ld refuses any undefined symbol in code, even if no other module could define it.
    let code = !matches!(row.field, Field::I32 | Field::I64);
    let dynamic = options.unresolved == Unresolved::Import && symbol.is_undefined();
    let dynamic = is_dynamic(options, symbol) || (dynamic && options.shrink.compat);
    code && dynamic && !is_lazy(symbol)
}

/// Whether a relocation of data needs such an address, which is stored at run time.
pub(crate) fn waits(options: &WasmOptions, symbol: &Symbol<'_>, entry: &RelocationEntry) -> bool {
    let row = reloc::row(entry.ty);
    matches!(row.value, Value::Address | Value::TableSlot)
        && matches!(row.field, Field::I32 | Field::I64)
        && is_dynamic(options, symbol)
        && !is_lazy(symbol)
}

/// The symbols whose addresses are imported as globals.
pub(crate) fn imported_addresses(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    live: &Live,
) -> HashSet<SymbolId> {
    let mut found = HashSet::new();
    for (file, object) in resolved.files() {
        let at = file.0 as usize;
        let functions = object.functions.iter().map(|function| function.relocs);
        let segments = object.segments.iter().map(|segment| segment.relocs);
        // If nothing is dropped, wasm-ld also reads the relocations of custom sections.
        let looks = options.shrink.compat && !options.gc_sections;
        let customs = object.customs.iter().filter(|_| looks);
        let functions = functions.zip(&live.functions[at]);
        let chunks = functions.chain(segments.zip(&live.segments[at]));
        let chunks = chunks.chain(customs.map(|custom| (custom.relocs, &true)));
        let chunks = chunks.filter(|(_, live)| **live);
        for entry in chunks.flat_map(|(relocs, _)| relocs.iter()) {
            let value = reloc::row(entry.ty).value;
            if value == Value::Type {
                continue;
            }
            let id = resolved.file_symbol(file, entry.index);
            let symbol = resolved.symbol(id);
            let read = value == Value::Global && is_dynamic(options, symbol);
            if read || waits(options, symbol, &entry) {
                found.insert(id);
            }
        }
    }
    found
}
