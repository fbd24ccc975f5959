// What a static linker cannot do is refused by name.
//# target: thumbv7m-none-eabi
//# expect-error: relocation `R_ARM_TLS_GOTDESC` (90) cannot be used in a static link
//# expect-error: compile with a static TLS model
    .text
    .globl _start
    .thumb_func
_start: bx lr
    .balign 4
    .reloc ., R_ARM_TLS_GOTDESC, _start
    .word 0
