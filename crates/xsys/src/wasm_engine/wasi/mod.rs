//! WASI preview 1: the system interface of `wasm32-wasip1` programs.
//!
//! The specification is the witx of `wasi_snapshot_preview1`. A program sees its arguments, the environment of `--env`,
//! the directories of `--dir`, our standard streams, clocks and random numbers; nothing else of this machine. There are
//! no sockets, since nothing opens one.

mod clock;
mod errno;
mod files;
mod layout;
mod paths;
mod poll;
mod streams;
mod table;
#[cfg(test)]
mod tests;

use std::time::Instant;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use wasmi::{Caller, Error, Linker};
use xsys_diag::Diagnostic;

use crate::wasm_engine::guest::Guest;
use crate::wasm_engine::options::{Directory, Options};
use crate::wasm_engine::wasi::errno::{Done, Errno};
use crate::wasm_engine::wasi::table::Table;
use crate::wasm_engine::{Host, random};

/// The module that programs import it from.
pub(super) const MODULE: &str = "wasi_snapshot_preview1";

/// A program's system.
#[derive(Debug)]
pub(super) struct State {
    /// The program's name first; each ends with a zero byte in the program's memory.
    arguments: Vec<String>,
    environment: Vec<String>,
    table: Table,
    started: Instant,
}

impl State {
    pub(super) fn new(
        program: &str,
        arguments: &[String],
        options: &Options,
    ) -> Result<Self, Diagnostic> {
        let mut given = Vec::new();
        for Directory { host, guest } in &options.directories {
            let dir = Dir::open_ambient_dir(host, ambient_authority()).map_err(|error| {
                crate::error::file("open", host, &error)
                    .help("`--dir` takes a directory of this machine, or HOST::GUEST")
            })?;
            given.push((dir, guest.clone()));
        }
        let program = std::iter::once(program.to_owned());
        Ok(Self {
            arguments: program.chain(arguments.iter().cloned()).collect(),
            environment: options.environment.clone(),
            table: Table::new(given),
            started: Instant::now(),
        })
    }
}

/// Makes host functions from functions over the state, the memory and the call's own arguments.
macro_rules! calls {
    ($($name:literal ($($arg:ident : $ty:ty),*) = $function:path;)*) => {
        /// The functions, by name.
        pub(crate) const OFFERED: &[&str] = &["proc_exit", $($name),*];

        /// Adds the calls to what modules can import.
        pub(crate) fn define(linker: &mut Linker<Host>) -> Result<(), wasmi::errors::LinkerError> {
            linker.func_wrap(MODULE, "proc_exit", |code: i32| -> Result<(), Error> {
                Err(Error::i32_exit(code))
            })?;
            $(linker.func_wrap(
                MODULE,
                $name,
                |mut caller: Caller<'_, Host>, $($arg: $ty),*| -> Result<u32, Error> {
                    let (mut guest, host) = Guest::of(&mut caller)?;
                    let done = $function(&mut host.wasi, &mut guest, $($arg),*);
                    Ok(done.err().map_or(0, |errno| errno as u32))
                },
            )?;)*
            Ok(())
        }
    };
}

