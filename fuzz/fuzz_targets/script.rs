//! Linker scripts: lexer, parser, evaluator and layout, with one small object to place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use xsys_fuzz::Bench;

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| {
    BENCH.with_borrow_mut(|bench| xsys_fuzz::script(bench.get_or_insert_default(), data));
});
