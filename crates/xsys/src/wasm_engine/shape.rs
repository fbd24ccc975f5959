//! Whether this engine can run a module; if not, which one can, and how.

use std::path::Path;

use wasmi::{ExternType, Module};
use wasmparser::{Parser, Payload};
use xsys_diag::Diagnostic;

use crate::wasm_engine::types::{quoted, type_text};
use crate::wasm_engine::{host, wasi};

/// What another engine is needed for.
enum Beyond {
    Component,
    Threads { wasi: bool },
    Exceptions,
}

/// What runs modules that this engine cannot run, if it is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// A command line for components.
    Components,
    /// Node, with a host of ours.
    Node,
}

/// Whether a program needs another engine, and nothing beyond what all of them offer.
pub(crate) fn other(wasm: &[u8]) -> Option<Other> {
    match beyond(wasm)? {
        Beyond::Component => Some(Other::Components),
        Beyond::Threads { .. } | Beyond::Exceptions => offered(wasm).then_some(Other::Node),
    }
}

/// Whether the host for Node offers everything that a module imports.
fn offered(wasm: &[u8]) -> bool {
    let sections = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    let imports = sections.filter_map(|section| match section {
        Payload::ImportSection(imports) => Some(imports.into_imports()),
        _ => None,
    });
    imports.flatten().map_while(Result::ok).all(|import| {
        let memory = matches!(import.ty, wasmparser::TypeRef::Memory(_));
        memory || [host::MODULE, wasi::MODULE, "wasi"].contains(&import.module)
    })
}

/// Refuses what the engine cannot run, with a better message than the engine's.
pub(crate) fn check(wasm: &[u8], program: &Path) -> Result<(), Diagnostic> {
    match beyond(wasm) {
        None => Ok(()),
        Some(beyond) => Err(refuse(&beyond, program)),
    }
}

/// Reads the sections before the code; the engine refuses a module that cannot be read.
fn beyond(wasm: &[u8]) -> Option<Beyond> {
    let mut wasi = false;
    let mut shared = false;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.ok()? {
            Payload::Version {
                encoding: wasmparser::Encoding::Component,
                ..
            } => return Some(Beyond::Component),
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import.ok()?;
                    wasi |= import.module.starts_with("wasi");
                    match import.ty {
                        wasmparser::TypeRef::Memory(memory) => shared |= memory.shared,
                        wasmparser::TypeRef::Tag(_) => return Some(Beyond::Exceptions),
                        _ => {}
                    }
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    shared |= memory.ok()?.shared;
                }
            }
            Payload::TagSection(_) => return Some(Beyond::Exceptions),
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    shared.then_some(Beyond::Threads { wasi })
}

fn refuse(beyond: &Beyond, program: &Path) -> Diagnostic {
    let file = program.display();
    let what = match beyond {
        Beyond::Component => "it is a component",
        Beyond::Threads { .. } => "it has shared memory, for threads",
        Beyond::Exceptions => "it throws exceptions",
    };
    let problem = Diagnostic::error(format!("the built-in engine cannot run `{file}`: {what}"))
        .code("wasm-engine");
    match beyond {
        Beyond::Component => problem
            .note("wasmtime or jco runs it, where one is installed and no `--dir` or `--env` is given")
            .help("install wasmtime (https://wasmtime.dev), or jco: `npm install -g @bytecodealliance/jco`"),
        Beyond::Threads { wasi: true } => problem
            .note("Node runs it, where that is installed and no `--dir` or `--env` is given")
            .help(format!(
            "install Node (`nodejs`), or run it with wasmtime: `wasmtime run -W threads=y,shared-memory=y -S threads=y {file}`"
        )),
        Beyond::Threads { wasi: false } => problem
            .note("a thread is a worker there, which JavaScript starts with the same memory")
            .help(format!(
                "run it in Node or a browser, with the JavaScript that wasm-bindgen makes for it: \
                 `wasm-bindgen --target nodejs --out-dir pkg {file}`, then `node` on a script that \
                 uses `pkg`"
            )),
        Beyond::Exceptions => problem
            .note("Node runs it, where that is installed and no `--dir` or `--env` is given")
            .help(format!(
                "install Node (`nodejs`), or run it with wasmtime: `wasmtime run -W exceptions=y {file}`"
            ))
            .help("or build with `panic = \"abort\"`"),
    }
}

/// Why the engine refuses a module that is none of the above.
pub(crate) fn invalid(error: &wasmi::Error, program: &Path) -> Diagnostic {
    let text = super::types::lower(error);
    let problem = Diagnostic::error(format!("the module cannot be run: {text}"));
    let file = program.display();
    if text.contains("threads") || text.contains("atomic") {
        return problem.help(format!(
            "the built-in engine has no threads; run it with wasmtime: \
             `wasmtime run -W threads=y {file}`"
        ));
    }
    problem.help(format!(
        "the built-in engine has no threads, exceptions and components; other engines may run it: \
         `wasmtime run {file}`"
    ))
}

/// Reports all imports that the host does not offer, in one message.
pub(crate) fn check_imports(module: &Module) -> Result<(), Diagnostic> {
    let offered = |module: &str, name: &str| match module {
        host::MODULE => host::OFFERED.contains(&name),
        wasi::MODULE => wasi::OFFERED.contains(&name),
        _ => false,
    };
    let unknown: Vec<String> = module
        .imports()
        .filter(|import| !offered(import.module(), import.name()))
        .map(|import| {
            let what = match import.ty() {
                ExternType::Func(ty) => format!("a function `{}`", type_text(ty)),
                ExternType::Memory(_) => "a memory".to_owned(),
                ExternType::Table(_) => "a table".to_owned(),
                ExternType::Global(_) => "a global".to_owned(),
            };
            let name = rustc_demangle::demangle(import.name());
            format!("`{}.{name:#}`, {what}", import.module())
        })
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let from = |what: fn(&str) -> bool| module.imports().any(|import| what(import.module()));
    let bindgen = from(|module| module.starts_with("__wbindgen") || module == "wbg");
    let newer = from(|module| module.starts_with("wasi:") || module == "wasi_unstable");
    let mut problem =
        Diagnostic::error("the module imports what the built-in engine does not have");
    for import in unknown {
        problem = problem.note(import);
    }
    Err(if bindgen {
        problem.help("it is made for JavaScript: run `wasm-bindgen` on it and use what that makes")
    } else if newer {
        problem.help(format!(
            "the built-in engine has WASI preview 1, `{}`",
            wasi::MODULE
        ))
    } else {
        problem.help(format!(
            "the engine offers `{}` with {}, and WASI preview 1; `env` imports are symbols that \
             nothing defined",
            host::MODULE,
            quoted(host::OFFERED)
        ))
    })
}
