//! The `name` section (core specification, appendix "Custom Sections") and `producers`
//! (tool-conventions, `ProducersSection.md`).

use std::borrow::Cow;

use rayon::prelude::*;

use crate::wasm::WasmOptions;
use crate::wasm::ids::{FunctionRef, SymbolKind};
use crate::wasm::index::OwnGlobal;
use crate::wasm::layout::Layout;
use crate::wasm::leb;
use crate::wasm::object::Place;
use crate::wasm::symbols::describe::{shown, synthetic};
use crate::wasm::symbols::{Definition, LinkerSymbol, Resolved};

const MODULE: u8 = 0;
const FUNCTIONS: u8 = 1;
const GLOBALS: u8 = 7;
const DATA_SEGMENTS: u8 = 9;

/// How many names are encoded by one thread at once.
const CHUNK: usize = 2048;

/// The contents of the `name` section, in parts that follow each other. `None` if nothing has a name.
pub(crate) fn names(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    layout: &Layout<'_>,
) -> Option<Vec<Vec<u8>>> {
    let functions = functions(options, resolved, layout);
    let globals = globals(options, resolved, layout);
    let segments = segments(layout);
    // wasm-ld always names the module.
    let nothing = functions.is_empty() && globals.is_empty() && segments.is_empty();
    if nothing && !options.shrink.compat {
        return None;
    }
    let mut head = Vec::new();
    let file = options
        .output
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let mut module = Vec::new();
    leb::string(&mut module, options.module_name.as_deref().unwrap_or(&file));
    part(&mut head, MODULE, &module);
    let mut parts = vec![head];
    for (id, list) in [
        (FUNCTIONS, functions),
        (GLOBALS, globals),
        (DATA_SEGMENTS, segments),
    ] {
        if list.is_empty() {
            continue;
        }
        let chunks: Vec<Vec<u8>> = list.par_chunks(CHUNK).map(encode).collect();
        let length = chunks.iter().map(Vec::len).sum::<usize>();
        let count = list.len() as u64;
        let mut head = vec![id];
        leb::uleb(&mut head, (leb::uleb_len(count) + length) as u64);
        leb::uleb(&mut head, count);
        parts.push(head);
        parts.extend(chunks);
    }
    Some(parts)
}

fn encode(list: &[(u32, Cow<'_, str>)]) -> Vec<u8> {
    let length = list.iter().map(|(_, name)| name.len() + 8).sum();
    let mut map = Vec::with_capacity(length);
    for (number, name) in list {
        leb::uleb(&mut map, u64::from(*number));
        leb::string(&mut map, name);
    }
    map
}

/// The names of data segments that are written. Of a segment with gaps, the first part gets the name.
fn segments<'a>(layout: &'a Layout<'_>) -> Vec<(u32, Cow<'a, str>)> {
    let (mut list, mut number) = (Vec::new(), 0);
    for (at, segment) in layout.memory.segments.iter().enumerate() {
        let contents = layout.contents.get(at);
        let parts = contents.map_or(usize::from(!segment.zero), |found| found.chunks.len());
        if parts > 0 && !segment.name.is_empty() {
            list.push((number, Cow::Borrowed(segment.name)));
        }
        number += parts as u32;
    }
    list
}

fn part(out: &mut Vec<u8>, id: u8, contents: &[u8]) {
    out.push(id);
    leb::uleb(out, contents.len() as u64);
    out.extend_from_slice(contents);
}

fn functions<'a>(
    options: &WasmOptions,
    resolved: &'a Resolved<'_>,
    layout: &Layout<'_>,
) -> Vec<(u32, Cow<'a, str>)> {
    let mut list = Vec::new();
    let indexes = &layout.indexes;
    for &id in &indexes.imports {
        let symbol = resolved.symbol(id);
        if symbol.kind == SymbolKind::Function {
            list.push((list.len() as u32, shown(options, symbol.name)));
        }
    }
    let first = list.len() as u32;
    let by_place = symbol_names(resolved);
    let own = indexes.functions.par_iter().enumerate();
    let own = own.filter_map(|(at, &function)| {
        let name = match function {
            FunctionRef::Synthetic(at) => synthetic(options, &resolved.synthetic[at as usize].name),
            FunctionRef::Object(file, item) => {
                let debug = resolved.file(file).functions[item as usize].debug_name;
                match debug.filter(|name| !name.is_empty()) {
                    Some(name) => Cow::Borrowed(name),
                    None => match by_place[file.0 as usize][item as usize] {
                        "" => return None,
                        name => shown(options, name),
                    },
                }
            }
        };
        Some((first + at as u32, name))
    });
    list.par_extend(own);
    list
}

