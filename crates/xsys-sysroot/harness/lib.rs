//! The crate `test` of targets where a panic ends everything: bare metal, and wasm.
//!
//! What rustc makes of `#[test]` names a crate `test` and calls `test_main_static`. std's own needs
//! processes or unwinding to survive a failing test, and threads, files and a command line. This
//! one needs a processor. It knows nothing of filters, formats or exit codes: `xsys test` starts
//! the program anew for each test, on a machine of its own, and reads what it says ([`wire`]).
//!
//! What a program does is in [`SELECTION`], which `xsys test` changes in the file it starts: that
//! works on every machine, with or without arguments, files or a debugger. A program that was not
//! changed runs all tests until one fails, for people with a board and a cable.
//!
//! Compiled into sysroots by xsys; with `--cfg xsys_std` where there is a std.

#![no_std]
#![feature(lang_items, linkage, never_type)]
#![cfg_attr(xsys_std, feature(internal_output_capture, specialization))]
#![allow(internal_features, incomplete_features)]

#[cfg(xsys_std)]
extern crate std;

#[cfg(not(xsys_std))]
mod bare;
mod machine;
mod types;
mod wire;
#[cfg(xsys_std)]
mod with_std;

#[cfg(not(xsys_std))]
pub use bare::Termination;
pub use types::*;

#[cfg(not(xsys_std))]
use bare as kind;
#[cfg(xsys_std)]
use with_std as kind;

/// What rustc's own documentation and older code import.
pub mod test {
    pub use crate::types::*;
    pub use crate::{assert_test_result, test_main_static};
}

/// The place in the program that says what it is to do.
#[repr(C)]
struct Selection {
    mark: [u8; 16],
    /// A test's number, or one of the two below; little-endian everywhere.
    word: [u8; 4],
}

/// `xsys test` looks for these bytes.
#[used]
static SELECTION: Selection = Selection {
    mark: *b"\xf5xsys\xf6test\xf7word\xf8",
    word: [0xff; 4],
};

const ALL: u32 = u32::MAX;
const LIST: u32 = u32::MAX - 1;

fn selection() -> u32 {
    // SAFETY: a static that nobody writes. Volatile, because the file may differ from what the
    // compiler saw.
    u32::from_le_bytes(unsafe { (&raw const SELECTION.word).read_volatile() })
}

/// Called by the `main` that rustc makes.
pub fn test_main_static(tests: &[&TestDescAndFn]) {
    // Keeps the mark beside the word.
    core::hint::black_box(&SELECTION);
    machine::init();
    match selection() {
        LIST => {
            for test in tests {
                wire::listed(test);
            }
            wire::finished();
        }
        ALL => all(tests),
        number => {
            if let Some(test) = tests.get(number as usize) {
                kind::prepare();
                wire::started();
                if run(test).is_ok() {
                    kind::flush();
                    wire::passed();
                } else {
                    // The reason is told already.
                    kind::flush();
                }
            }
        }
    }
    machine::exit(true)
}

fn run(test: &TestDescAndFn) -> Result<(), Failed> {
    match test.testfn {
        TestFn::StaticTestFn(function) => function(),
        TestFn::StaticBenchFn(function) => function(&mut Bencher::default()),
    }
}

/// Without anybody who reads: what a person wants to see.
fn all(tests: &[&TestDescAndFn]) {
    kind::prepare();
    for test in tests {
        let name = test.desc.name.as_slice();
        machine::print("test ");
        machine::print(name);
        machine::print(" ... ");
        if test.desc.ignore || !matches!(test.desc.should_panic, ShouldPanic::No) {
            machine::print("ignored\n");
        } else if run(test).is_ok() {
            machine::print("ok\n");
        } else {
            machine::print("FAILED\n");
            machine::exit(false);
        }
    }
}

/// What the function around each test calls with what the test returned.
pub fn assert_test_result<T: kind::Outcome>(result: T) -> Result<(), Failed> {
    result.outcome()
}
