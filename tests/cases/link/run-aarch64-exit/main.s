//# target: aarch64-unknown-linux-musl
//# args: main.o -static
//# compare: rust-lld
//# run: 0
//# stdout: hello
    .globl _start
_start:
    mov x8, 64
    mov x0, 1
    adrp x1, message
    add x1, x1, :lo12:message
    mov x2, 6
    svc 0
    adrp x1, counter
    ldr w0, [x1, :lo12:counter]
    mov x8, 93
    svc 0
    .section .rodata.msg, "a"
message: .ascii "hello\n"
    .data
    .long 1
    .bss
    .balign 4
counter: .long 0
