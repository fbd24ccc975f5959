//! Garbage collection: finds what the program can reach.
//!
//! Each function, data segment, global, table and tag is live or dead as a whole. The roots are the entry point,
//! exports, symbols that must not be stripped, and, in files of which something is live, initialisers and segments
//! that are marked `retain`. Debug information keeps nothing alive.

use super::Live;
use super::externals::is_exported;
use crate::wasm::WasmOptions;
use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::reloc::{self, Relocs, Value};
use crate::wasm::symbols::{Definition, LinkerSymbol, Resolved, Symbol};

/// Whether a symbol is `__start_NAME` or `__stop_NAME` of a segment.
fn is_end(symbol: &Symbol<'_>) -> bool {
    use LinkerSymbol::{SegmentEnd, SegmentStart};
    matches!(
        symbol.definition,
        Definition::Linker(SegmentStart | SegmentEnd)
    )
}

/// Finds what is live.
pub(crate) fn gc(options: &WasmOptions, resolved: &Resolved<'_>) -> Live {
    let all = !options.gc_sections;
    let mut marking = Marking {
        compat: options.shrink.compat,
        resolved,
        queue: Vec::new(),
        live: everything(options, resolved, all),
    };
    for (id, symbol) in resolved.named() {
        let entry = options.entry.as_deref() == Some(symbol.name);
        let no_strip = symbol.flags.contains(wasmparser::SymbolFlags::NO_STRIP);
        let pointer = symbol.definition == Definition::Linker(LinkerSymbol::StackPointer);
        let finaliser = resolved.finaliser == Some(id);
        // It is not known yet which segments there are. If a segment exists, its ends are exported.
        let exported = is_exported(options, symbol) && !is_end(symbol);
        if entry || no_strip || pointer || finaliser || exported {
            marking.mark(id);
        }
    }
    // In wasm-ld, `--wrap` applies to the entry's users, and the command line is one of them; the export is the entry
    // itself.
    if options.shrink.compat
        && let Some(id) = options
            .entry
            .as_deref()
            .and_then(|entry| resolved.find(entry))
    {
        marking.mark(id);
    }
    // The addresses that the linker defines are known, even if only a custom section refers to them.
    for (id, symbol) in resolved.named() {
        let ours = matches!(symbol.definition, Definition::Linker(_)) && !is_end(symbol);
        if symbol.kind == SymbolKind::Data && ours {
            marking.mark(id);
        }
    }
    for (file, _) in resolved.files() {
        if resolved.explicit[file.0 as usize] || all {
            marking.enter_file(file);
        }
    }
    while let Some((file, relocs)) = marking.queue.pop() {
        marking.follow(file, relocs);
    }
    let mut live = marking.live;
    // The function that calls initialisers has no relocations.
    let has_init = resolved.files().any(|(file, object)| {
        let mut initialisers = object.init_functions.iter();
        initialisers.any(|&(_, symbol)| {
            let id = resolved.file_symbol(file, symbol);
            !resolved.is_discarded(id) && live.symbols[id.0 as usize]
        })
    });
    live.synthetic[0] = (live.synthetic[0] || has_init) && !options.relocatable;
    live
}

fn everything(options: &WasmOptions, resolved: &Resolved<'_>, live: bool) -> Live {
    let lists = |count: &dyn Fn(FileId) -> usize| -> Vec<Vec<bool>> {
        resolved
            .files()
            .map(|(file, _)| vec![live; count(file)])
            .collect()
    };
    let mut found = Live {
        functions: lists(&|file| resolved.file(file).functions.len()),
        segments: lists(&|file| resolved.file(file).segments.len()),
        globals: lists(&|file| resolved.file(file).globals.len()),
        tables: lists(&|file| resolved.file(file).tables.len()),
        tags: lists(&|file| resolved.file(file).tags.len()),
        synthetic: vec![live; resolved.synthetic.len()],
        symbols: vec![live; resolved.symbols.len()],
        files: vec![false; resolved.files.len()],
        folded: Vec::new(),
    };
    // If nothing is dropped, wasm-ld also writes members of groups that another file had first.
    if live && options.shrink.compat {
        return found;
    }
    for &(file, at) in &resolved.discarded.functions {
        if let Some(flag) = found.functions[file.0 as usize].get_mut(at as usize) {
            *flag = false;
        }
    }
    for &(file, at) in &resolved.discarded.segments {
        if let Some(flag) = found.segments[file.0 as usize].get_mut(at as usize) {
            *flag = false;
        }
    }
    found
}

