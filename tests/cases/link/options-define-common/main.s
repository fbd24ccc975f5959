// -r -d makes room for common symbols.
//# target: aarch64-unknown-none, x86_64-unknown-none
//# args: -r -d
//# shows: -d
//# check: size(.bss) >= 8
    .text
    .globl start
start: .quad 1
    .comm shared, 8, 8
