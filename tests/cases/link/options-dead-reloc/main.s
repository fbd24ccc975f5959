// -z dead-reloc-in-nonalloc: what references to dropped code read as.
//# args: -T link.x --gc-sections -z dead-reloc-in-nonalloc=.debug_*=0xff -z dead-reloc-in-nonalloc=.debug_own=0x1234
//# shows: -z dead-reloc-in-nonalloc=.debug_*=0xff
//# compare: rust-lld
//# bytes: .debug_own = 34 12 00 00 00 00 00 00
//# bytes: .debug_other = ff 00 00 00 00 00 00 00
    .text
    .globl start
start: .quad 0
    .section .text.dead, "ax"
dead: .quad 0
    .section .debug_own, "", %progbits
    .quad dead
    .section .debug_other, "", %progbits
    .quad dead
