#![no_std]
#![feature(thread_local)]

#[thread_local]
static mut COUNT: i32 = 0;

#[unsafe(no_mangle)]
pub extern "C" fn old() -> i32 {
    unsafe {
        COUNT = COUNT.wrapping_add(1);
        COUNT
    }
}
