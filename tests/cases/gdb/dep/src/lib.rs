#![no_std]

/// The largest of the first `count`.
#[inline(never)]
pub fn largest<T: PartialOrd + Copy>(items: &[T], count: usize) -> T {
    let mut best = items[0];
    for &item in &items[..count] {
        if item > best {
            best = item;
        }
    }
    best
}
