//! WASI's error numbers, and their mapping from operating systems' errors.
//!
//! The numbers are those of preview 1 (`errno` in its witx), which are no operating system's.

use std::io::ErrorKind;

use crate::wasm_engine::guest::Outside;

/// Why a WASI call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Errno {
    Acces = 2,
    Again = 6,
    Badf = 8,
    Busy = 10,
    Deadlk = 16,
    Dquot = 19,
    Exist = 20,
    Fault = 21,
    Fbig = 22,
    Ilseq = 25,
    Intr = 27,
    Inval = 28,
    Io = 29,
    Isdir = 31,
    Loop = 32,
    Mfile = 33,
    Mlink = 34,
    Nametoolong = 37,
    Noent = 44,
    Nomem = 48,
    Nospc = 51,
    Nosys = 52,
    Notdir = 54,
    Notempty = 55,
    Notsock = 57,
    Notsup = 58,
    Nxio = 60,
    Overflow = 61,
    Perm = 63,
    Pipe = 64,
    Rofs = 69,
    Spipe = 70,
    Stale = 72,
    Timedout = 73,
    Txtbsy = 74,
    Xdev = 75,
    Notcapable = 76,
}

pub(super) type Done<T = ()> = Result<T, Errno>;

impl From<Outside> for Errno {
    fn from(_: Outside) -> Self {
        Self::Fault
    }
}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Self {
        by_number(&error).unwrap_or_else(|| match error.kind() {
            ErrorKind::NotFound => Self::Noent,
            // An error without a system's number comes from the sandbox.
            ErrorKind::PermissionDenied if error.raw_os_error().is_none() => Self::Perm,
            ErrorKind::PermissionDenied => Self::Acces,
            ErrorKind::AlreadyExists => Self::Exist,
            ErrorKind::WouldBlock => Self::Again,
            ErrorKind::NotADirectory => Self::Notdir,
            ErrorKind::IsADirectory => Self::Isdir,
            ErrorKind::DirectoryNotEmpty => Self::Notempty,
            ErrorKind::ReadOnlyFilesystem => Self::Rofs,
            ErrorKind::StaleNetworkFileHandle => Self::Stale,
            ErrorKind::InvalidInput | ErrorKind::InvalidData => Self::Inval,
            ErrorKind::TimedOut => Self::Timedout,
            ErrorKind::StorageFull => Self::Nospc,
            ErrorKind::NotSeekable => Self::Spipe,
            ErrorKind::QuotaExceeded => Self::Dquot,
            ErrorKind::FileTooLarge => Self::Fbig,
            ErrorKind::ResourceBusy => Self::Busy,
            ErrorKind::ExecutableFileBusy => Self::Txtbsy,
            ErrorKind::Deadlock => Self::Deadlk,
            ErrorKind::CrossesDevices => Self::Xdev,
            ErrorKind::TooManyLinks => Self::Mlink,
            ErrorKind::InvalidFilename => Self::Nametoolong,
            ErrorKind::Interrupted => Self::Intr,
            ErrorKind::Unsupported => Self::Notsup,
            ErrorKind::OutOfMemory => Self::Nomem,
            ErrorKind::BrokenPipe => Self::Pipe,
            _ => Self::Io,
        })
    }
}

/// Errors that std has no kind for, or one kind for several.
#[cfg(unix)]
fn by_number(error: &std::io::Error) -> Option<Errno> {
    use rustix::io::Errno as System;
    Some(match System::from_io_error(error)? {
        System::PERM => Errno::Perm,
        System::BADF => Errno::Badf,
        System::LOOP => Errno::Loop,
        System::MFILE | System::NFILE => Errno::Mfile,
        System::NXIO => Errno::Nxio,
        System::OVERFLOW => Errno::Overflow,
        System::NAMETOOLONG => Errno::Nametoolong,
        System::ILSEQ => Errno::Ilseq,
        _ => return None,
    })
}

#[cfg(not(unix))]
fn by_number(_: &std::io::Error) -> Option<Errno> {
    None
}
