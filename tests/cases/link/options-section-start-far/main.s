// Sections of one kind that are placed far from each other have LOADs of their own: the distance is not in the file.
//# target: x86_64-unknown-linux-musl
//# args: -static --section-start=.far=0x10000000 --section-start=.farther=0x20000000 --section-start=.last=0x60000000
//# run: 42
//# check: addr(.far) == 0x10000000 && addr(.farther) == 0x20000000 && addr(.last) == 0x60000000
//# check: offset(.far) < 0x10000 && offset(.farther) < 0x10000 && offset(.last) < 0x10000
    .globl _start
_start:
    movl far(%rip), %edi
    addl farther(%rip), %edi
    addl last(%rip), %edi
    movl $60, %eax
    syscall
    .section .rodata, "a"
    .long 1
    .section .far, "a"
far: .long 20
    .section .farther, "a"
farther: .long 20
    .data
    .long 1
    .section .last, "aw"
last: .long 2
