// NOCROSSREFS forbids references between its sections, NOCROSSREFS_TO those to its first, NOCROSSREFS
// of an OVERLAY those between the overlay's sections.
//# args: -T link.x
//# expect-error: section `.a` refers to `in_b` in section `.b`, which `NOCROSSREFS` forbids
//# expect-error: section `.d` refers to `.c` in section `.c`, which `NOCROSSREFS_TO` forbids
//# expect-error: section `.o1` refers to `in_o2` in section `.o2`, which `OVERLAY : NOCROSSREFS` forbids
    .text
    .globl start
start: ret
    .section .a, "aw"
    .quad in_b
    .section .b, "aw"
    .globl in_b
in_b: .quad start
    .section .c, "aw"
    .quad .d
    .section .d, "aw"
    .quad .c
    .section .o1, "aw"
    .quad in_o2
    .section .o2, "aw"
    .globl in_o2
in_o2: .quad start
