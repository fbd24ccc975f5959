//! Functions that the linker makes.
//!
//! `__wasm_call_ctors` calls initialisers. In a command (a module with initialisers that does not call them itself)
//! each exported function gets a wrapper that calls them first. A module that imports its memory clears `.bss`
//! itself, because that memory may contain anything. A module whose memory is shared initialises all of it
//! ([`self::threads`]).

mod apply_relocs;
pub(crate) mod code;
pub(crate) mod stubs;
pub(crate) mod threads;

use hashbrown::HashMap;
use wasmparser::SymbolFlags;
use xsys_diag::Diagnostic;

use self::apply_relocs::APPLY;
use self::code::{CALL, DROP, END, LOCAL_GET, UNREACHABLE};
use crate::demangle::readable;
use crate::wasm::WasmOptions;
use crate::wasm::features::Features;
use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::index::Indexes;
use crate::wasm::layout::memory::{BssInImport, Memory};
use crate::wasm::leb;
use crate::wasm::live::Live;
use crate::wasm::live::externals::is_exported;
use crate::wasm::object::{NO_SIGNATURE, ObjectFile, Signature};
use crate::wasm::symbols::mismatch::type_text;
use crate::wasm::symbols::{Definition, Resolved, Symbol, SyntheticFunction, SyntheticKind};

/// Decides how `.bss` becomes zero.
pub(super) fn bss_in_import(options: &WasmOptions, features: &Features) -> BssInImport {
    if options.keeps_relocs() {
        return BssInImport::InFile;
    }
    let imported = options.memory.import.is_some();
    match (imported, features.has("bulk-memory")) {
        (false, _) if !options.memory.shared => BssInImport::Own,
        (false, _) | (true, true) => BssInImport::Filled,
        (true, false) => BssInImport::InFile,
    }
}

/// Adds the start function that initialises memory, if one is needed.
pub(super) fn init_memory(
    options: &WasmOptions,
    resolved: &mut Resolved<'_>,
    live: &mut Live,
    memory: &Memory<'_>,
) -> Option<FunctionRef> {
    if !memory.segments.iter().any(|s| memory.fills(s)) {
        return None;
    }
    if memory.shared {
        keep_tls_base(resolved, live);
    }
    let made = add(
        resolved,
        live,
        "__wasm_init_memory",
        SyntheticKind::InitMemory,
    );
    // Only `--export-all` needs a symbol for it.
    if options.export_all {
        let function = Definition::Function(made);
        name(
            resolved,
            live,
            "__wasm_init_memory",
            SymbolFlags::VISIBILITY_HIDDEN,
            SymbolKind::Function,
            function,
        );
    }
    Some(made)
}

/// Adds the function that stores addresses which are only known at run time, if any data need it.
pub(super) fn apply_data(options: &WasmOptions, resolved: &mut Resolved<'_>, live: &mut Live) {
    if options.relocatable || !apply_relocs::any(options, resolved, live, false) {
        return;
    }
    let known = resolved.find(APPLY);
    if known.is_some_and(|id| resolved.symbol(id).is_defined()) {
        return;
    }
    let made = Definition::Function(add(resolved, live, APPLY, SyntheticKind::ApplyData));
    let exported = SymbolFlags::EXPORTED;
    match known {
        // The program calls the function itself.
        Some(id) => {
            let symbol = &mut resolved.symbols[id.0 as usize];
            symbol.definition = made;
            symbol.flags.insert(exported);
            live.symbols[id.0 as usize] = true;
        }
        None => name(resolved, live, APPLY, exported, SymbolKind::Function, made),
    }
}

/// Adds a symbol after names have been resolved.
fn name<'a>(
    resolved: &mut Resolved<'a>,
    live: &mut Live,
    name: &'a str,
    flags: SymbolFlags,
    kind: SymbolKind,
    definition: Definition,
) {
    let symbol = Symbol {
        name,
        kind,
        flags,
        definition,
        signature: NO_SIGNATURE,
        global_type: [0; 2],
        import_index: 0,
        import: None,
        has_import: false,
        explicit_import: false,
        called: false,
        used: false,
        force_export: false,
        provided: false,
        stub: false,
        missing: false,
        demoted: false,
        file: None,
    };
    resolved.named.push(SymbolId(resolved.symbols.len() as u32));
    resolved.symbols.push(symbol);
    live.symbols.push(true);
}

