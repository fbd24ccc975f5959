//! A program without an operating system for a RISC-V machine. The layout is made from the memory
//! in `board/board.toml`; a linker script of your own takes its place.

#![no_std]
// Tests have an entry and a panic handler of their own.
#![cfg_attr(not(test), no_main)]

#[cfg(test)]
use core::arch::asm;
use core::arch::global_asm;
use core::fmt::{self, Write};

fn main() {
    let sum = sum_of_squares(5);
    let _ = writeln!(Console, "hello from a RISC-V machine: the squares up to 5 make {sum}");
}

fn sum_of_squares(last: u32) -> u32 {
    (1..=last).map(|number| number * number).sum()
}

// The first hart goes on, others wait. Floating point, where there is any, is switched on.
global_asm!(
    ".section .text.boot, \"ax\"",
    ".option norelax",
    ".global _start",
    "_start:",
    "csrr t0, mhartid",
    "bnez t0, 2f",
    ".option push",
    ".option norelax",
    "la gp, __global_pointer$",
    ".option pop",
    "li t0, 0x6000",
    "csrs mstatus, t0",
    "la sp, __stack_top",
    "la t0, __bss_start",
    "la t1, __bss_end",
    "0: bgeu t0, t1, 1f",
    "sb zero, 0(t0)",
    "addi t0, t0, 1",
    "j 0b",
    "1: call start",
    "2: wfi",
    "j 2b",
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
    unsafe { asm!("call main", options(noreturn)) }
}

/// The serial port, as QEMU's machine has it.
struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: the register takes bytes.
            unsafe { (0x1000_0000 as *mut u8).write_volatile(byte) };
        }
        Ok(())
    }
}

/// Ends the emulator: its test device.
fn exit(good: bool) -> ! {
    // SAFETY: the register takes words.
    unsafe { (0x10_0000 as *mut u32).write_volatile(if good { 0x5555 } else { 0x1_3333 }) };
    loop {}
}

