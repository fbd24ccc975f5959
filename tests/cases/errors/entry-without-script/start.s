.section .text.begin,"ax"
.globl begin
begin: nop
