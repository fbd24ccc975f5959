//! From the firmware's jump to `main`.
//!
//! The firmware starts the processor in supervisor mode with the MMU and the caches off.
//!
//! With the MMU off all memory is strongly ordered: loads and stores are fine, but read-modify-write
//! atomics are not guaranteed to work. This program does without.

use core::arch::{asm, global_asm};

global_asm!(
    r#"
    .section .text.boot, "ax"
    .arm
    .fpu    vfpv2
    .global _start
_start:
    cpsid   aif, #0x13              // supervisor mode, interrupts masked
    ldr     sp, =__stack_top
    ldr     r0, =exception_vectors
    mcr     p15, 0, r0, c12, c0, 0  // VBAR

    // The compiler uses floating-point registers.
    mrc     p15, 0, r0, c1, c0, 2   // CPACR
    orr     r0, r0, #0xf00000
    mcr     p15, 0, r0, c1, c0, 2
    mov     r0, #0
    mcr     p15, 0, r0, c7, c5, 4   // instruction barrier
    mov     r0, #0x40000000
    vmsr    fpexc, r0

    // Initialised data, from where it was loaded to where it is used; both 16-aligned.
    ldr     r0, =__data_load
    ldr     r1, =__data_start
    ldr     r2, =__data_end
1:  cmp     r1, r2
    ldrlo   r3, [r0], #4
    strlo   r3, [r1], #4
    blo     1b

    ldr     r0, =__bss_start
    ldr     r1, =__bss_end
    mov     r2, #0
2:  cmp     r0, r1
    strlo   r2, [r0], #4
    blo     2b

    bl      {main}
    .ltorg
"#,
    main = sym start_main,
);

#[cfg(not(test))]
extern "C" fn start_main() -> ! {
    crate::main()
}

#[cfg(test)]
extern "C" fn start_main() -> ! {
    // A declaration would clash with rustc's definition where both are compiled as one unit.
    // SAFETY: what rustc makes of the tests; it does not look at its arguments.
    unsafe { asm!("bl main", clobber_abi("C")) };
    crate::semihosting::wait_forever()
}

/// 0x13 in supervisor mode.
pub fn mode() -> u32 {
    let status: u32;
    // SAFETY: reads a register that every processor has.
    unsafe { asm!("mrs {}, cpsr", out(reg) status, options(nomem, nostack)) };
    status & 0x1f
}
