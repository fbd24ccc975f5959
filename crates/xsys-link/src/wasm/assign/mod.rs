//! Assign: addresses, indexes and offsets.
//!
//! Data get addresses, everything else an index; exports are listed, and bodies and custom sections get their
//! offsets. After this pass nothing moves; only bytes are left to be written.

mod gaps;

use hashbrown::{HashMap, HashSet};
use wasmparser::{ExternalKind, SymbolFlags};
use xsys_diag::Diagnostic;

use crate::wasm::WasmOptions;
use crate::wasm::code::tidy::{self, Arities};
use crate::wasm::debug;
use crate::wasm::features::Features;
use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::index::{self, Indexes, OwnGlobal, missing};
use crate::wasm::layout::memory::{self, Memory, Part, Source};
use crate::wasm::layout::strings::MergedStrings;
use crate::wasm::layout::{COVERAGE_ALIGN, CustomPlace, Export, Layout, OutputCustom};
use crate::wasm::leb;
use crate::wasm::live::Live;
use crate::wasm::live::externals::is_exported;
use crate::wasm::relocate::shorten;
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
    let exports = exports(
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
    for at in 0..resolved.symbols.len() {
        if !ends.contains(&resolved.symbols[at].definition) {
            continue;
        }
        let flags = flags_of_users(resolved, SymbolId(at as u32));
        let symbol = &mut resolved.symbols[at];
        if memory.segment(symbol.name).is_some() {
            live.symbols[at] = true;
            continue;
        }
        symbol.definition = Definition::Undefined;
        symbol.flags = flags.unwrap_or(symbol.flags);
        live.symbols[at] &= symbol.used;
        exported.extend(symbol.force_export.then_some(symbol.name));
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

    fn place_customs(&mut self, options: &WasmOptions, resolved: &Resolved<'a>) {
        let mut groups: Vec<(&'a str, Vec<(FileId, u32)>)> = Vec::new();
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        let no_debug = options.strip_debug || options.strip_all;
        for (file, object) in resolved.files() {
            for (at, custom) in object.customs.iter().enumerate() {
                let key = (file, at as u32);
                // Custom sections of other tools are kept: wasm-bindgen, for one, needs them.
                let debug = custom.name.starts_with(".debug_");
                let stripped = no_debug && debug && !options.keeps_by_name(custom.name);
                let discarded = resolved.discarded.customs.contains(&key);
                let pruned = self.debug.drops(file, at as u32);
                // LLVM bitcode beside machine code, for link-time optimisation.
                let bitcode = matches!(custom.name, ".llvmbc" | ".llvmcmd");
                if stripped || discarded || pruned || bitcode || custom.data.is_empty() {
                    continue;
                }
                let group = *by_name.entry(custom.name).or_insert_with(|| {
                    groups.push((custom.name, Vec::new()));
                    groups.len() - 1
                });
                groups[group].1.push(key);
            }
        }
        for (name, inputs) in groups {
            self.place_custom(options, resolved, name, &inputs);
        }
    }

    fn place_custom(
        &mut self,
        options: &WasmOptions,
        resolved: &Resolved<'a>,
        name: &'a str,
        inputs: &[(FileId, u32)],
    ) {
        let data = |&(file, at): &(FileId, u32)| resolved.file(file).customs[at as usize].data;
        let output = self.customs.len() as u32;
        let mut whole = OutputCustom {
            name,
            size: 0,
            parts: Vec::new(),
            strings: MergedStrings::default(),
        };
        // Custom sections have no flags, so string tables are known by name.
        let pool = self.debug.pool(name);
        let merges = pool.is_none()
            && matches!(name, ".debug_str" | ".debug_line_str")
            && options.optimize > 0;
        if let Some(pool) = pool {
            whole.size = pool.size();
            whole.parts.push(Part {
                offset: 0,
                source: Source::Strings(0),
            });
        }
        if merges {
            let contents: Vec<&[u8]> = inputs.iter().map(data).collect();
            whole.strings = MergedStrings::build(&contents);
            whole.size = whole.strings.bytes.len() as u64;
            whole.parts.push(Part {
                offset: 0,
                source: Source::Strings(0),
            });
        }
        let align = alignment(name);
        for (number, input) in inputs.iter().enumerate() {
            let gap = whole.size.next_multiple_of(align) - whole.size;
            if gap > 0 {
                whole.parts.push(Part {
                    offset: whole.size,
                    source: Source::Gap(gap as usize),
                });
                whole.size += gap;
            }
            let place = CustomPlace {
                output,
                offset: if merges || pool.is_some() {
                    0
                } else {
                    whole.size
                },
                strings: merges.then_some(number as u32),
            };
            self.custom_places[input.0.0 as usize][input.1 as usize] = Some(place);
            if !merges && pool.is_none() {
                whole.parts.push(Part {
                    offset: whole.size,
                    source: Source::Input(input.0, input.1),
                });
                let pruned = self.debug.size(input.0, input.1);
                whole.size += pruned.unwrap_or(data(input).len() as u64);
            }
        }
        self.customs.push(whole);
    }
}

/// The alignment of parts of a custom section, in bytes. Objects do not specify it, but `llvm-cov` only finds
/// coverage records that are aligned as in memory (LLVM's coverage mapping format).
fn alignment(section: &str) -> u64 {
    match section {
        "__llvm_covfun" | "__llvm_covmap" => COVERAGE_ALIGN as u64,
        _ => 1,
    }
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

/// Whether a custom section contains offsets of instructions (branch hints and the like).
fn has_metadata(resolved: &Resolved<'_>) -> bool {
    let customs = resolved.files.iter().flat_map(|object| &object.customs);
    let mut names = customs.map(|custom| custom.name);
    names.any(|name| name.starts_with("metadata.code."))
}

fn exports<'a>(
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
    let wrapped = resolved.named().filter(|(id, _)| wrappers.contains_key(id));
    for (id, symbol) in plain.chain(wrapped) {
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
