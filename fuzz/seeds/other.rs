// --target wasm32-unknown-unknown -Copt-level=1 -g
#![no_std]
// The same name with another type, and another kind.
unsafe extern "C" {
    fn helper() -> u64;
    static step: u32;
    static __heap_base: u8;
}
#[unsafe(no_mangle)]
pub extern "C" fn start() -> u64 {
    unsafe { helper() + u64::from(step) + &raw const __heap_base as u64 }
}
