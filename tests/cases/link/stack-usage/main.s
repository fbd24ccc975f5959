// --print-stack-usage: the deepest chain of calls below the entry point, with the largest functions
// on it, recursion, functions of unknown size, and functions that only data knows.
//# target: riscv32imac-unknown-none-elf, riscv64gc-unknown-none-elf
//# args: -e start --print-stack-usage --gc-sections
//# prints:      unbounded  start (entry point)
//# prints:  recursion through `ping`, `pong`; 1112 B without
//# prints:     1000 B  deep
//# prints:       64 B  middle
//# prints:  no stack size known for `assembler`
//# prints:  plus unknown: 2 functions are reached through pointers; the largest is `virtual` (216 B)
//# prints:           48 B  initialise (initialiser)
//# absent: dead
    .macro function name, bytes=-1
    .section .text.\name, "ax", %progbits
    .globl \name
    .type \name, %function
\name:
    .if \bytes >= 0
    .pushsection .stack_sizes, "o", %progbits, .text.\name
    .dc.a \name
    .uleb128 \bytes
    .popsection
    .endif
    .endm

    function start, 16
    call middle
    call ping
    call assembler
    lui a0, %hi(table)
    function middle, 64
1:  call deep
    j 1b
    function deep, 1000
    // By its address.
    lui a0, %hi(leaf)
    addi a0, a0, %lo(leaf)
    jalr a0
    function leaf, 32
    ret
    function ping, 8
    tail pong
    function pong, 8
    tail ping
    function assembler
    ret
    function virtual, 16
    call below
    ret
    function below, 200
    ret
    function small, 4
    ret
    function initialise, 48
    ret
    function dead, 100000
    call dead

    .section .init_array, "aw", %init_array
    .dc.a initialise
    .section .rodata.table, "a", %progbits
table:
    .dc.a inner
    .section .rodata.inner, "a", %progbits
inner:
    .dc.a virtual
    .dc.a small
