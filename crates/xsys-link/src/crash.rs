//! A fault of the linker itself ends in an error that can be reported.
//!
//! A panic unwinds to the call that began the link, past guards that know which input was worked on. What was begun of
//! the output is removed on the way, as with every error.

use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use xsys_diag::Diagnostic;

use crate::Outcome;

/// The input that a thread worked on when it failed; the innermost guard names it.
static INPUT: Mutex<Option<String>> = Mutex::new(None);

/// Names an input for as long as it is worked on.
pub(crate) struct WorkingOn<'n>(pub &'n (dyn Display + 'n));

impl Drop for WorkingOn<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut input = INPUT.lock().unwrap_or_else(PoisonError::into_inner);
            input.get_or_insert_with(|| self.0.to_string());
        }
    }
}

/// Links; a panic becomes the outcome's error.
pub(crate) fn guarded(link: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(link)).unwrap_or_else(|payload| {
        let mut input = INPUT.lock().unwrap_or_else(PoisonError::into_inner);
        Outcome {
            diagnostics: vec![report(&*payload, input.take())],
            failed: true,
            crashed: true,
            ..Outcome::default()
        }
    })
}

fn report(payload: &(dyn Any + Send), input: Option<String>) -> Diagnostic {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let error = Diagnostic::error(format!(
        "the linker failed: {}",
        text.unwrap_or("for no known reason")
    ));
    let error = match input {
        Some(input) => error.note(format!("while it worked on `{input}`")),
        None => error,
    };
    error
        .note("this is a fault of xsys, whatever the inputs are")
        .help("please report it, with what `--reproduce=link.tar` packs up: the inputs and the command line")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_names_the_input() {
        let outcome = guarded(|| {
            let _archive = WorkingOn(&"lib.a");
            let _member = WorkingOn(&"lib.a(member.o)");
            let none: Vec<u8> = Vec::new();
            Outcome {
                failed: none[outcome_index()] == 0,
                ..Outcome::default()
            }
        });
        assert!(outcome.failed && outcome.crashed);
        let text = outcome.diagnostics[0].to_string();
        assert!(text.contains("index out of bounds"), "{text}");
        assert!(text.contains("lib.a(member.o)"), "{text}");
        assert!(text.contains("report"), "{text}");
        // The next link begins without it.
        assert!(!guarded(Outcome::default).failed);
    }

    fn outcome_index() -> usize {
        std::env::args().count()
    }
}
