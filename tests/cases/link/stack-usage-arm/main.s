// Thumb: interrupts come from the vector table, through aliases of the script, and the stack must
// have room for the entry point and the deepest of them.
//# target: thumbv7m-none-eabi, thumbv6m-none-eabi
//# args: -T link.x --print-stack-usage --gc-sections
//# prints:          320 B  Reset (entry point)
//# prints:          208 B  fault_handler (interrupt)
//# prints:            0 B  DefaultHandler (interrupt)
//# expect-warning: the stack may need 528 B, but there is room for 512 B
//# expect-warning: `Reset` needs 320 B
//# expect-warning: the interrupt `fault_handler` needs 208 B
    .macro function name, bytes=-1
    .section .text.\name, "ax", %progbits
    .globl \name
    .thumb_func
    .type \name, %function
\name:
    .if \bytes >= 0
    .pushsection .stack_sizes, "o", %progbits, .text.\name
    .dc.a \name
    .uleb128 \bytes
    .popsection
    .endif
    .endm

    .section .vector_table, "a", %progbits
    .long _stack_start
    .long Reset
    .section .vector_table.exceptions, "a", %progbits
    .long NMI
    .long HardFault
    function Reset, 16
    push {r4, lr}
    bl main
    function main, 304
    bx lr
    function fault_handler, 8
    bl deeper
    function deeper, 200
    bx lr
    function DefaultHandler, 0
    b DefaultHandler
