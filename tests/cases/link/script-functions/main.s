// The built-in functions, at the top level and in SECTIONS: CONSTANT, LOG2CEIL, MAX, MIN, DEFINED,
// nested conditionals, ALIGN with one and two arguments, SEGMENT_START, SIZEOF_HEADERS, ASSERT.
//# args: -T link.x -z max-page-size=0x4000 -z common-page-size=0x1000
//# shows: -z max-page-size=0x4000
//# check: page == 0x4000 && common == 0x1000 && log == 4 && log0 == 0 && log1 == 0
//# check: most == 9 && least == 0xfffffffffffffff0 && nested == 3 && other == 2
//# check: defined_object == 1 && defined_nothing == 0 && defined_later == 0 && defined_before == 1
//# check: up == 0x2000 && segment == 0x1234 && checked == 0x77 && mega == 0x200000
//# compare: rust-lld
    .text
    .globl start
start: ret
