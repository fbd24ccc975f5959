//! Ends in every way that a program can end badly.

use std::hint::black_box;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("abort") => std::process::abort(),
        Some("exit") => std::process::exit(300),
        Some("recursion") => println!("{}", forever(1)),
        Some("stack") => println!("{}", large(1)),
        Some("null") => {
            let function: extern "C" fn() = unsafe { std::mem::transmute(black_box(1_000_000)) };
            function()
        }
        Some("cast") => {
            let pointer = black_box(one as extern "C" fn(u32) -> u32);
            let function: extern "C" fn(f64) = unsafe { std::mem::transmute(pointer) };
            function(1.0)
        }
        Some("outside") => {
            let pointer = black_box(0xfff0_0000_usize as *const u8);
            println!("{}", unsafe { *pointer })
        }
        _ => println!("{}", deep(3, &[1, 2, 3])),
    }
}

#[inline(never)]
fn deep(n: usize, list: &[u32]) -> u32 {
    if n == 0 {
        list[list.len() + 2]
    } else {
        deep(n - 1, list) + 1
    }
}

extern "C" fn one(x: u32) -> u32 {
    x + 1
}

#[inline(never)]
fn forever(n: u64) -> u64 {
    let more = black_box(n) + 1;
    forever(more) + 1
}

#[inline(never)]
fn large(n: u64) -> u64 {
    let array = black_box([n; 4096]);
    large(n + 1) + array[7]
}
