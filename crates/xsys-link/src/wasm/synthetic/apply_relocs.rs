//! Functions that store addresses in data when the module is loaded: `__wasm_apply_data_relocs`, and
//! `__wasm_apply_tls_relocs` for a thread's own data.
//!
//! Problem: with `--unresolved-symbols=import-dynamic` the address of an undefined symbol is the value of an imported
//! global, and data segments cannot refer to globals. So a function reads the global and stores the address where the
//! relocation says. The loader calls the exported `__wasm_apply_data_relocs` before anything else;
//! `__wasm_init_tls` calls the other one in each thread.
//!
//! Spec: tool-conventions, `DynamicLinking.md`; the instructions and their order are wasm-ld's.

use xsys_diag::Diagnostic;

use super::code::{Code, GLOBAL_GET, I32_ADD, I32_STORE, I64_ADD, I64_STORE, pointer};
use crate::demangle::readable;
use crate::wasm::WasmOptions;
use crate::wasm::ids::SymbolKind;
use crate::wasm::index::Indexes;
use crate::wasm::index::dynamic::{imported_addresses, is_dynamic, waits};
use crate::wasm::layout::memory::{Memory, Source};
use crate::wasm::live::Live;
use crate::wasm::reloc::{self, Field, Row, Value};
use crate::wasm::symbols::{Resolved, Symbol};

/// Alignment of the stores as a power of two, and their offset.
const PLACE: [u8; 2] = [2, 0];

/// The function for data that all threads share.
pub(crate) const APPLY: &str = "__wasm_apply_data_relocs";

/// Whether any live data, thread-local or others, need this.
pub(crate) fn any(options: &WasmOptions, resolved: &Resolved<'_>, live: &Live, tls: bool) -> bool {
    let mut named = resolved.named();
    if !named.any(|(_, symbol)| is_dynamic(options, symbol)) {
        return false;
    }
    let mut imported = None;
    resolved.files().any(|(file, object)| {
        let segments = object.segments.iter().zip(&live.segments[file.0 as usize]);
        let segments = segments
            .filter(|(segment, live)| **live && (options.memory.shared && segment.tls) == tls);
        let mut entries = segments.flat_map(|(segment, _)| segment.relocs.iter());
        entries.any(|entry| {
            let id = resolved.file_symbol(file, entry.index);
            let symbol = resolved.symbol(id);
            let mut is_imported = || {
                let imported =
                    imported.get_or_insert_with(|| imported_addresses(options, resolved, live));
                imported.contains(&id)
            };
            // A relocation of another type is an error if there is a global with the address.
            waits(options, symbol, &entry) || (is_dynamic(options, symbol) && is_imported())
        })
    })
}

/// The body of the function for thread-local data or for all others, without its list of local variables. A relocation
/// that needs more than an address which is the value of a global is an error.
pub(super) fn body(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    indexes: &Indexes<'_>,
    memory: &Memory<'_>,
    tls: bool,
    out: &mut Vec<u8>,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let is64 = options.is64();
    let mut code = Code { out, is64 };
    let segments = memory.segments.iter();
    let segments = segments.filter(|segment| (memory.shared && segment.is_tls()) == tls);
    for (whole, part) in segments.flat_map(|s| s.parts.iter().map(move |part| (s, part))) {
        let Source::Input(file, at) = part.source else {
            continue;
        };
        let segment = &resolved.file(file).segments[at as usize];
        for entry in segment.relocs.iter() {
            let id = resolved.file_symbol(file, entry.index);
            let symbol = resolved.symbol(id);
            let global = indexes.global_number(id, symbol);
            let Some(global) = global.filter(|_| applies(options, symbol, tls)) else {
                continue;
            };
            let row = reloc::row(entry.ty);
            if !is_storable(row, tls) {
                problems.push(not_storable(
                    symbol.name,
                    &resolved.file(file).name,
                    row.name,
                ));
                continue;
            }
            let inside = u64::from(entry.offset - segment.offset);
            code.address(whole.addr + part.offset + inside);
            code.index(GLOBAL_GET, global);
            let wide = row.field == Field::I64;
            if entry.addend != 0 {
                pointer(code.out, entry.addend as u64, wide);
                code.out.push(if wide { I64_ADD } else { I32_ADD });
            }
            code.out.push(if wide { I64_STORE } else { I32_STORE });
            code.out.extend(PLACE);
        }
    }
    problems
}

/// Whether the address of a symbol is stored. As wasm-ld does it, thread-local data get all addresses that globals hold,
/// not only those that are imported.
fn applies(options: &WasmOptions, symbol: &Symbol<'_>, tls: bool) -> bool {
    match tls {
        true => symbol.kind != SymbolKind::Global,
        false => is_dynamic(options, symbol),
    }
}

/// Whether a relocation asks for an address or a table slot, as a number of fixed width.
fn is_storable(row: &Row, tls: bool) -> bool {
    matches!(row.value, Value::Address | Value::TableSlot)
        && (tls || matches!(row.field, Field::I32 | Field::I64))
}

/// A relocation of data needs more than an address that is known at run time.
fn not_storable(name: &str, user: &str, relocation: &str) -> Diagnostic {
    Diagnostic::error(format!(
        "data of `{user}` need more than the address of `{}`, which is only known at run time",
        readable(name)
    ))
    .counterpart(format!(
        "invalid runtime relocation type in data section: {relocation}"
    ))
}
