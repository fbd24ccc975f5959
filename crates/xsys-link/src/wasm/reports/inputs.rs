//! Reports about inputs: `--trace`, `--trace-symbol`, `--why-extract` and `--print-gc-sections`. The lines are
//! wasm-ld's, so that scripts can read them.

use std::fmt::Write;

use wasmparser::SymbolFlags;
use xsys_diag::Diagnostic;

use crate::options::MapTo;
use crate::wasm::WasmOptions;
use crate::wasm::ids::{FileId, SymbolKind};
use crate::wasm::live::Live;
use crate::wasm::object::Place;
use crate::wasm::symbols::describe::shown;
use crate::wasm::symbols::{Asker, Definition, MISMATCH, Resolved, UNDEFINED_STUB, UNDEFINED_WEAK};

/// Writes a report to the file or standard output that the command line names.
pub(crate) fn deliver(to: &MapTo, text: &str, stdout: &mut String) -> Option<Diagnostic> {
    let path = match to {
        MapTo::Stdout => {
            stdout.push_str(text);
            return None;
        }
        MapTo::File(path) => path,
    };
    let error = std::fs::write(path, text).err()?;
    let shown = path.display();
    Some(Diagnostic::error(format!(
        "cannot write `{shown}`: {error}"
    )))
}

/// `--trace`: the linked files, in the order in which they were opened.
pub(crate) fn trace(resolved: &Resolved<'_>) -> String {
    let names = resolved
        .opened
        .iter()
        .map(|&file| &resolved.file(file).name);
    names.map(|name| format!("{name}\n")).collect()
}

/// `--trace-symbol`: a line for each file that refers to one of the names or defines it.
pub(crate) fn mentions(options: &WasmOptions, resolved: &Resolved<'_>) -> String {
    let names = &options.reports.trace_symbols;
    let mut out = String::new();
    if names.is_empty() {
        return out;
    }
    let wanted = |name: &str| names.iter().any(|wanted| wanted == name);
    // The linker defines some symbols before it reads any file, and the others after.
    let ours = |first: bool| {
        let symbols = resolved.named().map(|(_, symbol)| symbol);
        let ours = symbols.filter(|symbol| symbol.file.is_none() && symbol.is_defined());
        let early = |name: &str| matches!(name, "__wasm_call_ctors" | "__stack_pointer");
        let chosen = ours.filter(|symbol| wanted(symbol.name) && early(symbol.name) == first);
        chosen
            .map(|symbol| format!("<internal>: definition of {}\n", symbol.name))
            .collect::<String>()
    };
    out += &ours(true);
    for &file in &resolved.opened {
        let object = resolved.file(file);
        for symbol in object.symbols.iter().filter(|symbol| wanted(symbol.name)) {
            let how = match symbol.place {
                _ if symbol.flags.contains(SymbolFlags::BINDING_LOCAL) => "local definition of",
                Place::Undefined => "reference to",
                _ => "definition of",
            };
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{}: {how} {}", object.name, symbol.name);
        }
    }
    out += &ours(false);
    let unknown = names.iter().filter(|name| resolved.find(name).is_none());
    if !options.shrink.compat {
        out.extend(unknown.map(|name| format!("{name}: no file mentions it\n")));
    }
    out
}

/// `--why-extract`: which file needed each archive member, and for which name.
pub(crate) fn why_extract(options: &WasmOptions, resolved: &Resolved<'_>) -> String {
    let mut out = String::from("reference\textracted\tsymbol\n");
    for extracted in &resolved.extracted {
        let by = match extracted.by {
            Asker::File(file) => &resolved.file(file).name,
            // In wasm-ld, these are requested by the linker itself.
            Asker::Option("--wrap") if options.shrink.compat => "<internal>",
            Asker::Option(option) => option,
            Asker::Stub(library) => &resolved.stub_libraries[library as usize],
            Asker::Linker => "<internal>",
        };
        let member = &resolved.file(extracted.file).name;
        let name = shown(options, extracted.name);
        let _ = writeln!(out, "{by}\t{member}\t{name}");
    }
    out
}

/// `--print-gc-sections`: what garbage collection has dropped.
pub(crate) fn dropped(resolved: &Resolved<'_>, live: &Live) -> String {
    let mut out = String::new();
    let mut line = |file: &str, name: &str| {
        let _ = writeln!(out, "removing unused section {file}:({name})");
    };
    for (file, object) in resolved.files() {
        let names = names_of(resolved, file, SymbolKind::Function, object.functions.len());
        for (at, name) in names.iter().enumerate() {
            if !live.functions[file.0 as usize][at] {
                line(&object.name, name);
            }
        }
        for (at, segment) in object.segments.iter().enumerate() {
            if !live.segments[file.0 as usize][at] {
                line(&object.name, segment.name);
            }
        }
        for (kind, kept) in [
            (SymbolKind::Global, &live.globals),
            (SymbolKind::Tag, &live.tags),
            (SymbolKind::Table, &live.tables),
        ] {
            let kept = &kept[file.0 as usize];
            let names = names_of(resolved, file, kind, kept.len());
            for (name, _) in names.iter().zip(kept).filter(|(_, kept)| !**kept) {
                line(&object.name, name);
            }
        }
    }
    for (at, function) in resolved.synthetic.iter().enumerate() {
        // One for undefined functions exists only because something calls it.
        if !live.synthetic[at] && function.name != UNDEFINED_STUB {
            line("<internal>", stood_in_for(&function.name));
        }
    }
    for name in ["__stack_pointer", "__tls_base", "__tls_size", "__tls_align"] {
        let Some(id) = resolved.find_own(name) else {
            continue;
        };
        let ours = matches!(resolved.symbol(id).definition, Definition::Linker(_));
        if ours && !live.symbols[id.0 as usize] {
            line("<internal>", name);
        }
    }
    out
}

/// The first symbol of each function, global or the like of a file, of which there are `count`.
fn names_of<'a>(
    resolved: &Resolved<'a>,
    file: FileId,
    kind: SymbolKind,
    count: usize,
) -> Vec<&'a str> {
    let object = resolved.file(file);
    let mut names = vec![""; count];
    for symbol in object.symbols.iter().filter(|symbol| symbol.kind == kind) {
        if let Place::Item(at) = symbol.place
            && let Some(name) = names.get_mut(at as usize)
            && name.is_empty()
        {
            *name = symbol.name;
        }
    }
    names
}

/// The name of the function that one of the linker's replaces; otherwise its own.
pub(super) fn stood_in_for(name: &str) -> &str {
    let rest = name.strip_prefix(MISMATCH);
    rest.or_else(|| name.strip_prefix(UNDEFINED_WEAK))
        .unwrap_or(name)
}
