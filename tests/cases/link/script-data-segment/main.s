// DATA_SEGMENT_ALIGN, DATA_SEGMENT_RELRO_END and DATA_SEGMENT_END as in default scripts.
//# target: x86_64-unknown-linux-musl
//# args: -T link.x -z max-page-size=0x1000
//# check: addr(.data) % 0x1000 == 0 && end == addr(.bss) + size(.bss)
//# check: addr(.data) >= addr(.relro) + size(.relro)
    .text
    .globl _start
_start:
    movl $60, %eax
    xorl %edi, %edi
    syscall
    .section .relro, "aw"
    .quad 1
    .data
    .quad 2
    .bss
    .quad 0
//# run: 0