struct Marking<'r, 'a> {
    /// As in wasm-ld, `retain` segments are live even in groups that another file had first.
    compat: bool,
    resolved: &'r Resolved<'a>,
    queue: Vec<(FileId, Relocs<'a>)>,
    live: Live,
}

impl Marking<'_, '_> {
    #[inline]
    fn mark(&mut self, id: SymbolId) {
        if !std::mem::replace(&mut self.live.symbols[id.0 as usize], true) {
            self.mark_new(id);
        }
    }

    fn mark_new(&mut self, id: SymbolId) {
        let symbol = self.resolved.symbol(id);
        match symbol.definition {
            Definition::Function(FunctionRef::Synthetic(at)) => {
                self.live.synthetic[at as usize] = true;
            }
            Definition::Function(FunctionRef::Object(file, at)) => {
                self.enter_file(file);
                if set(&mut self.live.functions, file, at) {
                    let relocs = self.resolved.file(file).functions[at as usize].relocs;
                    self.queue.push((file, relocs));
                }
            }
            Definition::Data { file, segment, .. } => {
                self.enter_file(file);
                self.mark_segment(file, segment);
            }
            Definition::Item(file, at) => {
                self.enter_file(file);
                match symbol.kind {
                    SymbolKind::Global => set(&mut self.live.globals, file, at),
                    SymbolKind::Table => set(&mut self.live.tables, file, at),
                    SymbolKind::Tag => set(&mut self.live.tags, file, at),
                    _ => false,
                };
            }
            _ => {}
        }
    }

    fn mark_segment(&mut self, file: FileId, segment: u32) {
        if set(&mut self.live.segments, file, segment) {
            let relocs = self.resolved.file(file).segments[segment as usize].relocs;
            self.queue.push((file, relocs));
        }
    }

    /// Makes the initialisers and `retain` segments of a file live, because something else of the file is.
    fn enter_file(&mut self, file: FileId) {
        if std::mem::replace(&mut self.live.files[file.0 as usize], true) {
            return;
        }
        let object = self.resolved.file(file);
        for &(_, symbol) in &object.init_functions {
            let id = self.resolved.file_symbol(file, symbol);
            if !self.resolved.is_discarded(id) {
                self.mark(id);
            }
        }
        for (at, segment) in object.segments.iter().enumerate() {
            let discarded = &self.resolved.discarded.segments;
            // wasm-ld keeps those, too.
            if segment.retain && (self.compat || !discarded.contains(&(file, at as u32))) {
                self.mark_segment(file, at as u32);
            }
        }
    }

    fn follow(&mut self, file: FileId, relocs: Relocs<'_>) {
        relocs.iter().for_each(|entry| {
            let value = reloc::row(entry.ty).value;
            if value == Value::Type {
                return;
            }
            let id = self.resolved.file_symbol(file, entry.index);
            // A function that traps has no slot, so taking its address does not make it live. In wasm-ld, a slot
            // relative to the table's base does.
            let follows = self.compat && value == Value::TableSlotRelative;
            if value.is_table_slot() && !follows && self.resolved.symbol(id).stub {
                return;
            }
            self.mark(id);
        });
    }
}

/// Sets a flag; `true` if it was not set before.
fn set(lists: &mut [Vec<bool>], file: FileId, at: u32) -> bool {
    match lists[file.0 as usize].get_mut(at as usize) {
        Some(flag) => !std::mem::replace(flag, true),
        None => false,
    }
}
