// SIZEOF_HEADERS makes room for the headers in front of the first section, so that they are loaded.
//# target: x86_64-unknown-linux-musl
//# args: -T link.x
//# check: addr(.text) == 0x400000 + headers && u32(0x400000) == 0x464c457f
//# run: 0
    .text
    .globl _start
_start:
    movl $60, %eax
    xorl %edi, %edi
    syscall
