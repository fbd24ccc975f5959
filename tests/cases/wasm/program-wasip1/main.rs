// A command of WASI: `_start` from crt1, libc from rust-std's own folder.
//# target: wasm32-wasip1
//# program: bin
//# rustc: -O
//# compare: rust-lld
//# present: __main_void
//# engine: node
//# stdout: {"command": 1}

use std::collections::BTreeMap;

fn main() {
    let mut words = BTreeMap::new();
    for word in std::env::args() {
        *words.entry(word).or_insert(0) += 1;
    }
    println!("{words:?}");
}
