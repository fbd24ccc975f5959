//! Standard input and output of a WASI program: ours, without buffers in between.
//!
//! std buffers input; the system could then not tell whether something can be read.

use std::io::{Read, Write};

use crate::wasm_engine::wasi::errno::Done;

pub(super) fn read(into: &mut [u8]) -> Done<usize> {
    loop {
        match input()?.read(into) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            read => return Ok(read?),
        }
    }
}

pub(super) fn write(out: &mut impl Write, bytes: &[u8]) -> Done {
    out.write_all(bytes)?;
    // Output must appear at once, in the order of both streams.
    Ok(out.flush()?)
}

#[cfg(unix)]
fn input() -> std::io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(std::io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn input() -> std::io::Result<std::io::StdinLock<'static>> {
    Ok(std::io::stdin().lock())
}

/// Waits until input can be read (or has ended), up to a time limit; returns whether it can.
#[cfg(unix)]
pub(super) fn wait_for_input(most: Option<std::time::Duration>) -> Done<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = std::io::stdin();
    let timeout = most.map(|most| Timespec {
        tv_sec: i64::try_from(most.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: most.subsec_nanos().into(),
    });
    let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
    match poll(&mut waiting, timeout.as_ref()) {
        Ok(ready) => Ok(ready != 0),
        // A signal that did not end this process; the program will ask again.
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(std::io::Error::from(error).into()),
    }
}

/// If the system cannot be asked, reading waits.
#[cfg(not(unix))]
pub fn wait_for_input(_: Option<std::time::Duration>) -> Done<bool> {
    Ok(true)
}
