//! A program for a board whose build needs the host's linker twice: for its build script, and for a macro.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

trait Name {
    const NAME: &str;
}

#[derive(derive::Name)]
struct Board;

#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    loop {
        black_box((Board::NAME, env!("MADE_BY")));
    }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loop {}
}
