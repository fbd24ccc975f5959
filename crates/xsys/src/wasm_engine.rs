//! Runs wasm programs for `xsys run`, in an interpreter that is part of the binary.
//!
//! `wasm32-unknown-unknown` has no operating system: std's files, clocks and output are stubs. So
//! that a program can be run and say something all the same, the engine offers a small host. A
//! program imports what it needs from the module `xsys`:
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
//! `_initialize()` gets that called before. The exit code is that of `exit`, else the function's
//! result, else 0. A trap is reported and ends with code 134, as an abort does in a shell: on this
//! target, std's panics are traps.
//!
//! With `--invoke NAME NUMBERS…` as arguments, the export `NAME` is called instead and its results
//! are printed, a line each.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use wasmi::{
    AsContext, Caller, Config, Engine, Error, Extern, ExternType, Func, FuncType, Instance, Linker,
    Memory, Module, Store, TrapCode, Val, ValType,
};
use xsys_diag::{Diagnostic, did_you_mean};

use crate::error::{Failure, Result};

/// What a shell reports of a process that aborted: 128 + SIGABRT.
const TRAPPED: u8 = 134;

/// The exports that can be a program's start, in order.
const ENTRIES: [&str; 3] = ["_start", "main", "run"];

/// Room for the calls of deeply recursive programs, in calls.
const MAX_CALLS: usize = 64 * 1024;

/// The module that host functions are imported from.
const HOST: &str = "xsys";

/// What host functions work with.
struct Host {
    arguments: Vec<String>,
    random: RandomState,
    drawn: u64,
}

/// Runs a module and returns its exit code.
pub fn run(wasm: &[u8], arguments: &[String]) -> Result<i32> {
    let mut config = Config::default();
    config.set_max_recursion_depth(MAX_CALLS);
    config.set_max_stack_height(64 * 1024 * 1024);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, wasm).map_err(|error| {
        Diagnostic::error(format!("the module cannot be run: {}", lower(&error)))
            .help("the built-in engine has no threads, exceptions, SIMD and components")
    })?;
    let (invoked, arguments) = match arguments {
        [flag, name, numbers @ ..] if flag == "--invoke" => (Some((name, numbers)), &[][..]),
        [flag] if flag == "--invoke" => {
            return Err(Diagnostic::error("`--invoke` needs the name of an export").into());
        }
        _ => (None, arguments),
    };
    let linker = host(&engine)
        .map_err(|error| Diagnostic::error(format!("the host cannot be set up: {error}")))?;
    check_imports(&module)?;
    let mut store = Store::new(
        &engine,
        Host {
            arguments: arguments.to_vec(),
            random: RandomState::new(),
            drawn: 0,
        },
    );
    let started = linker.instantiate_and_start(&mut store, &module);
    let outcome = started.and_then(|instance| {
        if let Some(initialize) = instance.get_func(&store, "_initialize") {
            initialize.call(&mut store, &[], &mut [])?;
        }
        Ok(instance)
    });
    let instance = match outcome {
        Ok(instance) => instance,
        Err(error) => return ended(error, "while the module was being set up"),
    };
    let outcome = match invoked {
        Some((name, numbers)) => invoke(&mut store, instance, &module, name, numbers),
        None => start(&mut store, instance, &module),
    };
    let flushed = std::io::stdout().flush();
    let code = outcome?;
    flushed.map_err(|error| Diagnostic::error(format!("standard output: {error}")))?;
    Ok(code)
}

