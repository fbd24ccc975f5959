    .section .data.unwanted, "aw"
    .globl unwanted
unwanted: .long 8
