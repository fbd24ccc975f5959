//! What start code, the C library and the unwinder have to do, told in one line.

use std::sync::atomic::{AtomicU32, Ordering};

#[derive(derive::Name)]
struct Machine;

thread_local!(static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });

static CONSTRUCTED: AtomicU32 = AtomicU32::new(0);

extern "C" fn construct() {
    CONSTRUCTED.fetch_add(1, Ordering::Relaxed);
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = construct;

// Not in the C library's shared file: development packages have it in `libc_nonshared.a`.
unsafe extern "C" {
    safe fn atexit(function: extern "C" fn()) -> i32;
}

extern "C" fn at_the_end() {
    println!("the end");
}

fn main() {
    let caught = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(1))).is_err();
    let count = || {
        COUNT.set(COUNT.get() + 1);
        COUNT.get()
    };
    let counted = std::thread::spawn(count).join().unwrap();
    let is_folder = std::fs::metadata("/").unwrap().is_dir();
    let root = std::hint::black_box(2f64).powf(0.5) > 1.4;
    let constructed = CONSTRUCTED.load(Ordering::Relaxed);
    println!(
        "{} {} {caught} {counted} {is_folder} {root} {constructed} {}",
        Machine::NAME,
        env!("MADE_BY"),
        atexit(at_the_end)
    );
}
