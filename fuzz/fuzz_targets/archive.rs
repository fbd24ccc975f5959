//! Archives: indexes, long names, members; asked for by symbol and taken whole.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use std::cell::RefCell;
use xsys_fuzz::Bench;

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| -> Corpus {
    if !data.starts_with(b"!<arch>\n") && !data.starts_with(b"!<thin>\n") {
        return Corpus::Reject;
    }
    BENCH.with_borrow_mut(|bench| {
        let bench = bench.get_or_insert_default();
        let file = bench.file("input.a", data);
        let asked = [
            "--unresolved-symbols=ignore-all",
            "--undefined=helper",
            "--undefined=start",
            "--undefined=_start",
            "--undefined=main",
        ];
        bench.link(&asked, &[&file]);
        bench.link(&["--unresolved-symbols=ignore-all", "--whole-archive"], &[&file]);
        Corpus::Keep
    })
});
