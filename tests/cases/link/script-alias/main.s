// A symbol that is assigned another one and nothing else is of its type; with arithmetic it is not.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# check: kind(alias) == 2 && kind(moved) == 0 && kind(provided) == 2 && alias == handler
//# check: u32(table) == handler && u32(table + 4) == handler && handler & 1 == 1
//# compare: rust-lld
    .text
    .globl handler, start
    .thumb_func
start: bl alias
    .type handler, %function
    .thumb_func
handler: bx lr
    .data
    .globl table
table: .long alias, provided
