// What a shared library says of itself.
//# target: x86_64-unknown-none
//# archive: libm.a = member.o
//# args: -shared main.o -u member libm.a -soname=libx.so --rpath=/a --disable-new-dtags -f aux --filter=fil --audit=aud -P dep -Bsymbolic --hash-style=gnu --exclude-libs=ALL -z global -z globalaudit -z initfirst -z interpose -z loadfltr -z nodefaultlib -z nodelete -z nodlopen -z nodump -z origin -z nodynamic-undefined-weak
//# shows: -shared
//# shows: -soname=libx.so
//# shows: --disable-new-dtags
//# shows: -f aux
//# shows: --filter=fil
//# shows: --audit=aud
//# shows: -P dep
//# shows: -Bsymbolic
//# shows: --hash-style=gnu
//# shows: --exclude-libs=ALL
//# shows: -z global
//# shows: -z globalaudit
//# shows: -z initfirst
//# shows: -z interpose
//# shows: -z loadfltr
//# shows: -z nodefaultlib
//# shows: -z nodelete
//# shows: -z nodlopen
//# shows: -z nodump
//# shows: -z origin
//# shows: -z nodynamic-undefined-weak
//# no-section: .hash
//# present: f member
    .globl f
    .type f, @function
f:
    mov v@GOTPCREL(%rip), %rax
    mov absent@GOTPCREL(%rip), %rcx
    jmp f@PLT

    .weak absent
    .data
    .globl v
    .type v, @object
v:
    .quad v
