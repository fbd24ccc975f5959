// What cannot be expanded is an error with the section, the file and what is wrong.
//# target: aarch64-unknown-none
//# args: -T link.x
//# expect-error: section `.debug_bomb` of `main.o` cannot be expanded: 0xffffffffff bytes cannot be in 0x4 compressed ones
//# expect-error: section `.debug_cut` of `main.o` cannot be expanded: its header is cut off
//# expect-error: section `.debug_form` of `main.o` cannot be expanded: its format 7 is unknown
    .text
    .globl start
start: .word 0x1234
    .section .debug_bomb, "0x800", %progbits
    .4byte 2, 0
    .8byte 0xffffffffff, 1
    .4byte 0
    .section .debug_cut, "0x800", %progbits
    .4byte 1
    .section .debug_form, "0x800", %progbits
    .4byte 7, 0
    .8byte 4, 1
    .4byte 0
