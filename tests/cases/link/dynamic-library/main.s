// A program with a shared library: a function through the PLT, a variable of the library through the GOT and by a word
// in data, and a function of the program that the library calls.
//# target: x86_64-unknown-none
//# first: libx.so = -shared lib.o -soname=libx.so
//# args: main.o libx.so -pie --dynamic-linker=/lib64/../lib64/ld-linux-x86-64.so.2 --rpath=. -z now
//# shows: --dynamic-linker=/lib64/../lib64/ld-linux-x86-64.so.2
//# shows: --rpath=.
//# run: 42
    .globl _start
_start:
    mov counter@GOTPCREL(%rip), %rax
    movl $30, (%rax)
    mov pointer(%rip), %rax
    addl $2, (%rax)
    call work@PLT
    mov %eax, %edi
    mov $60, %eax
    syscall

    .globl mine
    .type mine, @function
mine:
    mov $10, %eax
    ret

    .data
pointer:
    .quad counter
