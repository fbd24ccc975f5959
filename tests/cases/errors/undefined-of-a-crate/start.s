.globl _start
_start:
    .long _RNvMs_NtCs1234_5serde2deNtB4_5Error3new
    .long _ZN12embedded_hal7digital9OutputPin17h0123456789abcdefE
