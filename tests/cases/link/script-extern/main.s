// EXTERN pulls archive members as `-u` does; what nothing defines and nothing refers to is no error.
//# args: main.o libx.a -T link.x --gc-sections
//# archive: libx.a = m.o n.o
//# present: wanted
//# absent: unwanted
//# check: u32(wanted) == 7
//# compare: rust-lld
    .text
    .globl start
start: ret