calls! {
    "args_get"(list: u32, text: u32) = args_get;
    "args_sizes_get"(count: u32, size: u32) = args_sizes_get;
    "environ_get"(list: u32, text: u32) = environ_get;
    "environ_sizes_get"(count: u32, size: u32) = environ_sizes_get;
    "clock_res_get"(clock: u32, out: u32) = clock::res_get;
    "clock_time_get"(clock: u32, precision: u64, out: u32) = clock::time_get;
    "fd_advise"(fd: u32, offset: u64, len: u64, advice: u32) = files::advise;
    "fd_allocate"(fd: u32, offset: u64, len: u64) = files::allocate;
    "fd_close"(fd: u32) = files::close;
    "fd_datasync"(fd: u32) = files::datasync;
    "fd_fdstat_get"(fd: u32, out: u32) = files::fdstat_get;
    "fd_fdstat_set_flags"(fd: u32, flags: u32) = files::fdstat_set_flags;
    "fd_fdstat_set_rights"(fd: u32, rights: u64, inheriting: u64) = files::fdstat_set_rights;
    "fd_filestat_get"(fd: u32, out: u32) = files::filestat_get;
    "fd_filestat_set_size"(fd: u32, size: u64) = files::filestat_set_size;
    "fd_filestat_set_times"(fd: u32, accessed: u64, modified: u64, flags: u32) = files::filestat_set_times;
    "fd_pread"(fd: u32, list: u32, count: u32, offset: u64, out: u32) = files::pread;
    "fd_prestat_get"(fd: u32, out: u32) = files::prestat_get;
    "fd_prestat_dir_name"(fd: u32, addr: u32, len: u32) = files::prestat_dir_name;
    "fd_pwrite"(fd: u32, list: u32, count: u32, offset: u64, out: u32) = files::pwrite;
    "fd_read"(fd: u32, list: u32, count: u32, out: u32) = files::read;
    "fd_readdir"(fd: u32, addr: u32, len: u32, cookie: u64, out: u32) = files::readdir;
    "fd_renumber"(from: u32, to: u32) = files::renumber;
    "fd_seek"(fd: u32, offset: i64, whence: u32, out: u32) = files::seek;
    "fd_sync"(fd: u32) = files::sync;
    "fd_tell"(fd: u32, out: u32) = files::tell;
    "fd_write"(fd: u32, list: u32, count: u32, out: u32) = files::write;
    "path_create_directory"(fd: u32, addr: u32, len: u32) = paths::create_directory;
    "path_filestat_get"(fd: u32, flags: u32, addr: u32, len: u32, out: u32) = paths::filestat_get;
    "path_filestat_set_times"(
        fd: u32, flags: u32, addr: u32, len: u32, accessed: u64, modified: u64, which: u32
    ) = paths::filestat_set_times;
    "path_link"(
        from: u32, flags: u32, old: u32, old_len: u32, to: u32, new: u32, new_len: u32
    ) = paths::link;
    "path_open"(
        fd: u32, follow: u32, addr: u32, len: u32, flags: u32,
        rights: u64, inheriting: u64, fd_flags: u32, out: u32
    ) = paths::open;
    "path_readlink"(fd: u32, addr: u32, len: u32, into: u32, most: u32, out: u32) = paths::readlink;
    "path_remove_directory"(fd: u32, addr: u32, len: u32) = paths::remove_directory;
    "path_rename"(
        from: u32, old: u32, old_len: u32, to: u32, new: u32, new_len: u32
    ) = paths::rename;
    "path_symlink"(old: u32, old_len: u32, fd: u32, new: u32, new_len: u32) = paths::symlink;
    "path_unlink_file"(fd: u32, addr: u32, len: u32) = paths::unlink_file;
    "poll_oneoff"(list: u32, events: u32, count: u32, out: u32) = poll::oneoff;
    "proc_raise"(signal: u32) = raise;
    "random_get"(addr: u32, len: u32) = random_get;
    "sched_yield"() = sched_yield;
    "sock_accept"(fd: u32, flags: u32, out: u32) = sock_accept;
    "sock_recv"(fd: u32, list: u32, count: u32, flags: u32, out: u32, out_flags: u32) = sock_recv;
    "sock_send"(fd: u32, list: u32, count: u32, flags: u32, out: u32) = sock_send;
    "sock_shutdown"(fd: u32, how: u32) = sock_shutdown;
}

/// Strings in C's form: a list of addresses, and the texts.
fn put_strings(guest: &mut Guest<'_>, strings: &[String], list: u32, text: u32) -> Done {
    let (mut list, mut text) = (u64::from(list), u64::from(text));
    for string in strings {
        guest.put_u32(list, u32::try_from(text).map_err(|_| Errno::Overflow)?)?;
        guest.put(text, string.as_bytes())?;
        guest.put(text + string.len() as u64, &[0])?;
        list += 4;
        text += string.len() as u64 + 1;
    }
    Ok(())
}

fn put_sizes(guest: &mut Guest<'_>, strings: &[String], count: u32, size: u32) -> Done {
    let bytes: usize = strings.iter().map(|string| string.len() + 1).sum();
    let number = |number: usize| u32::try_from(number).map_err(|_| Errno::Overflow);
    guest.put_u32(count.into(), number(strings.len())?)?;
    Ok(guest.put_u32(size.into(), number(bytes)?)?)
}

fn args_get(state: &mut State, guest: &mut Guest<'_>, list: u32, text: u32) -> Done {
    put_strings(guest, &state.arguments, list, text)
}

fn args_sizes_get(state: &mut State, guest: &mut Guest<'_>, count: u32, size: u32) -> Done {
    put_sizes(guest, &state.arguments, count, size)
}

fn environ_get(state: &mut State, guest: &mut Guest<'_>, list: u32, text: u32) -> Done {
    put_strings(guest, &state.environment, list, text)
}

fn environ_sizes_get(state: &mut State, guest: &mut Guest<'_>, count: u32, size: u32) -> Done {
    put_sizes(guest, &state.environment, count, size)
}

fn random_get(_: &mut State, guest: &mut Guest<'_>, addr: u32, len: u32) -> Done {
    random::fill(guest.bytes_mut(addr.into(), len.into())?).map_err(|_| Errno::Io)
}

fn sched_yield(_: &mut State, _: &mut Guest<'_>) -> Done {
    std::thread::yield_now();
    Ok(())
}

fn raise(_: &mut State, _: &mut Guest<'_>, _: u32) -> Done {
    Err(Errno::Nosys)
}

/// No descriptor is a socket.
fn no_socket(state: &State, fd: u32) -> Done {
    state.table.get(fd)?;
    Err(Errno::Notsock)
}

fn sock_accept(state: &mut State, _: &mut Guest<'_>, fd: u32, _: u32, _: u32) -> Done {
    no_socket(state, fd)
}

#[expect(clippy::too_many_arguments, reason = "the call has as many")]
fn sock_recv(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
) -> Done {
    no_socket(state, fd)
}

fn sock_send(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
) -> Done {
    no_socket(state, fd)
}

fn sock_shutdown(state: &mut State, _: &mut Guest<'_>, fd: u32, _: u32) -> Done {
    no_socket(state, fd)
}
