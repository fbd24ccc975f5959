//! Fetches packages with kernels and firmware from a mirror that the user names, without apt.
//!
//! A request (mirror, suite, architecture, names) becomes a list of files with sizes and digests, taken from the
//! mirror's own lists ([`mirror`]); that list is stored ([`lock`]), so that the next call, on another machine and next
//! year, gets the same bytes or an error. Downloads can be continued after an interruption ([`download`]). HTTP is
//! built in, HTTPS is left to curl or wget ([`transport`]): there is no mature TLS in Rust without C code.

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
