// --target wasm32-unknown-unknown -O
#![no_std]
static TEXT: &[u8] = b"a text that several share\0";
#[unsafe(no_mangle)]
pub extern "C" fn helper(value: u64) -> u32 {
    TEXT[value as usize % TEXT.len()].into()
}
#[unsafe(no_mangle)]
pub static helper_table: [extern "C" fn(u64) -> u32; 2] = [helper, helper];
#[used]
#[unsafe(link_section = "notes")]
static NOTE: [u8; 4] = *b"note";
