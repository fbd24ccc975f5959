// GNU ld's keyword: the note says so, without a word on the objects.
//# target: x86_64-unknown-none
//# args: -z ibt
//# shows: -z ibt
//# check: u32(addr(.note.gnu.property) + 24) == 1
    .globl _start
_start: ret
