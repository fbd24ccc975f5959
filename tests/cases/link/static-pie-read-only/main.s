// An address in a section that is not writable: the program would stop where its start-up code writes there.
//# target: x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
//# args: -static -pie -e start
//# expect-error: against `start` changes a section that is not writable
//# expect-error: main.o (section `.rodata`+0x0)
//# expect-error: -z notext
    .text
    .globl start
start: nop
    .section .rodata, "a"
    .quad start
