// -Ttext, -Tdata, -Tbss, --section-start and --image-base without a script.
//# args: -Ttext=0x10000 -Tdata=0x20000 -Tbss 0x30000 --section-start=.mine=0x40000 -e start
//# shows: -Tdata=0x20000
//# check: addr(.text) == 0x10000 && addr(.data) == 0x20000 && addr(.bss) == 0x30000 && addr(.mine) == 0x40000
//# check: entry == start
    .text
    .globl start
start: ret
    .data
    .long 1
    .bss
    .long 0
    .section .mine, "aw"
    .long 2
