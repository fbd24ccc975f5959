//! What tests with wasm-bindgen import.

#[link(wasm_import_module = "__wbindgen_placeholder__")]
unsafe extern "C" {
    fn __wbindgen_describe(number: u32);
}

pub fn describe() {
    // SAFETY: never called where nobody implements it.
    unsafe { __wbindgen_describe(0) }
}
