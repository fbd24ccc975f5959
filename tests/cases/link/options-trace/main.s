// Reports about inputs: which files, who mentions a symbol, why members were linked.
//# args: main.o libx.a -e start -Ttext=0x1000 -t -y helper --why-extract=why.txt --print-archive-stats=stats.txt --dependency-file=deps.txt
//# shows: -t
//# shows: -y helper
//# shows: --why-extract=why.txt
//# shows: --print-archive-stats=stats.txt
//# shows: --dependency-file=deps.txt
//# archive: libx.a = member.o other.o
//# prints: main.o: reference to helper
//# prints: libx.a(member.o): definition of helper
//# contains: why.txt libx.a(member.o) helper
//# contains: why.txt main.o
//# contains: stats.txt 2 1
//# contains: deps.txt main.o:
    .text
    .globl start
start: .quad helper
