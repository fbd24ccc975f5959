// x86-64: a call pushes 8 bytes, and a call of a local function may name its section.
//# target: x86_64-unknown-none
//# args: -e start --print-stack-usage --gc-sections
//# prints:          168 B  start (entry point)
//# prints:      120 B  hidden
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

    function start, 24
    call .text.hidden + 4
    jmp *start@GOTPCREL(%rip)
    .section .text.hidden, "ax"
    .nops 4
    .type hidden, @function
hidden:
    call leaf@PLT
    ret
    .section .stack_sizes, "o", @progbits, .text.hidden
    .quad hidden
    .uleb128 120
    function leaf, 0
1:  jmp leaf
