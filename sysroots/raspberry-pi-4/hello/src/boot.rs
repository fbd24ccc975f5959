//! From the firmware's jump to `main`.
//!
//! The firmware starts core 0 at EL2 with the MMU and the caches off, and keeps the other three
//! in a loop; a debugger or an emulator may start all four, at EL1, EL2 or EL3. Core 0 goes down
//! to EL1, where an operating system would live, and sets up the memory the linker script lays
//! out; others sleep.
//!
//! With the MMU off all memory is device memory: loads and stores are fine, but read-modify-write
//! atomics are not guaranteed to work. This program does without.

use core::arch::{asm, global_asm};

global_asm!(
    r#"
    .section .text.boot, "ax"
    .global _start
_start:
    mrs     x0, mpidr_el1
    and     x0, x0, #3
    cbnz    x0, .Lpark

    mrs     x0, CurrentEL
    lsr     x0, x0, #2
    cmp     x0, #2
    b.lo    .Lat_el1
    b.eq    .Lat_el2

    // EL3: the level below is non-secure and 64 bit (SCR_EL3.RW, NS).
    mov     x0, #0x401
    orr     x0, x0, #0x30
    msr     scr_el3, x0
    msr     cptr_el3, xzr
    mov     x0, #0x3c9              // EL2 with its own stack pointer, interrupts masked
    msr     spsr_el3, x0
    adr     x0, .Lat_el2
    msr     elr_el3, x0
    eret

.Lat_el2:
    mov     x0, #(1 << 31)          // HCR_EL2.RW: EL1 is 64 bit
    msr     hcr_el2, x0
    mov     x0, #0x33ff             // no traps for floating point (only RES1 bits)
    msr     cptr_el2, x0
    msr     hstr_el2, xzr
    mov     x0, #3                  // EL1 may read the timers
    msr     cnthctl_el2, x0
    msr     cntvoff_el2, xzr
    ldr     x0, =0x30d00800         // MMU and caches off (only RES1 bits)
    msr     sctlr_el1, x0
    mov     x0, #0x3c5              // EL1 with its own stack pointer, interrupts masked
    msr     spsr_el2, x0
    adr     x0, .Lat_el1
    msr     elr_el2, x0
    eret

.Lat_el1:
    mov     x0, #(3 << 20)          // CPACR_EL1.FPEN: the compiler uses vector registers
    msr     cpacr_el1, x0
    adrp    x0, exception_vectors
    add     x0, x0, :lo12:exception_vectors
    msr     vbar_el1, x0
    isb

    ldr     x0, =__stack_top
    mov     sp, x0

    // Initialised data, from where it was loaded to where it is used; both 16-aligned.
    ldr     x0, =__data_load
    ldr     x1, =__data_start
    ldr     x2, =__data_end
1:  cmp     x1, x2
    b.hs    2f
    ldp     x3, x4, [x0], #16
    stp     x3, x4, [x1], #16
    b       1b

2:  ldr     x0, =__bss_start
    ldr     x1, =__bss_end
3:  cmp     x0, x1
    b.hs    4f
    stp     xzr, xzr, [x0], #16
    b       3b

4:  b       {main}

.Lpark:
    wfe
    b       .Lpark
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

/// 1 in a kernel, 2 in a hypervisor.
pub fn exception_level() -> u64 {
    let level: u64;
    // SAFETY: reads a register that every core has.
    unsafe { asm!("mrs {}, CurrentEL", out(reg) level, options(nomem, nostack)) };
    level >> 2 & 3
}

/// Which of the four cores this is.
pub fn core_id() -> u64 {
    let id: u64;
    // SAFETY: reads a register that every core has.
    unsafe { asm!("mrs {}, mpidr_el1", out(reg) id, options(nomem, nostack)) };
    id & 3
}
