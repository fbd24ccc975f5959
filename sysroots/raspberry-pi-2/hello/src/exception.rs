//! What happens when something goes wrong below Rust: say what and where, then end.
//!
//! Eight entries of one instruction each (Arm ARM, "Exception vectors"); all of them end here, because
//! this program enables no interrupts and makes no system calls.

use core::arch::global_asm;

use crate::semihosting;
use crate::serial::println;

global_asm!(
    r#"
    .section .text.vectors, "ax"
    .arm
    .balign 32
    .global exception_vectors
exception_vectors:
    b       .
    b       10f
    b       20f
    b       30f
    b       40f
    b       .
    b       60f
    b       60f
10: mov     r0, #1
    sub     r1, lr, #4
    b       90f
20: mov     r0, #2
    sub     r1, lr, #4
    b       90f
30: mov     r0, #3
    sub     r1, lr, #4
    b       90f
40: mov     r0, #4
    sub     r1, lr, #8
    b       90f
60: mov     r0, #6
    sub     r1, lr, #4
90: mrc     p15, 0, r2, c5, c0, 0   // DFSR
    mrc     p15, 0, r3, c6, c0, 0   // DFAR
    cps     #0x13                   // there is a stack
    bl      {handler}
"#,
    handler = sym handler,
);

extern "C" fn handler(kind: u32, address: usize, status: u32, fault: u32) -> ! {
    // Without a debugger the semihosting call is a system call: this is real hardware, and there is
    // nobody to report to.
    if kind == 2 && semihosting::is_call(address) {
        semihosting::wait_forever();
    }
    let name = match kind {
        1 => "undefined instruction",
        2 => "system call",
        3 => "prefetch abort",
        4 => "data abort",
        _ => "interrupt",
    };
    println!("{name} at {address:#x}, data fault status {status:#x}, address {fault:#x}");
    semihosting::exit(102)
}
