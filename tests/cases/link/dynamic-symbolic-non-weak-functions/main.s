// References of a library to some of its own symbols stay inside.
//# target: x86_64-unknown-none
//# present: f
//# args: -shared main.o -Bsymbolic-non-weak-functions
//# shows: -Bsymbolic-non-weak-functions
    .globl f
    .type f, @function
f:
    jmp f@PLT
