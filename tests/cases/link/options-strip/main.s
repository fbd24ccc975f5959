// -s drops the symbol table, -S debug information alone, -x local symbols, -X assembler-local ones.
//# args: -x -e start
//# shows: -x
//# present: start
//# absent: local .Lassembler
//# no-section: nothing
    .text
    .globl start
start: nop
local: nop
.Lassembler:
    nop
