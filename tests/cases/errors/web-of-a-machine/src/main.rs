#![no_std]
#![no_main]

#[unsafe(no_mangle)]
pub extern "C" fn answer() -> i32 {
    wasm_bindgen::number()
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
