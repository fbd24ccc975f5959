//! How symbols are named in messages, maps and the name section.

use std::borrow::Cow;

use xsys_diag::did_you_mean;

use super::Resolved;
use crate::demangle::{self, readable};
use crate::wasm::WasmOptions;
use crate::wasm::ids::{FileId, FunctionRef, SymbolKind};
use crate::wasm::object::{ObjectFile, Place};

/// A symbol's name, demangled if the command line wants it.
pub(crate) fn shown<'a>(options: &WasmOptions, name: &'a str) -> Cow<'a, str> {
    match (options.demangle, name) {
        // Compilers give `main` this name if it takes arguments, because a wasm function has one type.
        (_, "__main_argc_argv") => Cow::Borrowed("main"),
        (true, _) if options.shrink.compat => demangle::as_llvm(name),
        (true, _) => demangle::readable(name),
        (false, _) => Cow::Borrowed(name),
    }
}

/// The name of a function that the linker makes, such as `undefined_weak:name`.
pub(crate) fn synthetic<'a>(options: &WasmOptions, name: &'a str) -> Cow<'a, str> {
    match name.split_once(':') {
        None => shown(options, name),
        Some((prefix, rest)) => Cow::Owned(format!("{prefix}:{}", shown(options, rest))),
    }
}

/// "`caller` in file", for messages.
pub(crate) fn place_of_function(resolved: &Resolved<'_>, file: FileId, at: u32) -> String {
    let object = resolved.file(file);
    let named = object.symbols.iter().find(|symbol| {
        symbol.kind == SymbolKind::Function
            && symbol.place == Place::Item(at)
            && !symbol.name.is_empty()
    });
    match named {
        Some(symbol) => format!("`{}` in {}", readable(symbol.name), object.name),
        None => format!("function {at} of {}", object.name),
    }
}

/// "`TABLE` in file", for messages: the symbol that begins last before the offset `inside`.
pub(crate) fn place_of_data(object: &ObjectFile<'_>, at: u32, inside: u64) -> String {
    let starts = object
        .symbols
        .iter()
        .filter_map(|symbol| match symbol.place {
            Place::Data { segment, offset } if segment == at && u64::from(offset) <= inside => {
                (!symbol.name.is_empty() && !symbol.name.starts_with(".L"))
                    .then_some((offset, symbol))
            }
            _ => None,
        });
    match starts.max_by_key(|(offset, _)| *offset) {
        Some((_, symbol)) => format!("`{}` in {}", readable(symbol.name), object.name),
        None => {
            let segment = &object.segments[at as usize];
            format!("segment `{}` of {}", segment.name, object.name)
        }
    }
}

/// The name of a function in maps and reports: `file:(symbol)`.
pub(crate) fn body_text(resolved: &Resolved<'_>, function: FunctionRef) -> String {
    match function {
        FunctionRef::Synthetic(at) => {
            format!("<internal>:({})", resolved.synthetic[at as usize].name)
        }
        FunctionRef::Object(file, at) => {
            let object = resolved.file(file);
            let named = object.symbols.iter().find(|symbol| {
                symbol.kind == SymbolKind::Function && symbol.place == Place::Item(at)
            });
            let name = named.map_or("", |symbol| symbol.name);
            format!("{}:({name})", object.name)
        }
    }
}

/// The defined symbol of this kind whose name is most similar, demangled.
pub(crate) fn similar(resolved: &Resolved<'_>, name: &str, kind: SymbolKind) -> Option<String> {
    let names = resolved.named().filter(|(_, symbol)| {
        symbol.is_defined()
            && symbol.kind == kind
            && symbol.name != name
            && symbol.name.len().abs_diff(name.len()) <= name.len() / 3 + 1
    });
    did_you_mean(name, names.map(|(_, symbol)| symbol.name))
        .map(|close| readable(close).into_owned())
}
