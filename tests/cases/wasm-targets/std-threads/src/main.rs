//! Threads of std with thread-local data; the exit code is the whole program's.

use std::cell::Cell;
thread_local! { static OWN: Cell<u32> = const { Cell::new(7) }; }
fn main() {
    OWN.set(1);
    let threads: Vec<_> = (0..4u64)
        .map(|n| {
            std::thread::spawn(move || {
                OWN.set(OWN.get() + n as u32);
                (0..=n * 1000).sum::<u64>() + u64::from(OWN.get())
            })
        })
        .collect();
    let sums: Vec<u64> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    println!("{sums:?} {} {:?}", OWN.get(), std::env::args().nth(1));
    std::process::exit(3);
}
