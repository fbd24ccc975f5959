//! Processes that we have started, and how they end.
//!
//! Problem: a signal that is sent to xsys alone (by a time limit, a CI, a supervisor) would leave cargo, its compilers
//! and emulators running, and temporary directories behind. So the signals that end a command are caught: all our
//! processes get the same signal, temporary files are removed, and then xsys ends by that signal, as its caller
//! expects. `xsys run` is different: cargo becomes the program, which handles signals itself, and we end as it does.
//!
//! The system is asked for our processes; they are not written down, because cargo's children are not our children. A
//! terminal sends an interrupt to all of them by itself. Signals that are ignored from outside (`nohup`, `&` in
//! scripts) stay ignored.

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
    //! Consoles notify all processes by themselves.

    pub fn watch() {}

    pub fn outlive_interrupts() {
        // If the handler cannot be set, an interrupt ends xsys and nothing is cleaned up.
        let _ = ctrlc::set_handler(|| {});
    }

    pub fn end_like(_: std::process::ExitStatus) {}

    pub fn code_of_signal(_: std::process::ExitStatus) -> Option<u8> {
        None
    }
}

pub(crate) use system::{code_of_signal, outlive_interrupts, watch};

/// Held while a process is started, and forever once all processes have to end.
static GATE: Mutex<()> = Mutex::new(());

static ENDING: AtomicBool = AtomicBool::new(false);

/// Whether signals are left to the program that is run.
static FORWARDING: AtomicBool = AtomicBool::new(false);

/// What is removed before this process ends by a signal.
static LEFTOVERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// From here on signals are for the program that is run.
pub(crate) fn forward_signals() {
    FORWARDING.store(true, Ordering::Relaxed);
}

/// Removes a file or directory when a signal ends this process; otherwise the caller removes it.
pub(crate) fn remove_at_end(path: PathBuf) {
    let mut leftovers = LEFTOVERS.lock().unwrap_or_else(PoisonError::into_inner);
    leftovers.push(path);
}

/// Starts a process, unless all processes have to end.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    let _gate = GATE.lock().unwrap_or_else(PoisonError::into_inner);
    command.spawn()
}

/// Waits for a process. Does not return if a signal is ending this process.
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

/// Blocks forever if a signal is about to end this process, so that nothing more is printed.
pub(crate) fn stop_if_ending() {
    while ENDING.load(Ordering::Acquire) {
        std::thread::park();
    }
}