/// Makes `__tls_base` live: the function that sets it has no relocations.
fn keep_tls_base(resolved: &Resolved<'_>, live: &mut Live) {
    if let Some(id) = resolved.find("__tls_base") {
        live.symbols[id.0 as usize] = true;
    }
}

fn add<'a>(
    resolved: &mut Resolved<'a>,
    live: &mut Live,
    name: &str,
    kind: SyntheticKind,
) -> FunctionRef {
    resolved.synthetic.push(SyntheticFunction {
        name: name.to_owned(),
        signature: NO_SIGNATURE,
        kind,
    });
    live.synthetic.push(true);
    FunctionRef::Synthetic(live.synthetic.len() as u32 - 1)
}

/// Adds the functions that set globals with addresses of thread-local variables, and that store addresses in
/// thread-local data, if they are needed.
pub(super) fn tls_globals(
    options: &WasmOptions,
    resolved: &mut Resolved<'_>,
    live: &mut Live,
    wanted: bool,
) {
    if options.memory.shared && wanted {
        keep_tls_base(resolved, live);
        let name = "__wasm_apply_global_tls_relocs";
        let kind = SyntheticKind::InitTlsGlobals;
        let function = Definition::Function(add(resolved, live, name, kind));
        if options.export_all {
            let flags = SymbolFlags::VISIBILITY_HIDDEN;
            self::name(resolved, live, name, flags, SymbolKind::Function, function);
        }
    }
    if !options.memory.shared {
        return;
    }
    let has_relocs = |(file, object): (FileId, &ObjectFile<'_>)| {
        let segments = object.segments.iter().zip(&live.segments[file.0 as usize]);
        segments
            .into_iter()
            .any(|(segment, live)| *live && segment.tls && !segment.relocs.is_empty())
    };
    let wanted = match options.shrink.compat {
        true => resolved.files().any(has_relocs),
        false => apply_relocs::any(options, resolved, live, true),
    };
    if wanted {
        let name = "__wasm_apply_tls_relocs";
        let function = Definition::Function(add(resolved, live, name, SyntheticKind::ApplyTls));
        if options.export_all {
            let flags = SymbolFlags::VISIBILITY_HIDDEN;
            self::name(resolved, live, name, flags, SymbolKind::Function, function);
        }
    }
}

/// Adds wrappers of exported functions that call initialisers before and finalisers after.
pub(super) fn command_exports<'a>(
    options: &WasmOptions,
    resolved: &mut Resolved<'a>,
    live: &mut Live,
    indexes: &mut Indexes<'a>,
) -> HashMap<SymbolId, u32> {
    let mut wrappers = HashMap::new();
    let finaliser = resolved.finaliser;
    let ctors = resolved
        .named()
        .next()
        .map(|(id, symbol)| (id, symbol.clone()));
    // A program that refers to `__wasm_call_ctors` calls it itself.
    let by_hand = ctors.is_none_or(|(_, s)| s.used || is_exported(options, &s));
    let initialisers = resolved.files().any(|(file, object)| {
        let mut initialisers = object.init_functions.iter();
        initialisers.any(|&(_, symbol)| {
            let id = resolved.file_symbol(file, symbol);
            let symbol = resolved.symbol(id);
            let called = symbol.is_defined() || indexes.symbol_number(id, symbol).is_some();
            called && !resolved.is_discarded(id) && live.holds(id, symbol)
        })
    });
    if options.relocatable || by_hand || (!initialisers && finaliser.is_none()) {
        return wrappers;
    }
    for at in 0..resolved.named.len() {
        let id = resolved.named[at];
        let symbol = resolved.symbol(id);
        let function = symbol.kind == SymbolKind::Function;
        if !function || !is_exported(options, symbol) || !live.holds(id, symbol) {
            continue;
        }
        let made = SyntheticFunction {
            name: format!("{}.command_export", symbol.name),
            signature: symbol.signature,
            kind: SyntheticKind::CommandExport(id),
        };
        resolved.synthetic.push(made);
        live.synthetic.push(true);
        wrappers.insert(id, indexes.add_synthetic(resolved));
    }
    wrappers
}

