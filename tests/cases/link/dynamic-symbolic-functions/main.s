// References of a library to some of its own symbols stay inside.
//# target: x86_64-unknown-none
//# present: f
//# args: -shared main.o -Bsymbolic-functions
//# shows: -Bsymbolic-functions
    .globl f
    .type f, @function
f:
    jmp f@PLT
