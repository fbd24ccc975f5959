//! What happens when something goes wrong below Rust: say what and where, then end.
//!
//! Sixteen entries of 128 bytes (Arm ARM, "Exception vectors"); all of them end here, because
//! this program enables no interrupts and makes no system calls.

use core::arch::global_asm;

use crate::semihosting;
use crate::serial::println;

global_asm!(
    r#"
    .section .text.vectors, "ax"
    .balign 2048
    .global exception_vectors
exception_vectors:
    .rept   16
    mrs     x0, esr_el1
    mrs     x1, elr_el1
    mrs     x2, far_el1
    b       {handler}
    .balign 128
    .endr
"#,
    handler = sym handler,
);

extern "C" fn handler(syndrome: u64, address: u64, fault: u64) -> ! {
    // Without a debugger the semihosting call is an undefined instruction: this is real hardware,
    // and there is nobody to report to.
    if semihosting::is_call(address) {
        semihosting::wait_forever();
    }
    println!(
        "exception class {:#x} at {address:#x}, syndrome {syndrome:#x}, fault address {fault:#x}",
        syndrome >> 26
    );
    semihosting::exit(102)
}
