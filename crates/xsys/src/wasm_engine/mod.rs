//! Runs wasm programs for `xsys run`, in an interpreter that is part of the binary.
//!
//! WASI programs find WASI preview 1 ([`wasi`]). `wasm32-unknown-unknown` has no operating system:
//! std's files, clocks and output are stubs. So that a program can be run and say something all
//! the same, the engine offers a small host. A program imports what it needs from the module
//! `xsys`:
//!
//! ```text
//! print(ptr: *const u8, len: usize)                bytes to standard output
//! eprint(ptr: *const u8, len: usize)               bytes to standard error
//! exit(code: i32) -> !                             ends the program
//! arg_count() -> usize                             number of arguments, without a program name
//! arg_len(index: usize) -> usize                   length of an argument in bytes
//! arg_copy(index: usize, ptr: *mut u8)             the argument's bytes, UTF-8
//! now_ms() -> f64                                  milliseconds since 1970
//! random(ptr: *mut u8, len: usize)                 bytes that differ from run to run
//! ```
//!
//! What is run is the first of these exports that the module has: `_start()`, `main(argc, argv)`
//! (what rustc exports of a program; both arguments are 0), `run()`. A module that has
//! `_initialize()` gets that called before. The exit code is that of `exit` or `proc_exit`, else
//! the function's result, else 0. A trap is reported with where it happened ([`record`], [`trap`])
//! and ends with code 134, as an abort does in a shell.
//!
//! With `--invoke NAME NUMBERS…` as arguments, the export `NAME` is called instead and its results
//! are printed, a line each.

mod entry;
mod guest;
mod host;
pub(crate) mod options;
mod panics;
mod random;
mod record;
pub(crate) mod shape;
pub(crate) mod symbols;
mod trap;
mod types;
mod wasi;

#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

use wasmi::{Config, Engine, Error, ExternType, Instance, Linker, Module, Store, Val};
use xsys_diag::Diagnostic;

use crate::error::Result;
use options::Options;

/// The maximum depth of recursion, in calls.
const MAX_CALLS: usize = 64 * 1024;

/// The state that host functions use.
#[derive(Debug)]
pub(crate) struct Host {
    arguments: Vec<String>,
    wasi: wasi::State,
}

/// Runs a module, the contents of the file `program`, and returns its exit code.
pub(crate) fn run(
    wasm: &[u8],
    program: &Path,
    arguments: &[String],
    options: &Options,
) -> Result<i32> {
    shape::check(wasm, program)?;
    let (invoked, arguments) = match arguments {
        [flag, name, numbers @ ..] if flag == "--invoke" => (Some((name, numbers)), &[][..]),
        [flag] if flag == "--invoke" => {
            return Err(Diagnostic::error("`--invoke` needs the name of an export").into());
        }
        _ => (None, arguments),
    };
    let engine = Engine::new(&config());
    let recording = if options.backtrace {
        record::rewrite(wasm)
    } else {
        None
    };
    let module = Module::new(&engine, recording.as_deref().unwrap_or(wasm))
        .map_err(|error| shape::invalid(&error, program))?;
    shape::check_imports(&module)?;
    let mut linker = Linker::new(&engine);
    define(&mut linker, is_64(&module))
        .map_err(|error| Diagnostic::error(format!("the host cannot be set up: {error}")))?;
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let host = Host {
        arguments: arguments.to_vec(),
        wasi: wasi::State::new(&name, arguments, options)?,
    };
    let mut store = Store::new(&engine, host);
    let instance = match linker.instantiate_and_start(&mut store, &module) {
        Ok(instance) => instance,
        Err(error) => return trap::before_the_start(wasm, error),
    };
    let ended = |store: &Store<Host>, error: Error, place: &str| {
        let _ = std::io::stdout().flush();
        trap::ended(wasm, store, instance, &error, place)
    };
    for name in [record::START, "_initialize"] {
        if let Some(function) = instance.get_func(&store, name)
            && let Err(error) = function.call(&mut store, &[], &mut [])
        {
            return ended(&store, error, "while the module was being set up");
        }
    }
    let entry = match invoked {
        Some((name, numbers)) => entry::named(&store, instance, &module, name, numbers)?,
        None => entry::program(&store, instance, &module)?,
    };
    forget_calls(&mut store, instance);
    let outcome = entry.call(&mut store);
    let flushed = std::io::stdout().flush();
    let code = match outcome {
        Ok(code) => code,
        Err(error) => ended(&store, error, &format!("in `{}`", entry.name))?,
    };
    flushed.map_err(|error| Diagnostic::error(format!("standard output: {error}")))?;
    Ok(code)
}

fn config() -> Config {
    let mut config = Config::default();
    config.set_max_recursion_depth(MAX_CALLS);
    config.set_max_stack_height(64 * 1024 * 1024);
    // Exports and debug information are read from the original.
    config.ignore_custom_sections(true);
    config
}

/// Whether the program's addresses are 64 bits wide.
fn is_64(module: &Module) -> bool {
    matches!(module.get_export("memory"), Some(ExternType::Memory(memory)) if memory.is_64())
}

fn define(
    linker: &mut Linker<Host>,
    is_64: bool,
) -> std::result::Result<(), wasmi::errors::LinkerError> {
    match is_64 {
        true => host::define::<u64>(linker)?,
        false => host::define::<u32>(linker)?,
    }
    wasi::define(linker)
}

/// Calls before this one have returned.
fn forget_calls(store: &mut Store<Host>, instance: Instance) {
    if let Some(depth) = instance.get_global(&*store, record::DEPTH) {
        // It is ours: a mutable `i32`.
        let _ = depth.set(store, Val::I32(0));
    }
}
