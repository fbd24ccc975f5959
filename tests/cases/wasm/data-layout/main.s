// Alignments, sections of one name in two files, read-only and zero data, ends of everything.
//# args: --no-entry --export=__data_end --export=__heap_base --export=a --export=b --export=c --export=d --export=e --no-gc-sections
//# compare: rust-lld

    .section .data.a,"",@
    .globl a
    .type a,@object
    .p2align 0
a:
    .int8 1
    .size a, 1
    .section .data.b,"",@
    .globl b
    .type b,@object
    .p2align 4
b:
    .int32 3
    .size b, 4
    .section .rodata.d,"",@
    .globl d
    .type d,@object
    .p2align 3
d:
    .int32 3
    .size d, 4
    .section .bss.e,"",@
    .globl e
    .type e,@object
    .p2align 5
e:
    .skip 5
    .size e, 5
