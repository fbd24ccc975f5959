// --orphan-handling=discard leaves out what no rule names, =warn and =error say so.
//# args: -T link.x --orphan-handling=warn
//# shows: --orphan-handling=warn
//# expect-warning: no rule of the script places section `.extra`
//# sections: .extra .text
    .text
    .globl start
start: ret
    .section .extra, "a"
    .quad 1
