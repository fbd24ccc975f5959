// --strip-debug: no debug information.
//# rustc: -g -Cpanic=abort
//# args: --no-entry --export=f --strip-debug
//# shows: --strip-debug
//# run: f(5) = 4
//# no-custom: .debug_info
//# compare: rust-lld

#![no_std]
#[panic_handler]
fn stop(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
#[unsafe(no_mangle)]
pub extern "C" fn f(x: i32) -> i32 {
    x ^ 1
}
#[unsafe(no_mangle)]
pub extern "C" fn unused(x: i32) -> i32 {
    x ^ 2
}
