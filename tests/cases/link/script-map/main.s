// A map has the assignments and data commands of a script where they stand, as rust-lld's has.
//# target: aarch64-unknown-none, thumbv7m-none-eabi
//# args: -T link.x -Map=out.map
//# contains: out.map . = ALIGN(16)
//# compare: rust-lld
//# map: out.map

    .text
    .globl start
start:
    nop

    .data
    .globl table
table:
    .long start
    .long wanted
