.section .text.main,"ax"
.globl main
main:
    ret
.section .progmem.table,"a"
.globl table
table:
    .zero 9000
