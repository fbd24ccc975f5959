//! Fetches packages with kernels and firmware from a mirror that the user names, without apt.
//!
//! A request (mirror, suite, architecture, names) becomes a list of files with sizes and digests by the mirror's own
//! lists ([`mirror`]); that list is written down ([`lock`]), so that the next call, on another machine and next year,
//! gets the same bytes or an error. Files are fetched in pieces that are kept ([`download`]), over HTTP by ourselves and
//! over HTTPS by curl or wget ([`transport`]): there is no TLS in Rust without C code that is as old as theirs.

mod control;
mod download;
mod error;
mod lock;
mod mirror;
mod transport;
mod version;

pub(crate) use self::download::{Want, fetch, part_name};
pub(crate) use self::error::Error;
pub(crate) use self::lock::{FILE, Lock, Package, Request, is_digest};
pub(crate) use self::mirror::resolve;
