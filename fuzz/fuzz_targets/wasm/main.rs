//! Wasm objects: one, several, and archives of them. The first two bytes choose the command line
//! and how the files are given.
#![no_main]

mod mutate;

use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target};
use std::cell::RefCell;
use xsys_fuzz::Bench;

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let kept =
        BENCH.with_borrow_mut(|bench| xsys_fuzz::wasm::link(bench.get_or_insert_default(), data));
    if kept { Corpus::Keep } else { Corpus::Reject }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, libfuzzer_sys::fuzzer_mutate)
});
