//! What `xsys-image` reads: packages, kernels, modules, images. The first byte chooses the format, the second what the
//! rest is wrapped in.
#![no_main]

#[path = "mod.rs"]
mod image;

use libfuzzer_sys::{Corpus, fuzz_target};
use std::cell::RefCell;

use image::{Bench, FORMATS};

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let kept = BENCH.with_borrow_mut(|bench| chosen(bench.get_or_insert_default(), data));
    if kept { Corpus::Keep } else { Corpus::Reject }
});

/// An input of the fuzz target: the first byte chooses the format, the second the wrap (one more than there are: none,
/// not even the first).
fn chosen(bench: &Bench, input: &[u8]) -> bool {
    let [format, wrap, bytes @ ..] = input else {
        return false;
    };
    let Some(format) = FORMATS.get(usize::from(*format)) else {
        return false;
    };
    let bytes = match format.wraps.get(usize::from(*wrap)) {
        Some(wrap) => {
            let mut bytes = bytes.to_vec();
            (format.right)(&mut bytes);
            wrap(&bytes)
        }
        None if usize::from(*wrap) == format.wraps.len() => bytes.to_vec(),
        None => return false,
    };
    let _ = (format.read)(bench, &bytes);
    true
}
