// -z start-stop-gc: __start_X keeps no sections; -z start-stop-visibility says who sees it.
//# args: -T link.x --gc-sections -z start-stop-gc -z start-stop-visibility=hidden
//# shows: -z start-stop-gc
//# shows: -z start-stop-visibility=hidden
//# compare: rust-lld
//# check: size(things) == 8
    .section .text, "ax"
    .globl start
start: .quad __start_things, __stop_things, used
    .section things, "a"
    .globl used
used: .quad 1
    .section things, "a", %progbits, unique, 1
unused: .quad 2
