#![no_std]
unsafe extern "C" {
    safe fn now() -> u64;
}
#[unsafe(no_mangle)]
pub extern "C" fn a() -> u64 {
    now()
}
