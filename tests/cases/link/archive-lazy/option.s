    .globl by_option
by_option: ret
