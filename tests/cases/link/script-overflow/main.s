// A region that is too small is an error that says by how much and names what is largest.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# expect-error: `FLASH`
    .globl start
start:
    .space 200
    .section .rodata.big, "a"
    .space 1000
