// Local exec, initial exec and descriptors, relaxed in a static program.
//# target: aarch64-unknown-linux-musl
//# args: -static -T link.x
//# compare: rust-lld
//# lld-args: -z norelro
//# differs: contents .text - the offset of a descriptor is computed in another way
//# run: 0
    .globl _start
_start:
    adrp x9, block
    add x9, x9, :lo12:block
    msr tpidr_el0, x9
    mrs x0, tpidr_el0
    add x0, x0, :tprel_hi12:a
    add x0, x0, :tprel_lo12_nc:a
    mov w1, 11
    str w1, [x0]
    mov w1, 22
    str w1, [x0, 4]
    // initial exec
    adrp x0, :gottprel:a
    ldr x0, [x0, :gottprel_lo12:a]
    ldr w1, [x9, x0]
    cmp w1, 11
    b.ne bad
    // descriptors
    adrp x0, :tlsdesc:b
    ldr x1, [x0, :tlsdesc_lo12:b]
    add x0, x0, :tlsdesc_lo12:b
    .tlsdesccall b
    blr x1
    ldr w1, [x9, x0]
    cmp w1, 22
    b.ne bad
    mov x0, 0
    b exit
bad:
    mov x0, 1
exit:
    mov x8, 93
    svc 0
    .section .tdata, "awT"
    .balign 32
    .globl a, b
a:  .long 1
b:  .long 2
    .section .tbss, "awT", @nobits
    .space 100
    .bss
    .balign 64
block:
    .space 512
