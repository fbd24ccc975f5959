.globl _start
.type _start, %function
_start:
    bl _ZN4core9panicking5panic17h0123456789abcdefE
    bl _RNvCs1234_7mycrate3run
    bl setup
    bl memcpy
    bl _defmt_acquire
    bl __aeabi_uidiv
    bl rust_eh_personality
.size _start, . - _start
.section .text.more,"ax",%progbits
.type more, %function
more:
    bl setup
.size more, . - more
