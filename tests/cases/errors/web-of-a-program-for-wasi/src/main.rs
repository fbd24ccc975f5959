#![no_std]
#![no_main]

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn sched_yield() -> i32;
}

#[unsafe(no_mangle)]
pub extern "C" fn answer() -> i32 {
    unsafe { sched_yield() }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
