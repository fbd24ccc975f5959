.section .more,"ax",%progbits
.space 64
