// A position-independent executable that wants a dynamic linker.
//# args: -e start -pie --no-dynamic-linker --dynamic-linker=/lib/ld.so
//# shows: --dynamic-linker=/lib/ld.so
//# expect-error: dynamically linked executables are not supported yet
    .text
    .globl start
start: ret
