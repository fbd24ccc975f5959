//! With std on wasm, where a panic ends the program after the hook was called.
//!
//! `wasm32-unknown-unknown` has no output of its own: what a test prints is kept and told at its
//! end.

use std::boxed::Box;
use std::fmt;
use std::io;
use std::panic::{self, PanicHookInfo};
use std::process::Termination;
use std::string::String;
use std::sync::{Arc, Mutex, PoisonError};
use std::vec::Vec;

use crate::types::Failed;
use crate::{machine, wire};

static KEPT: Mutex<Option<Arc<Mutex<Vec<u8>>>>> = Mutex::new(None);

pub fn prepare() {
    if cfg!(target_os = "unknown") {
        let kept = Arc::new(Mutex::new(Vec::new()));
        *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&kept));
        io::set_output_capture(Some(kept));
    }
    panic::set_hook(Box::new(panicked));
}

/// Tells what was printed.
pub fn flush() {
    io::set_output_capture(None);
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(kept) = kept {
        let bytes = kept.lock().unwrap_or_else(PoisonError::into_inner);
        machine::print(&String::from_utf8_lossy(&bytes));
    }
}

fn panicked(info: &PanicHookInfo<'_>) {
    flush();
    let (file, line, column) = match info.location() {
        Some(place) => (place.file(), place.line(), place.column()),
        None => ("", 0, 0),
    };
    let payload = info.payload();
    let message = match payload.downcast_ref::<&'static str>() {
        Some(message) => *message,
        None => match payload.downcast_ref::<String>() {
            Some(message) => message,
            None => "Box<dyn Any>",
        },
    };
    wire::panicked(file, line, column, wire::Message::Text(message));
    machine::exit(false)
}

pub trait Outcome {
    fn outcome(self) -> Result<(), Failed>;
}

impl<T: Termination> Outcome for T {
    default fn outcome(self) -> Result<(), Failed> {
        let code = self.report();
        if code == std::process::ExitCode::SUCCESS {
            return Ok(());
        }
        flush();
        wire::failed(&code);
        Err(Failed)
    }
}

/// `report` would write the error where nobody may see it.
impl<T: Termination, E: fmt::Debug> Outcome for Result<T, E> {
    fn outcome(self) -> Result<(), Failed> {
        match self {
            Ok(value) => value.outcome(),
            Err(error) => {
                flush();
                wire::failed(&error);
                Err(Failed)
            }
        }
    }
}
