// All objects are made for BTI, one is not for PAC; the entry of an IFUNC begins with a landing pad. (rust-lld of LLVM 22 crashes where there are IFUNCs alone.)
//# target: aarch64-unknown-linux-musl
//# args: -static -z gcs=never
//# shows: -z gcs=never
//# run: 42
//# check: u32(addr(.plt)) == 0xd503245f && size(.plt) == 24
//# check: u32(addr(.note.gnu.property) + 24) == 1
    .globl _start
_start:
    adrp x19, __rela_iplt_start
    add x19, x19, :lo12:__rela_iplt_start
    ldr x0, [x19, 16]
    blr x0
    ldr x1, [x19]
    str x0, [x1]
    adrp x1, pointer
    ldr x1, [x1, :lo12:pointer]
    blr x1
    mov x8, 93
    svc 0
    .globl which
    .type which, %gnu_indirect_function
which:
    bti c
    adrp x0, chosen
    add x0, x0, :lo12:chosen
    ret
    .globl chosen
chosen:
    bti c
    mov w0, 42
    ret
    .data
    .globl pointer
pointer: .quad which
    .section .note.gnu.property, "a", %note
    .p2align 3
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000000, 4, 7, 0
