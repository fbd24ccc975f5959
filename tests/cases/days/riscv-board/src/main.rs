#![no_std]
#![no_main]

use core::arch::global_asm;
use core::fmt::{self, Write};
use core::panic::PanicInfo;

global_asm!(
    ".section .init, \"ax\"",
    ".global _start",
    "_start: la sp, __stack_top",
    "call start",
);

struct Uart;

impl Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: the transmit register of QEMU's UART.
            unsafe { (0x1000_0000 as *mut u8).write_volatile(byte) };
        }
        Ok(())
    }
}

/// QEMU's device for ending it.
fn exit(code: u32) -> ! {
    let value = if code == 0 { 0x5555 } else { code << 16 | 0x3333 };
    // SAFETY: the machine has this register.
    unsafe { (0x10_0000 as *mut u32).write_volatile(value) };
    loop {}
}

#[inline(never)]
fn blink(times: u32) -> u32 {
    let greeting = if cfg!(feature = "loud") { "HELLO" } else { "hello" };
    let _ = writeln!(Uart, "{greeting} {times} times");
    times / core::hint::black_box(2)
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    let half = blink(10);
    let _ = writeln!(Uart, "half is {half}");
    exit(0)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Uart, "{info}");
    exit(1)
}