/// Calls the program's entry.
fn start(store: &mut Store<Host>, instance: Instance, module: &Module) -> Result<i32> {
    let found = ENTRIES
        .iter()
        .find_map(|name| Some((*name, instance.get_func(&*store, name)?)));
    let Some((name, function)) = found else {
        let problem = Diagnostic::error("the module has no entry point")
            .note(format!("looked for {}", quoted(&ENTRIES)));
        let names = functions(module);
        let problem = match names.is_empty() {
            true => problem.note("it exports no function at all"),
            false => problem.note(format!("it exports {}", quoted(&names))),
        };
        return Err(problem
            .help("export one of these, or call a function with `-- --invoke NAME NUMBERS…`")
            .into());
    };
    let ty = function.ty(&*store);
    let inputs: Option<Vec<Val>> = ty.params().iter().map(|&ty| zero(ty)).collect();
    // C's `main` takes the number of arguments and where they are; neither exists here.
    let Some(inputs) = inputs.filter(|inputs| inputs.len() <= 2) else {
        return Err(Diagnostic::error(format!(
            "`{name}` is not an entry point: it is `{}`",
            type_text(&ty)
        ))
        .help("entry points take nothing, or what C's `main` takes")
        .into());
    };
    match call(store, function, &ty, &inputs) {
        Ok(results) => Ok(match results.first() {
            Some(Val::I32(code)) => *code,
            _ => 0,
        }),
        Err(error) => ended(error, &format!("in `{name}`")),
    }
}

/// Calls an export by name with numbers and prints what it returns.
fn invoke(
    store: &mut Store<Host>,
    instance: Instance,
    module: &Module,
    name: &str,
    numbers: &[String],
) -> Result<i32> {
    let Some(function) = instance.get_func(&*store, name) else {
        let names = functions(module);
        let problem = Diagnostic::error(format!("the module exports no function `{name}`"));
        let problem = match did_you_mean(name, names.iter().copied()) {
            Some(close) => problem.help(format!("did you mean `{close}`?")),
            None if names.is_empty() => problem.note("it exports no function at all"),
            None => problem.note(format!("it exports {}", quoted(&names))),
        };
        return Err(problem.into());
    };
    let ty = function.ty(&*store);
    if ty.params().len() != numbers.len() {
        return Err(Diagnostic::error(format!(
            "`{name}` takes {} numbers, {} given",
            ty.params().len(),
            numbers.len()
        ))
        .note(format!("it is `{}`", type_text(&ty)))
        .into());
    }
    let mut inputs = Vec::new();
    for (text, &ty) in numbers.iter().zip(ty.params()) {
        inputs.push(number(text, ty)?);
    }
    match call(store, function, &ty, &inputs) {
        Ok(results) => {
            let mut out = std::io::stdout().lock();
            for result in results {
                writeln!(out, "{}", value_text(&result))
                    .map_err(|error| Diagnostic::error(format!("standard output: {error}")))?;
            }
            Ok(0)
        }
        Err(error) => ended(error, &format!("in `{name}`")),
    }
}

fn call(
    store: &mut Store<Host>,
    function: Func,
    ty: &FuncType,
    inputs: &[Val],
) -> std::result::Result<Vec<Val>, Error> {
    // The engine writes over these; their types do not matter.
    let mut results = vec![Val::I32(0); ty.results().len()];
    function.call(store, inputs, &mut results)?;
    Ok(results)
}

/// What an early end means: `exit`, or a trap.
fn ended(error: Error, place: &str) -> Result<i32> {
    let _ = std::io::stdout().flush();
    if let Some(code) = error.i32_exit_status() {
        return Ok(code);
    }
    let problem = Diagnostic::error(format!("the program trapped {place}: {}", lower(&error)));
    let problem = match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => problem
            .note("std's panics and aborts end in this trap; on this target std prints nothing")
            .help("set a panic hook that calls `xsys.eprint` to see the message"),
        Some(TrapCode::StackOverflow) => {
            problem.help("the program recurses too deeply; look for a recursion without an end")
        }
        Some(TrapCode::BadSignature) => {
            problem.note("a function pointer was called with another type than the function has")
        }
        _ => problem,
    };
    Err(Failure {
        diagnostics: vec![problem],
        code: TRAPPED,
    })
}

