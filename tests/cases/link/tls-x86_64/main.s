// All TLS models end as local exec in a static program: general dynamic, local dynamic, initial
// exec and local exec reach the same variables, checked by running.
//# target: x86_64-unknown-linux-musl
//# args: -static -T link.x
//# compare: rust-lld
//# lld-args: -z norelro
//# differs: symbol __tls_get_addr - nothing calls it any more
//# differs: contents .text - initial exec becomes an addition of a constant, not LEA
//# run: 0
//# check: tls_offset(b) - tls_offset(a) == 4
    .globl _start
_start:
    // The block: copy .tdata in front of the thread pointer.
    leaq block_end(%rip), %rsi
    movq %rsi, (%rsi)
    movl $158, %eax
    movl $0x1002, %edi
    syscall
    movl %fs:a@tpoff, %eax
    leaq block_end(%rip), %rcx
    leaq a@tpoff(%rcx), %rdx
    movl $11, (%rdx)
    movl $22, 4(%rdx)
    // initial exec
    movq a@gottpoff(%rip), %rax
    cmpl $11, %fs:(%rax)
    jne bad
    movq %fs:0, %rax
    addq b@gottpoff(%rip), %rax
    cmpl $22, (%rax)
    jne bad
    // general dynamic
    .byte 0x66
    leaq a@tlsgd(%rip), %rdi
    .value 0x6666
    rex64
    call __tls_get_addr@plt
    cmpl $11, (%rax)
    jne bad
    // local dynamic
    leaq b@tlsld(%rip), %rdi
    call __tls_get_addr@plt
    cmpl $22, b@dtpoff(%rax)
    jne bad
    // descriptors
    leaq b@tlsdesc(%rip), %rax
    call *b@tlscall(%rax)
    movl %fs:(%rax), %eax
    cmpl $22, %eax
    jne bad
    xorl %edi, %edi
    jmp exit
bad:
    movl $1, %edi
exit:
    movl $60, %eax
    syscall
    .section .tdata, "awT"
    .balign 16
    .globl a, b
a:  .long 1
b:  .long 2
    .section .tbss, "awT", @nobits
    .space 100
    .bss
    .balign 64
    .space 512
block_end:
    .quad 0
