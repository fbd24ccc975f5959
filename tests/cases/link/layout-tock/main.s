// A kernel in the manner of Tock, with two applications that are flashed behind it. The kernel
// finds applications by their headers from _sapps to _eapps, copies data from _etext, gives each
// its part of RAM behind its own; a record that host tools read stands at the very end of the
// kernel's flash. Runs: both applications print through the kernel.
//# target: thumbv7em-none-eabi
//# args: -T board.ld --gc-sections
//# check: addr(.text) == 0 && u32(0) == _estack && u32(4) == start && entry == start
//# check: _estack == 0x20000000 + 4096 && _sstack == 0x20000000
//# check: _srelocate == addr(.relocate) && load(.relocate) == _etext
//# check: _sapps == 0x20000 && _eapps == 0x40000 && addr(.apps) == _sapps
//# check: u32(_sapps) == 0x00400002 && u32(_sapps + 0x800) == 0x00400002
//# check: addr(.ccfg) == 0x3ff00 - 0x20000 && size(.ccfg) == 16
//# check: load(.attributes) + size(.attributes) == 0x1ff00
//# check: u32(addr(.attributes) + size(.attributes) - 4) == 0x4b434f54
//# check: u32(addr(.attributes) + 4) == 0
//# check: u32(addr(.attributes) + 8) == load(.relocate) + size(.relocate)
//# check: u32(addr(.attributes) + 16) == _sappmem && u32(addr(.attributes) + 20) == _eappmem - _sappmem
//# check: u16(addr(.attributes) + 24) == 0x101 && _eappmem == 0x20010000
//# check: _etext % 512 == 0 && type(.stack) == 8 && type(.sram) == 8 && _sstorage % 512 == 0
//# check: _ezero - _szero == 64
//# absent: unused free
//# compare: rust-lld
//# machine: arm -M mps2-an386
//# run: 0
//# stdout: blink 1
//# stdout: hello 2
    .syntax unified
    .thumb
    .section .vectors, "a"
    .long _estack, start, fault, fault
    .section .irqs, "a"
    .rept 12
    .long fault
    .endr

    .section .stack_buffer, "aw", %nobits
    .space 4096

    .text
    .globl start
    .type start, %function
    .thumb_func
start:
    ldr r0, =_srelocate
    ldr r1, =_erelocate
    ldr r2, =_etext
1:  cmp r0, r1
    beq 2f
    ldr r3, [r2], #4
    str r3, [r0], #4
    b 1b
2:  ldr r4, =_sapps
    ldr r5, =_eapps
    ldr r6, =zeroed
    ldr r7, =service            // what the kernel offers, in RAM
    ldr r7, [r7]
next:
    cmp r4, r5
    bhs done
    ldr r0, [r4]
    ldr r1, =0x00400002         // header of 64 bytes, version 2
    cmp r0, r1
    bne done
    ldr r0, [r4, #8]            // the entry's offset
    add r0, r4
    orr r0, #1
    mov r1, r7
    ldr r2, =_sappmem
    blx r0
    ldr r0, [r4, #4]            // the size of the application
    add r4, r0
    b next
done:
    ldr r1, =ending
    movs r0, #0x20
    bkpt #0xab
    b .
    .thumb_func
fault: b .
    .thumb_func
print:
    push {r4, lr}
    mov r1, r0
    movs r0, #4
    bkpt #0xab
    pop {r4, pc}
    .section .text.unused, "ax"
unused: bx lr

    .section .rodata, "a"
    .p2align 2
ending: .long 0x20026, 0
    .section .storage.volume, "a"
    .long 0xffffffff
    .section .ccfg, "a"
    .long 1, 2, 3, 4
    .section .tock.attr.kernel_version, "a"
    .long 0x00020001
    .data
service: .long print
    .bss
zeroed:
    .space 64
    .section .app_memory, "aw", %nobits
    .p2align 12
    .space 8192
