// -r --gc-sections keeps what the named symbols need.
//# args: -r --gc-sections -u start -u missing
//# compare: rust-lld
//# present: start needed
//# absent: dead
//# differs: symbol missing - `-u` enters it as undefined, as GNU ld's manual has it
    .section .text.start, "ax"
    .globl start
start: .quad needed
    .section .text.needed, "ax"
    .globl needed
needed: .quad 0
    .section .text.dead, "ax"
    .globl dead
dead: .quad needed, also_missing
    .section .debug_own, "", %progbits
    .quad start
