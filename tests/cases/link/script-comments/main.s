// Comments, `#` to the end of a line, a byte order mark, numbers in all their forms, names in quotes.
//# args: -T link.x
//# expect-warning: `010` is octal: 8
//# check: a == 16 && b == 8 && c == 31 && d == 1024 && e == 0x300000 && f == 15 && g == 5
//# check: h-i == 3 && addr(.text) == 0x1000
    .text
    .globl start
start: ret
