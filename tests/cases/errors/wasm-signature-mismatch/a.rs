#![no_std]
unsafe extern "C" {
    safe fn resize(size: u64) -> u32;
    safe fn shape() -> u32;
    safe fn prepare();
}
pub mod image {
    #[inline(never)]
    pub fn load() -> u32 {
        super::resize(1)
    }
}
#[unsafe(no_mangle)]
pub extern "C" fn a() -> u32 {
    prepare();
    image::load() + resize(2) + shape()
}
