//! A bit of everything that a linker can get wrong in a std program.

use std::cell::Cell;
use std::collections::HashMap;

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(40) };
}

fn main() {
    let handle = std::thread::spawn(|| {
        CALLS.set(CALLS.get() + 2);
        CALLS.get()
    });
    let calls = handle.join().expect("the thread ends");
    let map: HashMap<&str, u32> = [("calls", calls)].into();
    let caught = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new("unwound")));
    let text = caught.expect_err("it panics");
    println!("{} {}", map["calls"], text.downcast_ref::<&str>().expect("a text"));
}
