#![no_std]
unsafe extern "C" {
    safe fn table() -> u32;
    safe static level: u32;
}
#[unsafe(no_mangle)]
pub extern "C" fn run() -> u32 {
    table() + level
}
