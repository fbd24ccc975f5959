// An unwind record names the personality routine of a library by its address, as code for fixed addresses does: the
// routine has a PLT entry for it.
//# target: x86_64-unknown-none
//# first: libx.so = -shared lib.o -soname=libx.so
//# args: main.o libx.so --dynamic-linker=/lib64/ld-linux-x86-64.so.2 --rpath=. --gc-sections
//# check: size(.plt) == 32
//# run: 0
    .globl _start
    .type _start, @function
_start:
    .cfi_startproc
    .cfi_personality 3, personality
    xor %edi, %edi
    mov $60, %eax
    syscall
    .cfi_endproc
