//! Prints its panics itself, as xsys advises.

#[link(wasm_import_module = "xsys")]
unsafe extern "C" {
    fn eprint(text: *const u8, length: usize);
}

fn main() {
    std::panic::set_hook(Box::new(|info| {
        let text = format!("{info}\n");
        unsafe { eprint(text.as_ptr(), text.len()) }
    }));
    panic!("on purpose");
}
