// -z lazy takes back -z now, --no-dynamic-linker takes back --dynamic-linker, --init and --fini name the symbols of
// DT_INIT and DT_FINI.
//# target: x86_64-unknown-linux-musl
//# args: -pie --dynamic-linker=/lib/ld.so --no-dynamic-linker -e start -z now -z lazy --init=first --fini=last
//# shows: --no-dynamic-linker
//# shows: -z lazy
//# shows: --init=first
//# shows: --fini=last
//# check: e_type == 3
    .hidden _DYNAMIC
    .text
    .globl start, first, last
start: leaq _DYNAMIC(%rip), %rax
first: ret
last: ret
    .data
    .quad start
