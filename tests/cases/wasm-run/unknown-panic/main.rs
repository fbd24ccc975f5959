//! Panics in a different way for each number of arguments.

use std::hint::black_box;

#[link(wasm_import_module = "xsys")]
unsafe extern "C" {
    fn arg_count() -> usize;
}

#[inline(never)]
fn pick(list: &[u32], at: usize) -> u32 {
    list[at]
}

#[inline(never)]
fn greet(name: &str, number: i32) {
    panic!("hello {name}, {number} {:>4}", 77u64);
}

fn main() {
    match unsafe { arg_count() } {
        0 => drop(black_box(pick(&[1, 2, 3], black_box(7)))),
        1 => drop(black_box(None::<u32>).expect("there is one")),
        2 => drop(black_box(Err::<u32, String>("bad".to_owned())).unwrap()),
        3 => panic!("literally"),
        4 => drop(black_box(10 / black_box(0))),
        5 => greet(black_box("Bob"), black_box(-5)),
        _ => std::process::abort(),
    }
}
