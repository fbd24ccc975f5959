//# target: aarch64-unknown-linux-musl
//# args: -static -pie --no-dynamic-linker
//# shows: -pie
//# run: 0
//# check: e_type == 3
    .hidden _DYNAMIC
    .globl _start
_start:
    adrp x19, __ehdr_start
    add x19, x19, :lo12:__ehdr_start
    adrp x20, _DYNAMIC
    add x20, x20, :lo12:_DYNAMIC
    mov x21, 0
1:  ldp x0, x1, [x20], 16
    cbz x0, 2f
    cmp x0, 7
    csel x21, x1, x21, eq
    cmp x0, 8
    csel x22, x1, x22, eq
    b 1b
2:  add x21, x21, x19
    add x22, x21, x22
3:  cmp x21, x22
    b.hs 4f
    ldp x0, x1, [x21]
    ldr x2, [x21, 16]
    cmp w1, 1027
    b.ne bad
    add x2, x2, x19
    str x2, [x0, x19]
    add x21, x21, 24
    b 3b
4:  adrp x0, value
    add x0, x0, :lo12:value
    adrp x1, pointer
    ldr x1, [x1, :lo12:pointer]
    cmp x0, x1
    b.ne bad
    adrp x1, :got:value
    ldr x1, [x1, :got_lo12:value]
    cmp x0, x1
    b.ne bad
    mov x0, 0
    b exit
bad:
    mov x0, 1
exit:
    mov x8, 93
    svc 0
    .data
    .balign 8
    .globl value
value: .quad 5
pointer: .quad value
