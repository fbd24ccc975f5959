//! Archives: indexes, long names, members; asked for by symbol and taken whole.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use std::cell::RefCell;
use xsys_fuzz::Bench;

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let kept =
        BENCH.with_borrow_mut(|bench| xsys_fuzz::archive(bench.get_or_insert_default(), data));
    if kept { Corpus::Keep } else { Corpus::Reject }
});
