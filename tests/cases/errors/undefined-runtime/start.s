.globl _start
_start:
    .long main
    .long __pre_init
    .long DefaultHandler
    .long HardFault
    .long _stack_start
    .long __sbss
    .long __INTERRUPTS
    .long Reset
