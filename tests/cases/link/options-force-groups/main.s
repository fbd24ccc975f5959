// -r --force-group-allocation: members of groups become ordinary sections.
//# args: -r --force-group-allocation
//# shows: -r
//# shows: --force-group-allocation
//# compare: rust-lld
//# no-section: .group
    .section .text.shared, "axG", %progbits, shared, comdat
    .weak shared
shared: .quad 1
    .text
    .quad shared
