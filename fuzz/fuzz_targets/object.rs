//! ELF objects of every machine, alone in a link. The first byte chooses the command line.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use std::cell::RefCell;
use xsys_fuzz::{Bench, choose};

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| -> Corpus {
    BENCH.with_borrow_mut(|bench| {
        let bench = bench.get_or_insert_default();
        let Some((words, bytes)) = choose(bench, data) else {
            return Corpus::Reject;
        };
        // Anything else would be read as a linker script, which has a target of its own.
        if !bytes.starts_with(b"\x7fELF") {
            return Corpus::Reject;
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let file = bench.file("input.o", bytes);
        bench.link(&words, &[&file]);
        Corpus::Keep
    })
});
