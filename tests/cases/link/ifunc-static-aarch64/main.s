//# target: aarch64-unknown-linux-musl
//# args: -static
//# run: 42
//# check: __rela_iplt_end - __rela_iplt_start == 24
    .globl _start
_start:
    adrp x19, __rela_iplt_start
    add x19, x19, :lo12:__rela_iplt_start
    adrp x20, __rela_iplt_end
    add x20, x20, :lo12:__rela_iplt_end
1:  cmp x19, x20
    b.eq 2f
    ldr w0, [x19, 8]
    cmp w0, 1032
    b.ne bad
    ldr x0, [x19, 16]
    blr x0
    ldr x1, [x19]
    str x0, [x1]
    add x19, x19, 24
    b 1b
2:  bl which
    mov w21, w0
    adrp x1, pointer
    ldr x1, [x1, :lo12:pointer]
    blr x1
    add w21, w21, w0
    adrp x1, :got:which
    ldr x1, [x1, :got_lo12:which]
    blr x1
    add w0, w21, w0
    b exit
bad:
    mov x0, 1
exit:
    mov x8, 93
    svc 0
    .globl which
    .type which, %gnu_indirect_function
which:
    adrp x0, chosen
    add x0, x0, :lo12:chosen
    ret
    .globl chosen
chosen:
    mov w0, 14
    ret
    .data
pointer: .quad which