/// The host functions.
fn host(engine: &Engine) -> std::result::Result<Linker<Host>, wasmi::errors::LinkerError> {
    let mut linker = Linker::new(engine);
    linker.func_wrap(
        HOST,
        "print",
        |caller: Caller<'_, Host>, ptr: u32, len: u32| {
            let bytes = read(&caller, ptr, len)?;
            put(&mut std::io::stdout().lock(), &bytes)
        },
    )?;
    linker.func_wrap(
        HOST,
        "eprint",
        |caller: Caller<'_, Host>, ptr: u32, len: u32| {
            let bytes = read(&caller, ptr, len)?;
            put(&mut std::io::stderr().lock(), &bytes)
        },
    )?;
    linker.func_wrap(
        HOST,
        "exit",
        |code: i32| -> std::result::Result<(), Error> { Err(Error::i32_exit(code)) },
    )?;
    linker.func_wrap(HOST, "arg_count", |caller: Caller<'_, Host>| {
        caller.data().arguments.len() as u32
    })?;
    linker.func_wrap(HOST, "arg_len", |caller: Caller<'_, Host>, index: u32| {
        argument(&caller, index).map(|text| text.len() as u32)
    })?;
    linker.func_wrap(
        HOST,
        "arg_copy",
        |mut caller: Caller<'_, Host>, index: u32, ptr: u32| {
            let bytes = argument(&caller, index)?.into_bytes();
            write(&mut caller, ptr, &bytes)
        },
    )?;
    linker.func_wrap(HOST, "now_ms", || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0.0, |now| now.as_secs_f64() * 1000.0)
    })?;
    linker.func_wrap(
        HOST,
        "random",
        |mut caller: Caller<'_, Host>, ptr: u32, len: u32| {
            // Only what lies in memory is worth making bytes for.
            read(&caller, ptr, len)?;
            let bytes = draw(caller.data_mut(), len as usize);
            write(&mut caller, ptr, &bytes)
        },
    )?;
    Ok(linker)
}

