// Libraries that nothing refers to are left out on demand; a program for fixed addresses has a copy of a variable, and
// the address of a function is the same in all files.
//# target: x86_64-unknown-none
//# first: libidle.so = -shared idle.o -soname=libidle.so
//# first: libx.so = -shared lib.o -soname=libx.so
//# archive: libboth.a = both.o
//# first: libboth.so = -shared idle.o -soname=libboth.so
//# args: main.o --as-needed libidle.so --no-as-needed libx.so -Bstatic -lboth -Bdynamic -lx --dynamic-linker=/lib64/ld-linux-x86-64.so.2 --rpath=. -z nocopyreloc -z copyreloc
//# shows: --as-needed
//# shows: -Bstatic
//# shows: -Bdynamic
//# shows: -z copyreloc
//# run: 42
    .globl _start
_start:
    mov variable, %edi
    call both
    lea f(%rip), %rcx
    cmp %rcx, address(%rip)
    jne 1f
    call ask@PLT
    cmp %rcx, %rax
    jne 1f
    add $1, %edi
1:
    mov $60, %eax
    syscall

    .data
address:
    .quad f
