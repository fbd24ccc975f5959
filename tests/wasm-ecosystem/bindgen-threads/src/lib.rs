//! The same module in several workers: one memory, stacks and thread-local data of their own.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use wasm_bindgen::prelude::*;

static SUM: AtomicU64 = AtomicU64::new(0);
static WORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static OWN: Cell<u64> = const { Cell::new(100) };
}

#[wasm_bindgen]
pub fn work(name: &str, steps: u32) -> String {
    for step in 0..u64::from(steps) {
        SUM.fetch_add(step, Ordering::Relaxed);
        OWN.set(OWN.get() + 1);
    }
    let text = format!("{name} {}", OWN.get());
    WORDS.lock().unwrap().push(text.clone());
    text
}

#[wasm_bindgen]
pub fn sum() -> u64 {
    SUM.load(Ordering::Relaxed)
}

#[wasm_bindgen]
pub fn words() -> String {
    let mut words = WORDS.lock().unwrap().clone();
    words.sort();
    words.join(", ")
}
