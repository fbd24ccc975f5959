//! A program without an operating system for an Armv7-A machine. The layout is made from the memory
//! in `board/board.toml`; a linker script of your own takes its place.

#![no_std]
// Tests have an entry and a panic handler of their own.
#![cfg_attr(not(test), no_main)]

use core::arch::{asm, global_asm};
use core::fmt::{self, Write};

fn main() {
    let sum = sum_of_squares(5);
    let _ = writeln!(Console, "hello from an Armv7-A machine: the squares up to 5 make {sum}");
}

fn sum_of_squares(last: u32) -> u32 {
    (1..=last).map(|number| number * number).sum()
}

// Floating-point and vector registers are switched on before compiled code may use them.
global_asm!(
    ".section .text.boot, \"ax\"",
    ".arm",
    ".fpu vfpv3",
    ".global _start",
    "_start:",
    "mrc p15, 0, r0, c1, c0, 2",
    "orr r0, r0, #0xf00000",
    "mcr p15, 0, r0, c1, c0, 2",
    "isb",
    "mov r0, #0x40000000",
    "vmsr fpexc, r0",
    "ldr sp, =__stack_top",
    "ldr r0, =__bss_start",
    "ldr r1, =__bss_end",
    "mov r2, #0",
    "0: cmp r0, r1",
    "strlo r2, [r0], #4",
    "blo 0b",
    "bl start",
    "1: b 1b",
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
    // SAFETY: the arguments are those of the operation; the call changes the link register.
    unsafe {
        asm!("svc #0x123456", inout("r0") operation => _, in("r1") argument, out("lr") _);
    }
}

/// Ends the emulator: SYS_EXIT.
fn exit(good: bool) -> ! {
    host(0x18, if good { 0x2_0026 } else { 0x2_0023 });
    loop {}
}

