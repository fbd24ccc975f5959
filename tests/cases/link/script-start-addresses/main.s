// --section-start, -Ttext, -Tdata and -Tbss beat the addresses of a script.
//# args: -T link.x -Ttext=0x5000 -Tbss 0x9000 --section-start=.own=0x7000
//# shows: --section-start=.own=0x7000
//# shows: -Tbss 0x9000
//# check: addr(.text) == 0x5000 && addr(.bss) == 0x9000 && addr(.own) == 0x7000
    .text
    .globl start
start: ret
    .section .own, "a"
    .quad 1
    .bss
    .quad 0
