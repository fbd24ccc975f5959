.globl _start
_start:
    .long setjmp
    .long printf
    .long malloc
    .long _sbrk
    .long sinf
    .long _putchar
    .long __cxa_throw
    .long __stack_chk_fail
    .long _ZN6Driver4initEv
    .long __udivdi3
    .long _Unwind_Resume
    .long __tls_get_addr
