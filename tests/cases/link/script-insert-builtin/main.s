//# target: x86_64-unknown-linux-musl
//# args: -T insert.x -static
//# sections: .text .data .mine .bss
//# check: table_end - table == 8
//# run: 0
    .globl _start
_start:
    movl table(%rip), %edi
    subl $5, %edi
    movl $60, %eax
    syscall
    .section .mine, "aw"
    .long 5
    .long 6
    .data
    .long 1
    .bss
    .long 0
