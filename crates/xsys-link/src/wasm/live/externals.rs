//! The module's imports and exports.

use wasmparser::SymbolFlags;

use super::Live;
use crate::wasm::WasmOptions;
use crate::wasm::ids::{SymbolId, SymbolKind};
use crate::wasm::object::ImportName;
use crate::wasm::options::Unresolved;
use crate::wasm::symbols::Symbol;

/// Whether a symbol is exported.
pub(crate) fn is_exported(options: &WasmOptions, symbol: &Symbol<'_>) -> bool {
    symbol.is_defined()
        && !symbol.is_local()
        && !symbol.stub
        && symbol.kind != SymbolKind::Section
        && (options.export_all
            || (options.export_dynamic && !symbol.is_hidden())
            || symbol.is_exported_by_name())
}

/// Whether a symbol is imported.
pub(crate) fn is_imported(
    options: &WasmOptions,
    id: SymbolId,
    symbol: &Symbol<'_>,
    live: &Live,
) -> bool {
    let importable = symbol.is_undefined()
        && symbol.used
        && live.symbols[id.0 as usize]
        && !matches!(symbol.kind, SymbolKind::Data | SymbolKind::Section);
    // In an object, every undefined symbol is an import.
    if options.relocatable {
        return importable;
    }
    importable
        && (!symbol.is_weak() || symbol.flags.contains(SymbolFlags::EXPLICIT_NAME))
        && match options.shrink.compat {
            // In wasm-ld, a symbol that may only stay undefined is not imported.
            true => {
                options.import_undefined
                    || options.unresolved == Unresolved::Import
                    || is_allowed(options, symbol)
            }
            false => is_allowed(options, symbol) || options.unresolved != Unresolved::Error,
        }
}

/// Whether the source or the command line says that a symbol may be undefined.
pub(crate) fn is_allowed(options: &WasmOptions, symbol: &Symbol<'_>) -> bool {
    symbol.explicit_import
        || symbol.provided
        || (symbol.kind == SymbolKind::Function && options.import_undefined)
        || options
            .allow_undefined
            .iter()
            .any(|name| name == symbol.name)
}

/// Module and name of a symbol's import.
pub(crate) fn import_name<'a>(symbol: &Symbol<'a>) -> ImportName<'a> {
    symbol.import.as_deref().copied().unwrap_or(ImportName {
        module: "env",
        field: symbol.name,
    })
}
