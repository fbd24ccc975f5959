#![no_std]
unsafe extern "C" {
    safe fn driver_init();
}
#[unsafe(no_mangle)]
pub extern "C" fn run() {
    driver_init()
}
