// --require-defined pulls the member that defines the symbol, and keeps it.
//# args: main.o libx.a -e start --gc-sections --require-defined=needed
//# shows: --require-defined=needed
//# archive: libx.a = member.o
//# present: needed
    .text
    .globl start
start: ret
