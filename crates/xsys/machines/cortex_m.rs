//! A program without an operating system for a Cortex-M. The layout is made from the memory in
//! `board/board.toml`; a linker script of your own takes its place.

#![no_std]
// Tests have an entry and a panic handler of their own.
#![cfg_attr(not(test), no_main)]

use core::arch::{asm, global_asm};
use core::fmt::{self, Write};

fn main() {
    let sum = sum_of_squares(5);
    let _ = writeln!(Console, "hello from a Cortex-M: the squares up to 5 make {sum}");
}

fn sum_of_squares(last: u32) -> u32 {
    (1..=last).map(|number| number * number).sum()
}

// The core starts from the first two words of memory: the stack, and where to go. Variables get
// their first values, and the FPU, where there is one, is switched on before code may use it.
global_asm!(
    ".section .vector_table, \"a\"",
    ".word __stack_top",
    ".word Reset",
    // NMI and faults.
    ".rept 14",
    ".word Fault",
    ".endr",
    ".section .text.Reset, \"ax\"",
    ".global Reset",
    ".type Reset, %function",
    ".thumb_func",
    "Reset:",
    "ldr r0, =__data_start",
    "ldr r1, =__data_end",
    "ldr r2, =__data_load",
    "0: cmp r0, r1",
    "bhs 1f",
    "ldr r3, [r2]",
    "str r3, [r0]",
    "adds r0, r0, #4",
    "adds r2, r2, #4",
    "b 0b",
    "1: ldr r0, =__bss_start",
    "ldr r1, =__bss_end",
    "movs r3, #0",
    "2: cmp r0, r1",
    "bhs 3f",
    "str r3, [r0]",
    "adds r0, r0, #4",
    "b 2b",
    "3: ldr r0, =0xe000ed88",
    "ldr r1, [r0]",
    "ldr r2, =0x00f00000",
    "orrs r1, r2",
    "str r1, [r0]",
    "dsb",
    "isb",
    "bl start",
    ".type Fault, %function",
    ".thumb_func",
    "Fault: b Fault",
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
        asm!("bkpt #0xab", inout("r0") operation => _, in("r1") argument);
    }
}

/// Ends the emulator: SYS_EXIT.
fn exit(good: bool) -> ! {
    host(0x18, if good { 0x2_0026 } else { 0x2_0023 });
    loop {}
}

