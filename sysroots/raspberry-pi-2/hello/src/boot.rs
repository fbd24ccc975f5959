//! From the firmware's jump to `main`.
//!
//! The firmware starts core 0 as a hypervisor (an emulator, and older firmware, in supervisor mode), with the MMU and the
//! caches off, and keeps the other three in a loop; an emulator may start all four. Core 0 goes down to supervisor mode,
//! where an operating system would live, and sets up the memory the linker script lays out; others sleep.
//!
//! With the MMU off all memory is strongly ordered: loads and stores are fine, but read-modify-write
//! atomics are not guaranteed to work. This program does without.

use core::arch::{asm, global_asm};

global_asm!(
    r#"
    .section .text.boot, "ax"
    .arm
    .arch_extension virt
    .fpu    vfpv3
    .global _start
_start:
    mrc     p15, 0, r0, c0, c0, 5   // which core (MPIDR)
    ands    r0, r0, #3
    bne     .Lpark

    mrs     r0, cpsr
    and     r1, r0, #0x1f
    cmp     r1, #0x1a               // hypervisor
    bne     .Lsupervisor
    mov     r0, #0x1d3              // a kernel's mode, interrupts masked
    msr     spsr_cxsf, r0
    adr     r0, .Lsupervisor
    msr     elr_hyp, r0
    eret
.Lsupervisor:
    cpsid   aif, #0x13              // supervisor mode, interrupts masked
    ldr     sp, =__stack_top
    ldr     r0, =exception_vectors
    mcr     p15, 0, r0, c12, c0, 0  // VBAR

    // The compiler uses floating-point registers.
    mrc     p15, 0, r0, c1, c0, 2   // CPACR
    orr     r0, r0, #0xf00000
    mcr     p15, 0, r0, c1, c0, 2
    isb
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

.Lpark:
    wfe
    b       .Lpark
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

/// Which of the four cores this is.
pub fn core_id() -> u32 {
    let id: u32;
    // SAFETY: reads a register that every core has.
    unsafe { asm!("mrc p15, 0, {}, c0, c0, 5", out(reg) id, options(nomem, nostack)) };
    id & 3
}
