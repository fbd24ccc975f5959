// The same with threads: std starts them through `wasi_thread_start`.
//# target: wasm32-wasip1-threads
//# program: bin
//# rustc: -O
//# compare: rust-lld
//# tools: llvm-dwarfdump
//# inspect: llvm-dwarfdump --verify "$module"
//# says: No errors.
//# engine: node
//# stdout: 6
//# start: __wasm_init_memory
//# present: __wasm_init_tls wasi_thread_start

use std::sync::atomic::{AtomicU32, Ordering};

static TOTAL: AtomicU32 = AtomicU32::new(0);

fn main() {
    let threads: Vec<_> = (1..4)
        .map(|by| std::thread::spawn(move || TOTAL.fetch_add(by, Ordering::SeqCst)))
        .collect();
    for thread in threads {
        let _ = thread.join();
    }
    println!("{}", TOTAL.load(Ordering::SeqCst));
}
