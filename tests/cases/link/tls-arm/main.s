// Local exec, initial exec, and general dynamic with GOT entries for module 1.
//# target: armv7-unknown-linux-gnueabihf
//# args: -static -T link.x
//# compare: rust-lld
//# lld-args: -z norelro
//# differs: section .got - no slot is reserved for _DYNAMIC, and the order of slots is another
//# differs: contents .text - see above
//# differs: segments - see above
//# run: 0
    .globl _start
_start:
    ldr r0, =block
    movw r7, #5
    movt r7, #15
    svc #0
    mrc p15, 0, r4, c13, c0, 3
    ldr r0, le
    add r0, r0, r4
    mov r1, #22
    str r1, [r0]
    // initial exec
    ldr r1, ie
1:  add r1, pc, r1
    ldr r1, [r1]
    ldr r1, [r4, r1]
    cmp r1, #22
    bne bad
    // general dynamic
    ldr r0, gd
2:  add r0, pc, r0
    ldr r1, [r0]
    cmp r1, #1
    bne bad
    ldr r1, [r0, #4]
    ldr r2, le
    sub r2, r2, r1
    cmp r2, #8
    bne bad
    mov r0, #0
    b exit
bad:
    mov r0, #1
exit:
    mov r7, #1
    svc #0
le: .word b(tpoff)
ie: .word b(gottpoff) + (. - 1b - 8)
gd: .word b(tlsgd) + (. - 2b - 8)
    .section .tdata, "awT", %progbits
    .balign 8
    .globl a, b
a:  .long 1
b:  .long 2
    .section .tbss, "awT", %nobits
    .space 100
    .bss
    .balign 64
block:
    .space 512
