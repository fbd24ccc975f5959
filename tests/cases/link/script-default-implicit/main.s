// So does one that is given like an object, as build scripts may do.
//# args: --default-script=board.x main.o own.ld
//# check: addr(.text) == 0x9000 && entry == own
//# absent: of_the_board
    .text
    .globl own
own: ret
