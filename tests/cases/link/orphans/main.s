// Orphans go beside sections of their kind, in front of or behind them as lld has it, and take the
// symbol assignments that follow into account.
//# args: -T link.x
//# compare: rust-lld
//# differs: segments - no RELRO unless it is asked for
//# check: etext == addr(.text) + size(.text)
    .text
    .globl start
start: ret
    .section .text.hot, "ax"
    ret
    .section orphan_code, "ax"
    ret
    .section .rodata.x, "a"
    .quad 1
    .section orphan_ro, "a"
    .quad 2
    .section orphan_note, "a", %note
    .long 4, 0, 1
    .asciz "abc"
    .data
    .quad 3
    .section orphan_data, "aw"
    .quad 4
    .section orphan_bss, "aw", %nobits
    .quad 0
    .bss
    .quad 0
    .section .tdata, "awT"
    .quad 5
    .section .data.rel.ro, "aw"
    .quad 6
    .section orphan_text_data, "awx"
    .quad 7
    .section .comment.mine
    .quad 8
    .section .init_array.5, "aw", %init_array
    .quad 9
