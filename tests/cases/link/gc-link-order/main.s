// Metadata lives and dies with the section it is linked to (SHF_LINK_ORDER), and follows its order.
//# args: --gc-sections -T link.x -e f2
//# check: size(.text) == 8 && size(.meta) == 16
//# check: u64(addr(.meta)) == f1 && u64(addr(.meta) + 8) == f2
//# compare: rust-lld
//# absent: f3
    .section .text.f1, "ax"
    .globl f1
f1: ret
    .section .text.f2, "ax"
    .globl f2
f2: b f1
    .section .text.f3, "ax"
    .globl f3
f3: ret
    .section .meta, "ao", %progbits, f2
    .quad f2
    .section .meta, "ao", %progbits, f3, unique, 1
    .quad f3
    .section .meta, "ao", %progbits, f1, unique, 2
    .quad f1
