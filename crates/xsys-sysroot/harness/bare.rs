//! Without std: the entry that std's runtime would be, and the end that a panic is.

use core::fmt;
use core::panic::PanicInfo;

use crate::types::Failed;
use crate::{machine, wire};

pub fn prepare() {}

pub fn flush() {}

/// The `main` that start code calls comes here, and goes on to rustc's own, which calls
/// [`test_main_static`](crate::test_main_static).
#[lang = "start"]
fn lang_start<T>(main: fn() -> T, _: isize, _: *const *const u8, _: u8) -> isize {
    main();
    0
}

/// What a test can return.
pub trait Termination {
    fn result(self) -> Result<(), Failed>;
}

impl Termination for () {
    fn result(self) -> Result<(), Failed> {
        Ok(())
    }
}

impl Termination for ! {
    fn result(self) -> Result<(), Failed> {
        self
    }
}

impl<T: Termination, E: fmt::Debug> Termination for Result<T, E> {
    fn result(self) -> Result<(), Failed> {
        match self {
            Ok(value) => value.result(),
            Err(error) => {
                wire::failed(&error);
                Err(Failed)
            }
        }
    }
}

pub trait Outcome {
    fn outcome(self) -> Result<(), Failed>;
}

impl<T: Termination> Outcome for T {
    fn outcome(self) -> Result<(), Failed> {
        self.result()
    }
}

/// No atomic: the smallest processors have none, and there is one thread.
static mut PANICKED: bool = false;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let panicked = &raw mut PANICKED;
    // SAFETY: nobody else has its address. An interrupt that panics meanwhile ends everything.
    if unsafe { panicked.replace(true) } {
        // In the message of another panic.
        machine::exit(false);
    }
    let (file, line, column) = match info.location() {
        Some(place) => (place.file(), place.line(), place.column()),
        None => ("", 0, 0),
    };
    let message = info.message();
    let message = match message.as_str() {
        Some(text) => wire::Message::Text(text),
        #[cfg(not(any(target_arch = "avr", target_arch = "msp430")))]
        None => wire::Message::Formatted(&message),
        #[cfg(any(target_arch = "avr", target_arch = "msp430"))]
        None => wire::Message::Text("(a message with values, left out to save memory)"),
    };
    wire::panicked(file, line, column, message);
    machine::exit(false)
}
