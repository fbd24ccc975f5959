// The personality routine of an exception table is another file's function: the table has the address of its PLT entry.
//# target: armv7a-none-eabi
//# first: libx.so = -shared lib.o -soname=libx.so
//# args: main.o libx.so -pie --dynamic-linker=/lib/ld-linux-armhf.so.3
//# check: size(.plt) == 48 && size(.rel.plt) == 8
//# check: (addr(.ARM.extab) + u32(addr(.ARM.extab))) & 0x7fffffff == addr(.plt) + 32
    .syntax unified
    .globl _start
    .type _start, %function
_start:
    .fnstart
    bx lr
    .personality personality
    .handlerdata
    .word 0
    .fnend
