// The last one of these options counts.
//# target: x86_64-unknown-none
//# present: f
//# args: -shared main.o -Bsymbolic -Bno-symbolic --disable-new-dtags --enable-new-dtags --rpath=/x
//# shows: -Bno-symbolic
//# shows: --enable-new-dtags
    .globl f
    .type f, @function
f:
    jmp f@PLT
