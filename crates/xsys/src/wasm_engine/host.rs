//! The functions of the module `xsys`, for programs without an operating system.
//!
//! `usize` and pointers are `i32` for wasm32 and `i64` for wasm64; everything else is the same.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use wasmi::errors::LinkerError;
use wasmi::{Caller, Error, Linker, WasmTy};

use crate::wasm_engine::guest::Guest;
use crate::wasm_engine::{Host, random};

/// The module that the functions are imported from.
pub(super) const MODULE: &str = "xsys";

/// The functions, by name.
pub(super) const OFFERED: [&str; 8] = [
    "print",
    "eprint",
    "exit",
    "arg_count",
    "arg_len",
    "arg_copy",
    "now_ms",
    "random",
];

type Done<T = ()> = Result<T, Error>;

/// Adds the functions to what modules can import; `Word` is the program's `usize`.
pub(super) fn define<Word>(linker: &mut Linker<Host>) -> Result<(), LinkerError>
where
    Word: WasmTy + Into<u64> + From<u32>,
{
    linker.func_wrap(
        MODULE,
        "print",
        |mut caller: Caller<'_, Host>, ptr: Word, len: Word| -> Done {
            let (guest, _) = Guest::of(&mut caller)?;
            put(
                &mut std::io::stdout().lock(),
                guest.bytes(ptr.into(), len.into())?,
            )
        },
    )?;
    linker.func_wrap(
        MODULE,
        "eprint",
        |mut caller: Caller<'_, Host>, ptr: Word, len: Word| -> Done {
            let (guest, _) = Guest::of(&mut caller)?;
            put(
                &mut std::io::stderr().lock(),
                guest.bytes(ptr.into(), len.into())?,
            )
        },
    )?;
    linker.func_wrap(MODULE, "exit", |code: i32| -> Done {
        Err(Error::i32_exit(code))
    })?;
    linker.func_wrap(
        MODULE,
        "arg_count",
        |caller: Caller<'_, Host>| -> Done<Word> { size(caller.data().arguments.len()) },
    )?;
    linker.func_wrap(
        MODULE,
        "arg_len",
        |caller: Caller<'_, Host>, index: Word| -> Done<Word> {
            size(argument(caller.data(), index.into())?.len())
        },
    )?;
    linker.func_wrap(
        MODULE,
        "arg_copy",
        |mut caller: Caller<'_, Host>, index: Word, ptr: Word| -> Done {
            let (mut guest, host) = Guest::of(&mut caller)?;
            Ok(guest.put(ptr.into(), argument(host, index.into())?.as_bytes())?)
        },
    )?;
    linker.func_wrap(MODULE, "now_ms", || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0.0, |now| now.as_secs_f64() * 1000.0)
    })?;
    linker.func_wrap(
        MODULE,
        "random",
        |mut caller: Caller<'_, Host>, ptr: Word, len: Word| -> Done {
            let (mut guest, _) = Guest::of(&mut caller)?;
            random::fill(guest.bytes_mut(ptr.into(), len.into())?)
        },
    )?;
    Ok(())
}

fn size<Word: From<u32>>(size: usize) -> Done<Word> {
    let size = u32::try_from(size).map_err(|_| Error::new("an argument is too long"))?;
    Ok(Word::from(size))
}

fn argument(host: &Host, index: u64) -> Done<&str> {
    let arguments = &host.arguments;
    let found = usize::try_from(index).ok().and_then(|at| arguments.get(at));
    found.map(String::as_str).ok_or_else(|| {
        Error::new(format!(
            "there is no argument {index} of {}",
            arguments.len()
        ))
    })
}

fn put(out: &mut impl Write, bytes: &[u8]) -> Done {
    // A closed pipe ends the program, as it does natively.
    out.write_all(bytes)
        .map_err(|error| Error::new(format!("the output cannot be written: {error}")))
}
