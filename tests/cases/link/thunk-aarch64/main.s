// Calls and jumps beyond 128 MiB go through thunks; the program runs.
//# target: aarch64-unknown-linux-musl
//# args: -static -T link.x
//# run: 7
//# check: far - _start > 0x8000000
//# present: __thunk_far
    .globl _start
_start:
    bl far
    bl far
    mov x8, 93
    svc 0
    .globl near
near:
    add x0, x0, 1
    ret
    .section .far, "ax"
    .globl far
far:
    mov x0, 6
    b near
