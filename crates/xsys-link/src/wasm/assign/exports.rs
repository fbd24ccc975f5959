//! The exports of the output, in order.

use hashbrown::{HashMap, HashSet};
use wasmparser::ExternalKind;

use crate::wasm::WasmOptions;
use crate::wasm::features::Features;
use crate::wasm::ids::{FunctionRef, SymbolId, SymbolKind};
use crate::wasm::index::{Indexes, OwnGlobal};
use crate::wasm::layout::Export;
use crate::wasm::layout::memory::Memory;
use crate::wasm::live::Live;
use crate::wasm::live::externals::is_exported;
use crate::wasm::symbols::resolve::segment_name;
use crate::wasm::symbols::{Definition, LinkerSymbol, Resolved, Symbol};

/// Lists the exports. `wrappers` has the functions that are exported in place of others.
pub(super) fn exports<'a>(
    options: &'a WasmOptions,
    resolved: &Resolved<'a>,
    live: &Live,
    features: &Features,
    memory: &Memory<'_>,
    indexes: &mut Indexes<'a>,
    wrappers: &HashMap<SymbolId, u32>,
) -> Vec<Export<'a>> {
    let mut exports = Vec::new();
    if options.relocatable {
        return object_exports(options, resolved, indexes);
    }
    if let Some(name) = options.memory_export() {
        exports.push(Export {
            name,
            kind: ExternalKind::Memory,
            index: 0,
        });
    }
    // Wrapped functions come last.
    let plain = resolved
        .named()
        .filter(|(id, _)| !wrappers.contains_key(id));
    let mut plain: Vec<(SymbolId, &Symbol<'_>)> = plain.collect();
    // They follow each other. wasm-ld makes them when it knows the segments, in their order.
    let runs = plain.chunk_by_mut(|a, b| {
        let ends = [a, b].map(|(_, symbol)| end_of_segment(memory, symbol));
        ends.iter().all(Option::is_some)
    });
    for run in runs {
        run.sort_by_key(|(_, symbol)| end_of_segment(memory, symbol));
    }
    let wrapped = resolved.named().filter(|(id, _)| wrappers.contains_key(id));
    for (id, symbol) in plain.into_iter().chain(wrapped) {
        if !is_exported(options, symbol) || !live.holds(id, symbol) {
            continue;
        }
        // The flag only exists if there is memory to initialise.
        if symbol.definition == Definition::Linker(LinkerSymbol::InitFlag)
            && memory.init_flag.is_none()
        {
            continue;
        }
        let mut name = symbol.name;
        let (kind, index) = match symbol.kind {
            SymbolKind::Function => {
                if let Definition::Function(FunctionRef::Object(file, at)) = symbol.definition {
                    let function = &resolved.file(file).functions[at as usize];
                    name = function.export_name.unwrap_or(name);
                }
                let wrapper = wrappers.get(&id).copied();
                let number = wrapper.or_else(|| indexes.symbol_number(id, symbol));
                (ExternalKind::Func, number)
            }
            SymbolKind::Global => {
                // The linker's mutable globals are only exported by name.
                let mutable = symbol.global_type[1] == 1;
                let ours = symbol.file.is_none();
                if ours
                    && mutable
                    && !features.has("mutable-globals")
                    && !symbol.is_exported_by_name()
                {
                    continue;
                }
                (ExternalKind::Global, indexes.symbol_number(id, symbol))
            }
            SymbolKind::Data => {
                let number = indexes.add_global(OwnGlobal::Exported(id));
                (ExternalKind::Global, Some(number))
            }
            SymbolKind::Table => (ExternalKind::Table, indexes.symbol_number(id, symbol)),
            SymbolKind::Tag => (ExternalKind::Tag, indexes.symbol_number(id, symbol)),
            SymbolKind::Section => continue,
        };
        if let Some(index) = index {
            exports.push(Export { name, kind, index });
        }
    }
    exports
}

/// The place of an address that only the command line asks for, `__start_NAME` or `__stop_NAME`, among its like; nothing
/// for other symbols.
fn end_of_segment(memory: &Memory<'_>, symbol: &Symbol<'_>) -> Option<(usize, bool)> {
    let is_end = match symbol.definition {
        Definition::Linker(LinkerSymbol::SegmentStart) => false,
        Definition::Linker(LinkerSymbol::SegmentEnd) => true,
        _ => return None,
    };
    let segment = segment_name(symbol.name);
    let mut segments = memory.segments.iter();
    let number = segments.position(|known| known.name == segment)?;
    (!symbol.used).then_some((number, is_end))
}

/// The exports of an object: functions that a later link is to export under another name. wasm-ld drops them.
fn object_exports<'a>(
    options: &WasmOptions,
    resolved: &Resolved<'a>,
    indexes: &Indexes<'a>,
) -> Vec<Export<'a>> {
    let functions = indexes.functions.iter().filter(|_| !options.shrink.compat);
    // Copies of a weak function have the same name.
    let mut seen = HashSet::new();
    let exports = functions.filter_map(|&function| {
        let FunctionRef::Object(file, at) = function else {
            return None;
        };
        let name = resolved.file(file).functions[at as usize].export_name?;
        seen.insert(name).then_some(())?;
        Some(Export {
            name,
            kind: ExternalKind::Func,
            index: indexes.body_number(function)?,
        })
    });
    exports.collect()
}
