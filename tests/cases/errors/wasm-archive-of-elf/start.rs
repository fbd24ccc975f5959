#![no_std]
unsafe extern "C" {
    safe fn crc32(value: u32) -> u32;
}
#[unsafe(no_mangle)]
pub extern "C" fn run() -> u32 {
    crc32(1)
}
