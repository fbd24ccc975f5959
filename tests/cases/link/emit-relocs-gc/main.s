// --emit-relocs beside --gc-sections: what refers to dropped code says R_AARCH64_NONE.
//# args: -T link.x --emit-relocs --gc-sections
//# shows: --emit-relocs
//# absent: dead
//# check: size(.rela.debug_own) == 48 && size(.rela.text) == 24
    .text
    .globl start
start:
    .long needed - .
    .section .text.needed, "ax"
    .globl needed
needed: .long 0
    .section .text.dead, "ax"
    .globl dead
dead: .quad needed
    .section .debug_own, "", %progbits
    .quad dead, needed
