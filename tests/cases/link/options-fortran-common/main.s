// --no-fortran-common: a common symbol looks for no definition in archives.
//# args: -e start libx.a --no-fortran-common
//# shows: --no-fortran-common
//# archive: libx.a = member.o other.o
//# check: u32(value) == 0
    .text
    .globl start
start: .long value
    .comm value, 4, 4
