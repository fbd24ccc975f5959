// Sections that hold nothing disappear; those with symbols, data or a moved location stay; ADDR and
// SIZEOF of those that are gone are the place and 0.
//# args: -T link.x
//# sections: .text .symbol .moved .data
//# check: in_symbol == addr(.text) + 4 && size(.moved) == 8 && gone_size == 0
//# compare: rust-lld
    .text
    .globl start
start: ret
    .data
    .long 1
