// INSERT AFTER and BEFORE put sections into another script's layout, or into the built-in one.
//# args: -T base.x -T insert.x
//# sections: .text .before .data .after .bss
//# check: addr(.before) == addr(.text) + size(.text)
//# compare: rust-lld
    .text
    .globl start
start: ret
    .data
    .long 1
    .bss
    .long 0
    .section .before, "aw"
    .long 2
    .section .after, "aw"
    .long 3
