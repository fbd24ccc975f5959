#![no_std]
unsafe extern "C" {
    safe fn now() -> f64;
}
#[unsafe(no_mangle)]
pub extern "C" fn b() -> f64 {
    now()
}
