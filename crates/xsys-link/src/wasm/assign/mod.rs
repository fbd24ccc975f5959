//! Assign: addresses, indexes and offsets.
//!
//! Data get addresses, everything else an index; exports are listed, and bodies and custom sections get their
//! offsets. After this pass nothing moves; only bytes are left to be written.

mod customs;
mod exports;
mod gaps;

use wasmparser::SymbolFlags;
use xsys_diag::Diagnostic;

use crate::wasm::WasmOptions;
use crate::wasm::code::tidy::{self, Arities};
use crate::wasm::debug;
use crate::wasm::features::Features;
use crate::wasm::ids::{SymbolId, SymbolKind};
use crate::wasm::index::{self, missing};
use crate::wasm::layout::Layout;
use crate::wasm::layout::memory::{self, Memory};
use crate::wasm::leb;
use crate::wasm::live::Live;
use crate::wasm::relocate::shorten;
use crate::wasm::symbols::resolve::segment_name;
use crate::wasm::symbols::told::Stage;
use crate::wasm::symbols::{Definition, LinkerSymbol, Resolved};
use crate::wasm::synthetic;

/// Assigns all addresses, indexes and offsets.
pub(super) fn assign<'a>(
    options: &'a WasmOptions,
    resolved: &mut Resolved<'a>,
    live: &mut Live,
    features: &Features,
) -> (Option<Layout<'a>>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let bss = synthetic::bss_in_import(options, features);
    let memory = match memory::lay_out(options, resolved, live, bss) {
        Ok(memory) => memory,
        Err(found) => {
            problems = found;
            Memory::default()
        }
    };
    if !problems.is_empty() {
        // Report undefined symbols in the same run.
        problems.extend(index::number(options, resolved, live).1);
        return (None, problems);
    }
    problems.extend(settle_ends(options, resolved, live, &memory));
    synthetic::apply_data(options, resolved, live);
    let start = synthetic::init_memory(options, resolved, live, &memory);
    let wanted = index::needs_tls_globals(options, resolved, live);
    synthetic::tls_globals(options, resolved, live, wanted);
    let (mut indexes, missing) = index::number(options, resolved, live);
    problems.extend(missing);
    let wrappers = synthetic::command_exports(options, resolved, live, &mut indexes);
    let (bodies, found) = synthetic::bodies(options, resolved, live, &indexes, &memory);
    problems.extend(found);
    let exports = exports::exports(
        options,
        resolved,
        live,
        features,
        &memory,
        &mut indexes,
        &wrappers,
    );
    let start = start.and_then(|function| indexes.body_number(function));
    indexes.finish(resolved, live);
    let mut layout = Layout {
        memory,
        indexes,
        exports,
        start,
        table_base: options.table.base,
        bodies,
        code_offsets: Vec::new(),
        shortened: None,
        contents: Vec::new(),
        code_size: 0,
        customs: Vec::new(),
        custom_places: resolved
            .files
            .iter()
            .map(|file| vec![None; file.customs.len()])
            .collect(),
        debug: debug::Pruned::default(),
        exact: options.shrink.compat,
    };
    let has_debug = debug::is_written(options, resolved);
    // Debug information that is not pruned is copied, and contains offsets of instructions.
    if options.shortens() && (!has_debug || options.prunes_debug()) {
        let arities = options.tidies().then(|| layout.arities(resolved));
        let arities = arities.filter(|_| !has_debug && !has_metadata(resolved));
        let shortened = shorten::shorten(resolved, live, &layout, has_debug, arities.as_ref());
        layout.shortened = Some(shortened);
    }
    let (debug, found) = debug::plan(options, resolved, live, layout.shortened.as_ref());
    problems.extend(found);
    layout.debug = debug;
    layout.place_customs(options, resolved);
    layout.place_code(resolved);
    layout.contents = gaps::find(options, resolved, live, &layout);
    (Some(layout), problems)
}

/// Decides whether the ends of segments are defined: they are if the segment exists in the output, and undefined if
/// nothing of it is live.
fn settle_ends(
    options: &WasmOptions,
    resolved: &mut Resolved<'_>,
    live: &mut Live,
    memory: &Memory<'_>,
) -> Vec<Diagnostic> {
    let ends = [LinkerSymbol::SegmentStart, LinkerSymbol::SegmentEnd].map(Definition::Linker);
    let mut exported = Vec::new();
    let mut told = Vec::new();
    for at in 0..resolved.symbols.len() {
        if !ends.contains(&resolved.symbols[at].definition) {
            continue;
        }
        let flags = flags_of_users(resolved, SymbolId(at as u32));
        let symbol = &mut resolved.symbols[at];
        let segment = segment_name(symbol.name);
        let mut segments = memory.segments.iter();
        if let Some(number) = segments.position(|known| known.name == segment) {
            live.symbols[at] = true;
            if resolved.told.follows(at as u32) {
                told.push((number, symbol.name));
            }
            continue;
        }
        symbol.definition = Definition::Undefined;
        symbol.flags = flags.unwrap_or(symbol.flags);
        live.symbols[at] &= symbol.used;
        exported.extend(symbol.force_export.then_some(symbol.name));
    }
    // wasm-ld defines them segment by segment, the start first.
    told.sort();
    resolved.told.set_stage(Stage::Segments);
    for (_, name) in told {
        let what = format!("definition of {name}");
        resolved.told.line(None, &what);
    }
    exported.retain(|name| options.exports.iter().any(|wanted| wanted == name));
    let problems = exported.into_iter();
    problems
        .filter_map(|name| missing::not_exported(options, resolved, name))
        .collect()
}

/// The flags of the references to an undefined variable: those of the first strong one, or of the last weak one.
fn flags_of_users(resolved: &Resolved<'_>, id: SymbolId) -> Option<SymbolFlags> {
    let users = resolved.files().flat_map(|(file, object)| {
        let ids = &resolved.file_symbols[file.0 as usize];
        let symbols = object.symbols.iter().zip(ids);
        symbols.filter(|(_, known)| **known == id)
    });
    let flags = users.map(|(symbol, _)| symbol.flags);
    flags.reduce(
        |known, next| match known.contains(SymbolFlags::BINDING_WEAK) {
            true => next,
            false => known,
        },
    )
}

impl<'a> Layout<'a> {
    fn place_code(&mut self, resolved: &Resolved<'a>) {
        let mut at = leb::uleb_len(self.indexes.functions.len() as u64) as u64;
        for &function in &self.indexes.functions {
            self.code_offsets.push(at);
            at += self.body(resolved, function).len() as u64;
        }
        self.code_size = at;
    }

    fn arities(&self, resolved: &Resolved<'a>) -> Arities {
        let imported = self.indexes.imports.iter().map(|&id| resolved.symbol(id));
        let imported = imported.filter(|symbol| symbol.kind == SymbolKind::Function);
        let imported = imported.map(|symbol| symbol.signature);
        let own = self.indexes.functions.iter();
        let own = own.map(|&function| resolved.signature(function));
        Arities {
            functions: imported.chain(own).map(tidy::arity).collect(),
            types: self
                .indexes
                .types
                .iter()
                .map(|ty| tidy::arity(ty))
                .collect(),
        }
    }
}

/// Whether a custom section contains offsets of instructions (branch hints and the like).
fn has_metadata(resolved: &Resolved<'_>) -> bool {
    let customs = resolved.files.iter().flat_map(|object| &object.customs);
    let mut names = customs.map(|custom| custom.name);
    names.any(|name| name.starts_with("metadata.code."))
}
