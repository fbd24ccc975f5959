// -z textoff: relocations may change sections that are not writable, and the dynamic section says so (DT_TEXTREL).
//# target: x86_64-unknown-linux-musl
//# args: -static -pie -e start -z textoff
//# shows: -z textoff
//# check: u64(addr(.dynamic) + 0) == 22 && e_type == 3
    .text
    .globl start
start: nop
    .section .rodata, "a"
    .quad start
