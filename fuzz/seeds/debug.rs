// --target wasm32-unknown-unknown -g
#![no_std]
#[unsafe(no_mangle)]
pub static mut counter: [u32; 2] = [1, 2];
static NAMES: [&str; 2] = ["one", "two"];
#[link(wasm_import_module = "host")]
unsafe extern "C" {
    fn hook(value: u32) -> u32;
}
unsafe extern "C" {
    fn helper(value: u64) -> u32;
}
#[unsafe(no_mangle)]
pub extern "C" fn run(at: usize) -> usize {
    let step: extern "C" fn(usize) -> usize = step;
    unsafe { counter[0] += hook(counter[1]) + helper(7) };
    core::hint::black_box(step)(NAMES[at & 1].len())
}
#[unsafe(no_mangle)]
pub extern "C" fn step(at: usize) -> usize {
    at + 1
}
#[unsafe(no_mangle)]
pub extern "C" fn equal(at: usize) -> usize {
    at + 1
}