/// The name of the first symbol of each function, by file; empty if there is none.
fn symbol_names<'a>(resolved: &'a Resolved<'_>) -> Vec<Vec<&'a str>> {
    let names = resolved.files.par_iter().map(|object| {
        let mut names = vec![""; object.functions.len()];
        for symbol in &object.symbols {
            if let (SymbolKind::Function, Place::Item(at)) = (symbol.kind, symbol.place)
                && let Some(name) = names.get_mut(at as usize)
                && name.is_empty()
            {
                *name = symbol.name;
            }
        }
        names
    });
    names.collect()
}

fn globals<'a>(
    options: &WasmOptions,
    resolved: &'a Resolved<'_>,
    layout: &Layout<'_>,
) -> Vec<(u32, Cow<'a, str>)> {
    let mut list = Vec::new();
    let indexes = &layout.indexes;
    let imported = indexes.imports.iter().map(|&id| resolved.symbol(id));
    for symbol in imported.filter(|symbol| symbol.kind == SymbolKind::Global) {
        list.push((list.len() as u32, shown(options, symbol.name)));
    }
    for &id in &indexes.imported_addresses {
        let symbol = resolved.symbol(id);
        list.push((list.len() as u32, shown(options, symbol.name)));
    }
    let first = list.len() as u32;
    for (at, global) in indexes.globals.iter().enumerate() {
        let name = match *global {
            OwnGlobal::Linker(LinkerSymbol::StackPointer) => Cow::Borrowed("__stack_pointer"),
            OwnGlobal::Linker(LinkerSymbol::TlsBase) => Cow::Borrowed("__tls_base"),
            OwnGlobal::Linker(LinkerSymbol::TlsSize) => Cow::Borrowed("__tls_size"),
            OwnGlobal::Linker(LinkerSymbol::TlsAlign) => Cow::Borrowed("__tls_align"),
            OwnGlobal::Linker(_) | OwnGlobal::Exported(_) => continue,
            OwnGlobal::Object(file, item) => {
                let symbols = &resolved.file(file).symbols;
                let named = symbols.iter().find(|symbol| {
                    symbol.kind == SymbolKind::Global && symbol.place == Place::Item(item)
                });
                match named {
                    Some(symbol) => shown(options, symbol.name),
                    None => continue,
                }
            }
            OwnGlobal::AddressOf(id) => {
                let symbol = resolved.symbol(id);
                let kind = match symbol.kind {
                    SymbolKind::Function => "func",
                    _ => "data",
                };
                let name = match symbol.definition {
                    Definition::Function(FunctionRef::Synthetic(at))
                        if symbol.stub && !symbol.missing =>
                    {
                        synthetic(options, &resolved.synthetic[at as usize].name)
                    }
                    _ => shown(options, symbol.name),
                };
                Cow::Owned(format!("GOT.{kind}.internal.{name}"))
            }
        };
        list.push((first + at as u32, name));
    }
    list
}

/// The contents of the `producers` section. Of several versions of a tool, the first one is listed.
pub(crate) fn producers(resolved: &Resolved<'_>) -> Option<Vec<u8>> {
    let mut fields = Vec::new();
    for field in ["language", "processed-by", "sdk"] {
        let mut values: Vec<(&str, &str)> = Vec::new();
        for (_, file) in resolved.files() {
            for &(of, name, version) in &file.producers {
                if of == field && !values.iter().any(|&(known, _)| known == name) {
                    values.push((name, version));
                }
            }
        }
        if !values.is_empty() {
            fields.push((field, values));
        }
    }
    if fields.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    leb::uleb(&mut out, fields.len() as u64);
    for (field, values) in fields {
        leb::string(&mut out, field);
        leb::uleb(&mut out, values.len() as u64);
        for (name, version) in values {
            leb::string(&mut out, name);
            leb::string(&mut out, version);
        }
    }
    Some(out)
}
