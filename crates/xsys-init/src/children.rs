//! Which processes have ended, and who waits for them.
//!
//! The first process becomes the parent of every orphan, so it waits for any child. std waits for a child too while it
//! starts one (to report a missing program), and would fail if that child had already been collected. Hence one lock:
//! nothing is collected while a process is being started.

use std::collections::HashMap;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::sys::{self, SIGKILL};

type Told = Box<dyn FnOnce(ExitStatus) + Send>;

static WAITING: Mutex<Option<HashMap<i32, Told>>> = Mutex::new(None);

/// Starts a program; `told` is called when it has ended.
pub(crate) fn start(
    command: &mut Command,
    told: impl FnOnce(ExitStatus) + Send + 'static,
) -> io::Result<i32> {
    let mut waiting = WAITING
        .lock()
        .map_err(|_| io::Error::other("the list of processes is broken"))?;
    let pid = command.spawn()?.id() as i32;
    waiting.get_or_insert_default().insert(pid, Box::new(told));
    Ok(pid)
}

/// Collects all children that have ended, including orphans.
pub(crate) fn collect() {
    loop {
        let Ok(mut waiting) = WAITING.lock() else {
            return;
        };
        let Some((pid, status)) = sys::reap() else {
            return;
        };
        let told = waiting.as_mut().and_then(|waiting| waiting.remove(&pid));
        drop(waiting);
        if let Some(told) = told {
            told(ExitStatus::from_raw(status));
        }
    }
}

/// Runs a program to its end; after the timeout it and what it started are killed.
pub(crate) fn run(command: &mut Command, timeout: Duration) -> io::Result<ExitStatus> {
    let (ended, end): (_, Receiver<ExitStatus>) = channel();
    let pid = start(command, move |status| {
        let _ = ended.send(status);
    })?;
    let result = end
        .recv_timeout(timeout)
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut));
    // Its process group: whatever it left running.
    let _ = sys::send_signal(-pid, SIGKILL);
    result
}
