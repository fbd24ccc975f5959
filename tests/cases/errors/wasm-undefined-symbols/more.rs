#![no_std]
unsafe extern "C" {
    safe fn missing_everywhere(value: u32) -> u32;
    safe fn setpu(value: u32) -> u32;
}
pub struct Driver;
impl Driver {
    #[inline(never)]
    fn start(value: u32) -> u32 {
        missing_everywhere(value) * missing_everywhere(value + 1)
    }
}
#[unsafe(no_mangle)]
pub extern "C" fn setup(value: u32) -> u32 {
    Driver::start(value) + missing_everywhere(value) + setpu(3)
}
#[inline(never)]
fn one() -> u32 {
    missing_everywhere(7)
}
#[unsafe(no_mangle)]
pub static HANDLERS: [fn() -> u32; 1] = [one];
#[used]
static KEPT: &[fn() -> u32; 1] = &HANDLERS;
