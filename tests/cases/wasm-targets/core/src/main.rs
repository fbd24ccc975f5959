//! A program without std, for every wasm target that has no system.

#![no_std]
#![no_main]

use core::fmt::{self, Write};

#[link(wasm_import_module = "xsys")]
unsafe extern "C" {
    fn print(ptr: *const u8, len: usize);
    fn eprint(ptr: *const u8, len: usize);
}

struct Out(unsafe extern "C" fn(*const u8, usize));

impl Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the host reads `len` bytes at `ptr` and keeps nothing.
        unsafe { (self.0)(text.as_ptr(), text.len()) };
        Ok(())
    }
}

#[panic_handler]
fn panic(panic: &core::panic::PanicInfo<'_>) -> ! {
    let _ = writeln!(Out(eprint), "{panic}");
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    loop {}
}

/// Larger than a page, to tell small stacks from large ones.
static TABLE: [u16; 40_000] = {
    let mut table = [0; 40_000];
    let mut at = 0;
    while at < table.len() {
        table[at] = (at % 1000) as u16;
        at += 1;
    }
    table
};

#[unsafe(no_mangle)]
extern "C" fn run() {
    let sum: u64 = TABLE.iter().map(|&number| u64::from(number)).sum();
    let _ = writeln!(
        Out(print),
        "{} bits, the sum is {sum}{}",
        usize::BITS,
        if cfg!(target_feature = "extended-const") {
            ", with longer constants"
        } else {
            ""
        }
    );
}
