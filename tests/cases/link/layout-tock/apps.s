// Two applications as they lie in flash: position independent, each with a header of its own.
    .syntax unified
    .thumb
    .section .app.blink, "a"
    .long 0x00400002, 0x800, entry_blink - header_blink, 0
header_blink = . - 16
    .space 48
    .thumb_func
entry_blink:
    adr r0, blink_text
    bx r1
    .p2align 2
blink_text: .asciz "blink 1\n"

    .section .app.hello, "a"
header_hello:
    .long 0x00400002, 0x800, entry_hello - header_hello, 0
    .space 48
    .thumb_func
entry_hello:
    adr r0, hello_text
    bx r1
    .p2align 2
hello_text: .asciz "hello 2\n"