/// Makes the bodies, in the order of the synthetic functions; empty if they are dead.
pub(super) fn bodies(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    live: &Live,
    indexes: &Indexes<'_>,
    memory: &Memory<'_>,
) -> (Vec<Vec<u8>>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut bodies = Vec::new();
    let is64 = options.is64();
    for (at, function) in resolved.synthetic.iter().enumerate() {
        if !live.synthetic[at] {
            // The initialisers of an object are checked, too.
            if options.relocatable && function.kind == SyntheticKind::CallCtors {
                problems.extend(call_initialisers(resolved, live, indexes, &mut Vec::new()));
            }
            bodies.push(Vec::new());
            continue;
        }
        // The number of groups of locals.
        let mut code = vec![0];
        match function.kind {
            SyntheticKind::Unreachable => code.push(UNREACHABLE),
            SyntheticKind::CallCtors => {
                problems.extend(call_initialisers(resolved, live, indexes, &mut code));
            }
            SyntheticKind::InitMemory => {
                threads::init_memory(memory, indexes, is64, &mut code);
            }
            SyntheticKind::InitTls => {
                threads::init_tls(resolved, memory, indexes, is64, &mut code);
            }
            SyntheticKind::InitTlsGlobals => {
                threads::init_tls_globals(resolved, memory, indexes, is64, &mut code);
            }
            SyntheticKind::ApplyData => {
                problems.extend(apply_relocs::body(
                    options, resolved, indexes, memory, false, &mut code,
                ));
            }
            SyntheticKind::ApplyTls => {
                problems.extend(apply_relocs::body(
                    options, resolved, indexes, memory, true, &mut code,
                ));
            }
            SyntheticKind::CommandExport(id) => {
                if live.synthetic[0] {
                    call(&mut code, indexes.body_number(FunctionRef::Synthetic(0)));
                }
                let (parameters, _) = arity(function.signature);
                for parameter in 0..parameters {
                    code.push(LOCAL_GET);
                    leb::uleb(&mut code, parameter as u64);
                }
                call(&mut code, indexes.symbol_number(id, resolved.symbol(id)));
                if let Some(id) = resolved.finaliser {
                    call(&mut code, indexes.symbol_number(id, resolved.symbol(id)));
                }
            }
        }
        code.push(END);
        let mut body = Vec::with_capacity(code.len() + 1);
        leb::uleb(&mut body, code.len() as u64);
        body.extend(code);
        bodies.push(body);
    }
    (bodies, problems)
}

fn call(code: &mut Vec<u8>, function: Option<u32>) {
    if let Some(number) = function {
        code.push(CALL);
        leb::uleb(code, u64::from(number));
    }
}

fn call_initialisers(
    resolved: &Resolved<'_>,
    live: &Live,
    indexes: &Indexes<'_>,
    code: &mut Vec<u8>,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut calls = Vec::new();
    for (file, object) in resolved.files() {
        for &(priority, symbol) in &object.init_functions {
            let id = resolved.file_symbol(file, symbol);
            let symbol = resolved.symbol(id);
            // Imported initialisers are called; those in COMDAT groups that another file had first are not.
            let number = indexes.symbol_number(id, symbol);
            if (symbol.is_undefined() && number.is_none())
                || resolved.is_discarded(id)
                || !live.holds(id, symbol)
            {
                continue;
            }
            let (parameters, results) = arity(symbol.signature);
            if parameters > 0 {
                let name = readable(symbol.name);
                problems.push(
                    Diagnostic::error(format!("initialiser `{name}` takes parameters"))
                        .note(format!(
                            "it is `{}` in `{}`",
                            type_text(symbol.signature),
                            object.name
                        ))
                        .help("initialisers are called without any; drop the parameters")
                        .counterpart(format!(
                            "constructor functions cannot take arguments: {name}"
                        )),
                );
            }
            calls.push((priority, number, results));
        }
    }
    calls.sort_by_key(|&(priority, ..)| priority);
    for (_, function, results) in calls {
        call(code, function);
        code.extend(std::iter::repeat_n(DROP, results));
    }
    problems
}

/// The numbers of parameters and results.
fn arity(signature: Signature<'_>) -> (usize, usize) {
    let mut reader = wasmparser::BinaryReader::new(signature, 0);
    let ty = reader
        .read_u8()
        .and_then(|_| reader.read::<wasmparser::FuncType>());
    ty.map_or((0, 0), |ty| (ty.params().len(), ty.results().len()))
}
