// --sort-common: the largest alignment first.
//# args: -T link.x --sort-common
//# shows: --sort-common
//# check: wide == addr(.bss) && middle == wide + 32 && narrow == middle + 4 && size(.bss) == 37
    .text
    .globl start
start: .quad narrow, wide, middle
    .comm narrow, 1, 1
    .comm middle, 4, 4
    .comm wide, 32, 32
