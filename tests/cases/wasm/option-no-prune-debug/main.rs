// --no-prune-debug: entries of dropped functions stay.
//# rustc: -g -Cpanic=abort
//# args: --no-entry --export=f --no-prune-debug
//# shows: --no-prune-debug
//# run: f(5) = 4
//# custom: .debug_info

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
