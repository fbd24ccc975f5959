#![no_std]
unsafe extern "C" {
    safe fn resize(size: usize, flags: f64) -> u32;
}
#[unsafe(no_mangle)]
pub extern "C" fn b() -> u32 {
    resize(1, 0.5)
}
