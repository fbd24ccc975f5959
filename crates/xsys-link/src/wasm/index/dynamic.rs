//! Which places wait for an address until the module is loaded.
//!
//! Problem: with `--unresolved-symbols=import-dynamic` the address of what nothing defines is an imported global.
//! Position-independent code reads it from there; data get it from a function ([`crate::wasm::synthetic::apply_relocs`]); other code has
//! it as a number, which cannot be. Spec: tool-conventions, `DynamicLinking.md`.

use wasmparser::RelocationEntry;

use crate::wasm::WasmOptions;
use crate::wasm::ids::SymbolKind;
use crate::wasm::options::Unresolved;
use crate::wasm::reloc::{self, Field, Value};
use crate::wasm::symbols::Symbol;

/// Whether the address of something that is not defined is asked for at run time.
pub(crate) fn is_dynamic(options: &WasmOptions, symbol: &Symbol<'_>) -> bool {
    options.unresolved == Unresolved::Import
        && (!options.relocatable || options.shrink.compat)
        && symbol.is_undefined()
        && !symbol.is_local()
        && !symbol.is_hidden()
        && matches!(symbol.kind, SymbolKind::Data | SymbolKind::Function)
}

/// Whether code wants that address now. Data get it at run time ([`crate::wasm::synthetic::apply_relocs`]).
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
    // wasm-ld lets no code have an address that is not known, even of what nobody else can define.
    let code = !matches!(row.field, Field::I32 | Field::I64);
    let dynamic = options.unresolved == Unresolved::Import && symbol.is_undefined();
    code && (is_dynamic(options, symbol) || (dynamic && options.shrink.compat))
}

/// Whether a place in data waits for it.
pub(crate) fn waits(options: &WasmOptions, symbol: &Symbol<'_>, entry: &RelocationEntry) -> bool {
    let row = reloc::row(entry.ty);
    matches!(row.value, Value::Address | Value::TableSlot)
        && matches!(row.field, Field::I32 | Field::I64)
        && is_dynamic(options, symbol)
}
