#![no_std]
mod inner {
    unsafe extern "C" {
        pub safe fn setup(value: u32) -> u32;
        pub safe fn missing_everywhere(value: u32) -> u32;
        pub safe static missing_table: [u32; 4];
        // What the host provides is no mistake.
    }
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        pub safe fn log(value: u32);
    }
}
#[unsafe(no_mangle)]
pub extern "C" fn run(value: u32) -> u32 {
    inner::log(value);
    inner::setup(value) + inner::missing_everywhere(value) + inner::missing_table[1]
}
