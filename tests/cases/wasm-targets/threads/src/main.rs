//! Threads without an operating system: the host starts them, memory and atomics are shared, and
//! every thread has statics and a stack of its own.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

#[link(wasm_import_module = "xsys")]
unsafe extern "C" {
    #[link_name = "print"]
    fn xsys_print(ptr: *const u8, len: usize);
    #[link_name = "thread_spawn"]
    fn xsys_thread_spawn(argument: usize) -> i32;
}

const THREADS: usize = 8;
const STEPS: u64 = 20_000;

static SUM: AtomicU64 = AtomicU64::new(0);
static DISTINCT_STACKS: AtomicUsize = AtomicUsize::new(0);
static DONE: Mutex<usize> = Mutex::new(0);
static ALL_DONE: Condvar = Condvar::new();
static WORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    /// Starts with what the module's template says in every thread.
    static OWN: Cell<u64> = const { Cell::new(1_000) };
    static BOXED: Cell<Option<Box<u64>>> = const { Cell::new(None) };
}

#[unsafe(no_mangle)]
extern "C" fn xsys_thread_start(_id: i32, argument: usize) {
    assert_eq!(OWN.get(), 1_000, "thread-local data of another thread");
    let on_stack = argument as u64;
    DISTINCT_STACKS.fetch_xor(&raw const on_stack as usize, Ordering::Relaxed);
    for step in 0..STEPS {
        OWN.set(OWN.get() + 1);
        SUM.fetch_add(step * on_stack, Ordering::Relaxed);
    }
    BOXED.set(Some(Box::new(OWN.get())));
    WORDS
        .lock()
        .unwrap()
        .push(format!("thread {argument} counted to {}", OWN.get()));
    *DONE.lock().unwrap() += 1;
    ALL_DONE.notify_all();
}

fn main() {
    OWN.set(5);
    for argument in 1..=THREADS {
        // SAFETY: the host keeps nothing.
        assert!(unsafe { xsys_thread_spawn(argument) } > 0);
    }
    let mut done = DONE.lock().unwrap();
    while *done < THREADS {
        done = ALL_DONE.wait(done).unwrap();
    }
    assert_eq!(OWN.get(), 5);
    let mut words = std::mem::take(&mut *WORDS.lock().unwrap());
    words.sort();
    let expected = (0..STEPS).sum::<u64>() * (1..=THREADS as u64).sum::<u64>();
    let sum = SUM.load(Ordering::Relaxed);
    words.push(format!(
        "the sum is {sum}, {}",
        if sum == expected {
            "as expected"
        } else {
            "wrong"
        }
    ));
    for word in words {
        let line = word + "\n";
        // SAFETY: the host reads `len` bytes at `ptr` and keeps nothing.
        unsafe { xsys_print(line.as_ptr(), line.len()) }
    }
}
