    .section .data.wanted, "aw"
    .globl wanted
wanted: .long 7
