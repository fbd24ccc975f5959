//# target: armv7-unknown-linux-gnueabihf
//# args: main.o -static
//# compare: rust-lld
//# run: 0
//# stdout: hello
    .globl _start
_start:
    mov r7, #4
    mov r0, #1
    movw r1, #:lower16:message
    movt r1, #:upper16:message
    mov r2, #6
    svc #0
    ldr r1, =counter
    ldr r0, [r1]
    mov r7, #1
    svc #0
    .section .rodata.msg, "a"
message: .ascii "hello\n"
    .data
    .long 1
    .bss
    .balign 4
counter: .long 0
