// Commands that change nothing in an image: FORCE_COMMON_ALLOCATION, INHIBIT_COMMON_ALLOCATION,
// FORCE_GROUP_ALLOCATION, LD_FEATURE, CONSTRUCTORS, CREATE_OBJECT_SYMBOLS, ONLY_IF_SPECIAL.
//# args: -T link.x
//# expect-warning: `CREATE_OBJECT_SYMBOLS` has no effect
//# check: common == addr(.bss) && size(.bss) == 8 && addr(.text) == 0x1000
    .text
    .globl start
start: ret
    .comm common, 8, 8
