//! A program without an operating system for an AArch64 machine. The layout is made from the memory
//! in `board/board.toml`; a linker script of your own takes its place.

#![no_std]
// Tests have an entry and a panic handler of their own.
#![cfg_attr(not(test), no_main)]

use core::arch::{asm, global_asm};
use core::fmt::{self, Write};

fn main() {
    let sum = sum_of_squares(5);
    let _ = writeln!(Console, "hello from an AArch64 machine: the squares up to 5 make {sum}");
}

fn sum_of_squares(last: u32) -> u32 {
    (1..=last).map(|number| number * number).sum()
}

// Floating-point and vector registers are switched on, which compilers use for copies, too.
global_asm!(
    ".section .text.boot, \"ax\"",
    ".global _start",
    "_start:",
    "mov x0, #0x300000",
    "msr cpacr_el1, x0",
    "isb",
    "ldr x0, =__stack_top",
    "mov sp, x0",
    "ldr x0, =__bss_start",
    "ldr x1, =__bss_end",
    "0: cmp x0, x1",
    "b.hs 1f",
    "str xzr, [x0], #8",
    "b 0b",
    "1: bl start",
    "2: b 2b",
    ".ltorg",
);

/// The start code comes here.
#[cfg(not(test))]
#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    main();
    exit(true)
}

/// In tests it goes on to the C function `main` that rustc makes, which runs them.
#[cfg(test)]
#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    // SAFETY: memory is set up, nobody reads its arguments, and it does not return.
    unsafe { asm!("bl main", options(noreturn)) }
}

/// Prints through semihosting: whoever runs the program does it, here QEMU.
struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SYS_WRITEC: the character at this address.
            host(0x03, &raw const byte as usize);
        }
        Ok(())
    }
}

/// Asks the host (Arm's "Semihosting for AArch32 and AArch64").
fn host(operation: usize, argument: usize) {
    // SAFETY: the arguments are those of the operation.
    unsafe {
        asm!("hlt #0xf000", inout("x0") operation => _, in("x1") argument);
    }
}

/// Ends the emulator: SYS_EXIT with ADP_Stopped_ApplicationExit and a code.
fn exit(good: bool) -> ! {
    let reason = [0x2_0026usize, usize::from(!good)];
    host(0x18, reason.as_ptr() as usize);
    loop {}
}