/// SipHash over a counter, with keys from the operating system.
fn draw(host: &mut Host, len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len.next_multiple_of(8));
    while bytes.len() < len {
        let mut hasher = host.random.build_hasher();
        hasher.write_u64(host.drawn);
        host.drawn = host.drawn.wrapping_add(1);
        bytes.extend(hasher.finish().to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

fn argument(caller: &Caller<'_, Host>, index: u32) -> std::result::Result<String, Error> {
    let arguments = &caller.data().arguments;
    arguments.get(index as usize).cloned().ok_or_else(|| {
        Error::new(format!(
            "there is no argument {index} of {}",
            arguments.len()
        ))
    })
}

fn memory(caller: &Caller<'_, Host>) -> std::result::Result<Memory, Error> {
    let export = caller.get_export("memory").and_then(Extern::into_memory);
    export.ok_or_else(|| Error::new("the module does not export its `memory`"))
}

fn read(caller: &Caller<'_, Host>, ptr: u32, len: u32) -> std::result::Result<Vec<u8>, Error> {
    let memory = memory(caller)?;
    let bytes = memory.data(caller.as_context());
    let end = u64::from(ptr) + u64::from(len);
    let inside = usize::try_from(end)
        .ok()
        .and_then(|end| bytes.get(ptr as usize..end));
    inside
        .map(<[u8]>::to_vec)
        .ok_or_else(|| outside(ptr, u64::from(len)))
}

fn write(caller: &mut Caller<'_, Host>, ptr: u32, bytes: &[u8]) -> std::result::Result<(), Error> {
    let memory = memory(caller)?;
    let written = memory.write(caller, ptr as usize, bytes);
    written.map_err(|_| outside(ptr, bytes.len() as u64))
}

fn outside(ptr: u32, len: u64) -> Error {
    Error::new(format!(
        "{len} bytes at {ptr:#x} are not in the module's memory"
    ))
}

fn put(out: &mut impl Write, bytes: &[u8]) -> std::result::Result<(), Error> {
    // A closed pipe ends the program, as it does natively.
    out.write_all(bytes)
        .map_err(|error| Error::new(format!("the output cannot be written: {error}")))
}

/// All imports that the host does not offer, in one message.
fn check_imports(module: &Module) -> std::result::Result<(), Diagnostic> {
    const OFFERED: [&str; 8] = [
        "print",
        "eprint",
        "exit",
        "arg_count",
        "arg_len",
        "arg_copy",
        "now_ms",
        "random",
    ];
    let unknown: Vec<String> = module
        .imports()
        .filter(|import| import.module() != HOST || !OFFERED.contains(&import.name()))
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
    let wasi = module
        .imports()
        .any(|import| import.module().starts_with("wasi"));
    let mut problem =
        Diagnostic::error("the module imports what the built-in engine does not have");
    for import in unknown {
        problem = problem.note(import);
    }
    Err(match wasi {
        true => problem.help("it is a WASI program: run it with a WASI runtime"),
        false => problem.help(format!(
            "the engine offers `{HOST}` with {}; `env` imports are symbols that nothing defined",
            quoted(&OFFERED)
        )),
    })
}

fn functions(module: &Module) -> Vec<&str> {
    let exports = module.exports();
    let functions = exports.filter(|export| matches!(export.ty(), ExternType::Func(_)));
    functions.map(|export| export.name()).collect()
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn type_text(ty: &FuncType) -> String {
    let list = |types: &[ValType]| {
        let names: Vec<&str> = types.iter().map(|&ty| type_name(ty)).collect();
        names.join(", ")
    };
    match ty.results() {
        [] => format!("({})", list(ty.params())),
        results => format!("({}) -> {}", list(ty.params()), list(results)),
    }
}

fn type_name(ty: ValType) -> &'static str {
    match ty {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::V128 => "v128",
        ValType::FuncRef => "funcref",
        ValType::ExternRef => "externref",
    }
}

fn zero(ty: ValType) -> Option<Val> {
    matches!(ty, ValType::I32).then_some(Val::I32(0))
}

/// A number as the parameter's type; integers may be signed or unsigned.
fn number(text: &str, ty: ValType) -> std::result::Result<Val, Diagnostic> {
    let parsed = match ty {
        ValType::I32 => text
            .parse::<i32>()
            .or_else(|_| text.parse::<u32>().map(u32::cast_signed))
            .ok()
            .map(Val::I32),
        ValType::I64 => text
            .parse::<i64>()
            .or_else(|_| text.parse::<u64>().map(u64::cast_signed))
            .ok()
            .map(Val::I64),
        ValType::F32 => text.parse::<f32>().ok().map(|value| Val::F32(value.into())),
        ValType::F64 => text.parse::<f64>().ok().map(|value| Val::F64(value.into())),
        _ => None,
    };
    parsed.ok_or_else(|| Diagnostic::error(format!("`{text}` is not an {}", type_name(ty))))
}

fn value_text(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(value) => f32::from(*value).to_string(),
        Val::F64(value) => f64::from(*value).to_string(),
        _ => "a reference".to_owned(),
    }
}

/// The engine's message in the house's style.
fn lower(error: &Error) -> String {
    let text = error.to_string();
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_lowercase());
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a module in text form; the exit code, or the first problem and its code.
    fn outcome(text: &str, arguments: &[&str]) -> std::result::Result<i32, (u8, String)> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        run(text.as_bytes(), &arguments)
            .map_err(|failure| (failure.code, failure.diagnostics[0].to_string()))
    }

    #[test]
    fn entries_and_exit_codes() {
        for (text, expected) in [
            (r#"(module (func (export "_start")))"#, 0),
            (
                r#"(module (func (export "run") (result i32) i32.const 3))"#,
                3,
            ),
            (
                r#"(module (func (export "main") (param i32 i32) (result i32)
                    local.get 0 local.get 1 i32.add i32.const 7 i32.add))"#,
                7,
            ),
            (
                r#"(module (import "xsys" "exit" (func $e (param i32)))
                    (func (export "_start") i32.const 5 call $e unreachable))"#,
                5,
            ),
            (
                r#"(module (global $g (mut i32) (i32.const 0))
                    (func (export "_initialize") i32.const 9 global.set $g)
                    (func (export "run") (result i32) global.get $g))"#,
                9,
            ),
        ] {
            assert_eq!(outcome(text, &[]), Ok(expected), "{text}");
        }
    }

    #[test]
    fn host_functions_see_arguments_and_memory() {
        // Adds the length of argument 1 to its first byte; random and now_ms must do something.
        let text = r#"(module
            (import "xsys" "arg_count" (func $count (result i32)))
            (import "xsys" "arg_len" (func $len (param i32) (result i32)))
            (import "xsys" "arg_copy" (func $copy (param i32 i32)))
            (import "xsys" "now_ms" (func $now (result f64)))
            (import "xsys" "random" (func $random (param i32 i32)))
            (memory (export "memory") 1)
            (func (export "run") (result i32)
                (call $copy (i32.const 1) (i32.const 64))
                (call $random (i32.const 0) (i32.const 16))
                (if (i64.eq (i64.load (i32.const 0)) (i64.load (i32.const 8))) (then unreachable))
                (if (f64.lt (call $now) (f64.const 1e12)) (then unreachable))
                (i32.add (i32.mul (call $count) (i32.const 1000))
                    (i32.add (call $len (i32.const 1)) (i32.load8_u (i32.const 64))))))"#;
        assert_eq!(outcome(text, &["x", "abc"]), Ok(2000 + 3 + 97));
        let (code, problem) = outcome(text, &["x"]).unwrap_err();
        assert_eq!(code, TRAPPED);
        assert!(problem.contains("there is no argument 1 of 1"), "{problem}");
    }

    #[test]
    fn calls_by_name() {
        let text = r#"(module (func (export "add") (param i32 i64) (result i64)
            local.get 0 i64.extend_i32_u local.get 1 i64.add))"#;
        assert_eq!(
            outcome(text, &["--invoke", "add", "4294967295", "-1"]),
            Ok(0)
        );
        for (arguments, expected) in [
            (&["--invoke", "ad", "1", "2"][..], "did you mean `add`?"),
            (&["--invoke", "add", "1"], "`add` takes 2 numbers, 1 given"),
            (&["--invoke", "add", "x", "1"], "`x` is not an i32"),
            (&["--invoke"], "needs the name of an export"),
            (&[], "no entry point"),
        ] {
            let (code, problem) = outcome(text, arguments).unwrap_err();
            assert!(code == 1 && problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn problems() {
        for (text, code, expected) in [
            (
                r#"(module (func (export "run") unreachable))"#,
                TRAPPED,
                "panic hook",
            ),
            (
                r#"(module (func $f (export "run") (call $f)))"#,
                TRAPPED,
                "recursion without an end",
            ),
            (
                r#"(module (import "xsys" "print" (func $p (param i32 i32)))
                    (memory (export "memory") 1)
                    (func (export "run") (call $p (i32.const 65535) (i32.const 2))))"#,
                TRAPPED,
                "2 bytes at 0xffff are not in the module's memory",
            ),
            (
                r#"(module (import "env" "f" (func (param i32) (result f64))) (import "xsys" "x" (memory 1)))"#,
                1,
                "`env.f`, a function `(i32) -> f64`\n  = note: `xsys.x`, a memory",
            ),
            (
                r#"(module (func (export "main") (param f32)))"#,
                1,
                "it is `(f32)`",
            ),
            ("\0asm", 1, "the module cannot be run"),
        ] {
            let (actual, problem) = outcome(text, &[]).unwrap_err();
            assert_eq!(actual, code, "{problem}");
            assert!(problem.contains(expected), "{problem}");
        }
    }
}
