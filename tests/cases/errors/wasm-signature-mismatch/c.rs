#![no_std]
#[unsafe(no_mangle)]
pub extern "C" fn resize(size: usize) -> u32 {
    size as u32
}
#[repr(C)]
pub struct Shape(u32, u32, u32);
#[unsafe(no_mangle)]
pub extern "C" fn shape() -> Shape {
    Shape(1, 2, 3)
}
#[unsafe(no_mangle)]
pub extern "C" fn prepare(level: u32) {
    core::hint::black_box(level);
}
#[unsafe(no_mangle)]
pub extern "C" fn structure() {}
