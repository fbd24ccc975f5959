//! Linker scripts: lexer, parser, evaluator and layout, with one small object to place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use std::path::PathBuf;
use xsys_fuzz::Bench;

/// Sections of several kinds, a relocation between them, a common symbol (x86_64).
const OBJECT: &[u8] = include_bytes!("script-input.o");

thread_local! {
    static STATE: RefCell<Option<(Bench, PathBuf)>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| {
    STATE.with_borrow_mut(|state| {
        let (bench, object) = state.get_or_insert_with(|| {
            let bench = Bench::new();
            let object = bench.file("input.o", OBJECT);
            (bench, object)
        });
        let script = bench.file("script.x", data);
        bench.link(&["-T"], &[&script, object]);
    });
});
