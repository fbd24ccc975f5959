// A whole std program: threads, thread-locals, panics that unwind, dates; linked as rustc asks.
//# target: x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
//# program: std
//# run: 0
//# stdout: sum 499500
//# stdout: caught boom
//# stdout: locals 1 7
use std::cell::Cell;
thread_local! { static LOCAL: Cell<u32> = const { Cell::new(1) }; }
fn main() {
    let sum: u64 = (0..10u64)
        .map(|n| std::thread::spawn(move || (0..100).map(|i| n * 100 + i).sum::<u64>()))
        .map(|thread| thread.join().unwrap())
        .sum();
    println!("sum {sum}");
    std::panic::set_hook(Box::new(|_| {}));
    let caught = std::panic::catch_unwind(|| panic!("{}", "boom")).unwrap_err();
    println!("caught {}", caught.downcast_ref::<String>().unwrap());
    let other = std::thread::spawn(|| {
        LOCAL.set(LOCAL.get() + 6);
        LOCAL.get()
    });
    println!("locals {} {}", LOCAL.get(), other.join().unwrap());
}
