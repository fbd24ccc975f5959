//! Data that hold addresses which are found at run time.
//!
//! Problem: with `--unresolved-symbols=import-dynamic` the address of what nothing defines is an imported global, which a
//! module's data cannot refer to. So a function, exported as `__wasm_apply_data_relocs`, stores it where it belongs;
//! whoever loads the module calls that before all else. Thread-local data are filled in [`super::threads`]. Spec:
//! tool-conventions, `DynamicLinking.md`; the instructions and their order are wasm-ld's.

use xsys_diag::Diagnostic;

use crate::wasm::WasmOptions;
use crate::wasm::index::dynamic::{is_dynamic, waits};
use crate::wasm::live::Live;
use crate::wasm::index::Indexes;
use crate::wasm::leb;
use crate::wasm::layout::memory::{Memory, OutputSegment, Source};
use crate::wasm::reloc::{self, Field};
use crate::wasm::symbols::Resolved;
use super::threads::{is_tls, no_address, pointer};

const GLOBAL_GET: u8 = 0x23;
const I32_STORE: u8 = 0x36;
const I64_STORE: u8 = 0x37;
const I32_ADD: u8 = 0x6a;
const I64_ADD: u8 = 0x7c;
/// Of stores, as a power of two; and their offset.
const PLACE: [u8; 2] = [2, 0];

/// The function that fills in data.
pub(crate) const APPLY: &str = "__wasm_apply_data_relocs";

/// Whether live data, thread-local or others, have such a place.
pub(crate) fn any(options: &WasmOptions, resolved: &Resolved<'_>, live: &Live, tls: bool) -> bool {
    let mut named = resolved.named();
    if !named.any(|(_, symbol)| is_dynamic(options, symbol)) {
        return false;
    }
    resolved.files().any(|(file, object)| {
        let segments = object.segments.iter().zip(&live.segments[file.0 as usize]);
        let segments = segments
            .filter(|(segment, live)| **live && (options.memory.shared && segment.tls) == tls);
        let mut entries = segments.flat_map(|(segment, _)| segment.relocs.iter());
        entries.any(|entry| {
            waits(
                options,
                resolved.symbol(resolved.file_symbol(file, entry.index)),
                &entry,
            )
        })
    })
}

/// The body of the function, without its list of local variables. Data that want something else than an address of what
/// has its address in a global are mistakes.
pub(crate) fn body(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    indexes: &Indexes<'_>,
    memory: &Memory<'_>,
    out: &mut Vec<u8>,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let segments = memory.segments.iter();
    for segment in segments.filter(|segment| !memory.shared || !is_tls(segment)) {
        fill(options, resolved, indexes, segment, out, &mut problems);
    }
    problems
}

fn fill(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    indexes: &Indexes<'_>,
    whole: &OutputSegment<'_>,
    out: &mut Vec<u8>,
    problems: &mut Vec<Diagnostic>,
) {
    for part in &whole.parts {
        let Source::Input(file, at) = part.source else {
            continue;
        };
        let segment = &resolved.file(file).segments[at as usize];
        for entry in segment.relocs.iter() {
            let id = resolved.file_symbol(file, entry.index);
            let symbol = resolved.symbol(id);
            let global = indexes.global_number(id, symbol);
            let Some(global) = global.filter(|_| is_dynamic(options, symbol)) else {
                continue;
            };
            if !waits(options, symbol, &entry) {
                let row = reloc::row(entry.ty);
                problems.push(no_address(symbol.name, &resolved.file(file).name, row.name));
                continue;
            }
            let inside = u64::from(entry.offset - segment.offset);
            pointer(out, whole.addr + part.offset + inside, options.is64());
            out.push(GLOBAL_GET);
            leb::uleb(out, u64::from(global));
            let wide = reloc::row(entry.ty).field == Field::I64;
            if entry.addend != 0 {
                pointer(out, entry.addend as u64, wide);
                out.push(if wide { I64_ADD } else { I32_ADD });
            }
            out.push(if wide { I64_STORE } else { I32_STORE });
            out.extend(PLACE);
        }
    }
}
