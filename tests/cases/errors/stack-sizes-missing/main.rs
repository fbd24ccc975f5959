#![no_std]
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    loop {}
}
