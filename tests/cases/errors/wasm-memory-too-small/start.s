    .globl _start
_start:
    .functype _start () -> ()
    end_function

    .section .bss.room,"",@
    .globl room
room:
    .skip 200000
    .size room, 200000
    .section .data.table,"",@
    .globl table
table:
    .skip 5000
    .size table, 5000
