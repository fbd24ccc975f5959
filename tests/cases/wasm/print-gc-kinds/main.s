// Dropped globals, tags and tables are listed, too.
//# args: --no-entry --print-gc-sections
//# shows: --print-gc-sections
//# rustc: -Ctarget-feature=+exception-handling,+reference-types
//# prints: main.o:(counter)
//# prints: main.o:(problem)
//# prints: main.o:(handlers)
//# compare: rust-lld

    .globaltype counter, i32
    .globl counter
counter:
    .tagtype problem i32
    .globl problem
problem:
    .tabletype handlers, funcref
    .globl handlers
handlers:
