    .section .data.strong, "aw"
    .globl picked
picked: .quad 2
    .comm shared, 32, 8
    .globl defined
    .type defined, %object
    .size defined, 8
defined: .quad 9
