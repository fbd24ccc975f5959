// All relocations but those of calls are an IFUNC's: `.dynamic` still says where their table is.
//# target: x86_64-unknown-none
//# first: libx.so = -shared lib.o -soname=libx.so
//# args: main.o libx.so --dynamic-linker=/lib64/ld-linux-x86-64.so.2 --rpath=.
//# check: size(.rela.dyn) == 24
//# run: 42
    .globl _start
_start:
    call chosen
    mov %eax, %edi
    call twice@PLT
    mov %eax, %edi
    mov $60, %eax
    syscall

    .type chosen, @gnu_indirect_function
chosen:
    lea answer(%rip), %rax
    ret
answer:
    mov $21, %eax
    ret
