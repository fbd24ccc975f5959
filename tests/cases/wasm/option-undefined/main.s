// -u pulls the member that defines a name; whether it stays is up to `--gc-sections`.
//# args: main.o libx.a --no-entry --export=f -u wanted
//# shows: -u wanted
//# archive: libx.a = member.o
//# custom: notes
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
