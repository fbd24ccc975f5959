// What a symbol of a script belongs to: the section whose description it stands in, the one before it
// between sections, none at the top level; `.` and ADDR are relative, ABSOLUTE and LOADADDR are not,
// numbers are numbers, differences too. Symbol tables carry the section, so lld's say the same.
//# args: -T link.x
//# check: inside == addr(.data) && number == 5 && absolute == addr(.data) + 8 && between == 0x2010
//# check: section(inside) == index(.data) && section(number) == 0xfff1 && section(absolute) == 0xfff1
//# check: section(plus) == index(.data) && plus == addr(.data) + 12 && length == 16
//# check: section(length) == 0xfff1 && section(top) == 0xfff1 && section(address) == index(.data)
//# check: section(negative) == 0xfff1 && section(aligned) == index(.data) && aligned == 0x2040
//# check: section(chosen) == index(.data) && section(largest) == index(.data)
//# compare: rust-lld
//# differs: symbol aligned - ALIGN stays in its section, as in GNU ld; in lld it is a number
//# differs: symbol largest - MAX gives the chosen side as it is; in lld it is a number
    .text
    .globl start
start: ret
    .data
    .quad 1, 2
