// -z now: DF_BIND_NOW and DF_1_NOW, as start-up code may want to know.
//# target: x86_64-unknown-linux-musl
//# args: -static -pie --dynamic-linker=/lib/ld.so -e start -z now
//# shows: -static
//# shows: -z now
//# check: e_type == 3
    .hidden _DYNAMIC
    .text
    .globl start
start: leaq _DYNAMIC(%rip), %rax
    .data
    .quad start
