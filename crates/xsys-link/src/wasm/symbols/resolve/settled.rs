//! The last steps of resolution, when all names are resolved.

use crate::wasm::WasmOptions;
use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::symbols::{Asker, Definition, Discarded, Resolved};

/// Renumbers files in link order.
pub(super) fn put_in_order(resolved: &mut Resolved<'_>, order: &[FileId]) {
    let mut renumbered = vec![FileId(0); order.len()];
    for (new, old) in order.iter().enumerate() {
        renumbered[old.0 as usize] = FileId(new as u32);
    }
    let new = |file: FileId| renumbered[file.0 as usize];
    let mut files: Vec<_> = std::mem::take(&mut resolved.files)
        .into_iter()
        .map(Some)
        .collect();
    let mut symbols = std::mem::take(&mut resolved.file_symbols);
    let explicit = std::mem::take(&mut resolved.explicit);
    for old in order {
        let old = old.0 as usize;
        resolved.files.extend(files[old].take());
        resolved
            .file_symbols
            .push(std::mem::take(&mut symbols[old]));
        resolved.explicit.push(explicit[old]);
    }
    for symbol in &mut resolved.symbols {
        symbol.file = symbol.file.map(new);
        match &mut symbol.definition {
            Definition::Function(FunctionRef::Object(file, _))
            | Definition::Item(file, _)
            | Definition::Data { file, .. } => *file = new(*file),
            _ => {}
        }
    }
    for extracted in &mut resolved.extracted {
        extracted.file = new(extracted.file);
        if let Asker::File(by) = &mut extracted.by {
            *by = new(*by);
        }
    }
    let Discarded {
        functions,
        segments,
        customs,
    } = &mut resolved.discarded;
    for set in [functions, segments, customs] {
        *set = set.iter().map(|&(file, at)| (new(file), at)).collect();
    }
    resolved.opened = renumbered;
}

/// Marks the symbols that the command line exports.
pub(super) fn export(options: &WasmOptions, resolved: &mut Resolved<'_>) {
    let asked = options.exports.iter().chain(&options.export_if_defined);
    let asked = asked.map(|name| resolved.find(name));
    let entry = options.entry.iter().map(|name| resolved.find_own(name));
    let found: Vec<SymbolId> = asked.chain(entry).flatten().collect();
    for id in found {
        let symbol = &mut resolved.symbols[id.0 as usize];
        symbol.force_export |= symbol.is_defined();
    }
}

/// Makes symbols undefined whose members were not pulled in.
pub(super) fn demote_lazy(resolved: &mut Resolved<'_>) {
    for symbol in &mut resolved.symbols {
        if matches!(symbol.definition, Definition::Lazy(_)) {
            symbol.definition = Definition::Undefined;
            symbol.demoted = true;
            // Only the command line asked for it, and the member that the index lists does not define it: so the type
            // of such a function is unknown.
            symbol.used &= symbol.kind != SymbolKind::Function || !symbol.signature.is_empty();
        }
    }
}
