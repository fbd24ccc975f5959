//! Processes that we have started, and their ends.
//!
//! Problem: a signal that is sent to xsys alone (by a time limit, a CI, a supervisor) would leave cargo, its
//! compilers and emulators running, and folders behind. So the signals that end a command are caught: all
//! that was started gets the same one, what has to go goes, and then xsys ends by that signal, as its
//! caller expects. `xsys run` is another matter: cargo becomes the program, whose business signals are,
//! and we end as it does.
//!
//! Whoever was started is asked of the system, not written down: cargo's children are no children of ours.
//! A terminal sends an interrupt to everybody by itself. Signals that are ignored from outside
//! (`nohup`, `&` in scripts) stay so.

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

#[cfg(unix)]
#[path = "children/unix.rs"]
mod system;

#[cfg(not(unix))]
mod system {
    //! Consoles tell all processes by themselves.

    pub fn watch() {}

    pub fn outlive_interrupts() {
        // Where that cannot be had, an interrupt ends the session, no more.
        let _ = ctrlc::set_handler(|| {});
    }

    pub fn end_like(_: std::process::ExitStatus) {}

    pub fn code_of_signal(_: std::process::ExitStatus) -> Option<u8> {
        None
    }
}

pub(crate) use system::{code_of_signal, outlive_interrupts, watch};

/// Held while a process is started, and for good once all are to end.
static GATE: Mutex<()> = Mutex::new(());

static ENDING: AtomicBool = AtomicBool::new(false);

/// Whether signals are a program's business.
static FORWARDING: AtomicBool = AtomicBool::new(false);

/// What is removed before this process ends by a signal.
static LEFTOVERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// From here on signals are for the program that is run.
pub(crate) fn forward_signals() {
    FORWARDING.store(true, Ordering::Relaxed);
}

/// Removes a file or folder when a signal ends this process; otherwise that is the caller's.
pub(crate) fn remove_at_end(path: PathBuf) {
    let mut leftovers = LEFTOVERS.lock().unwrap_or_else(PoisonError::into_inner);
    leftovers.push(path);
}

/// Starts a process, unless all are to end.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    let _gate = GATE.lock().unwrap_or_else(PoisonError::into_inner);
    command.spawn()
}

/// Waits for a process. Does not come back where a signal has ended it, and all of us.
pub(crate) fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let status = child.wait()?;
    system::end_like(status);
    stop_if_ending();
    Ok(status)
}

/// Starts a process and waits for it.
pub(crate) fn status(command: &mut Command) -> io::Result<ExitStatus> {
    wait(&mut spawn(command)?)
}

/// Stays here for good where a signal is about to end this process: there is nothing more to say.
pub(crate) fn stop_if_ending() {
    while ENDING.load(Ordering::Acquire) {
        std::thread::park();
    }
}
