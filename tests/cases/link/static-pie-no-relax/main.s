// Start-up code calls through the GOT before it has relocated the image (`_start` of glibc's `rcrt1.o`): the call is
// made a direct one, whatever --no-relax says.
//# target: x86_64-unknown-linux-musl
//# args: -static -pie --no-dynamic-linker --no-relax
//# run: 42
    .globl _start
_start:
    .byte 0xff, 0x15
1:  .long 0
    .reloc 1b, R_X86_64_GOTPCRELX, answer - 4
    movl %eax, %edi
    movl $60, %eax
    syscall
    .globl answer
answer:
    movl $42, %eax
    ret
