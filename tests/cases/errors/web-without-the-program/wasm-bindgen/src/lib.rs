//! What the macros leave for wasm-bindgen's program.
#![no_std]

#[used]
#[unsafe(link_section = "__wasm_bindgen_unstable")]
static SECTION: [u8; 4] = *b"page";

pub fn number() -> i32 {
    42
}
