// A section for the stack with a size of its own lies right below the statics; what is left of the
// region is below it. The symbol has another name than the known ones.
//# target: aarch64-unknown-none
//# args: -T link.x --flip-stack=boot_stack_end
//# check: addr(.data) == 0x80000fc0 && addr(.bss) == 0x80000fd0 && size(.bss) == 0x30
//# check: addr(.stack) == 0x80000ec0 && size(.stack) == 0x100
//# check: boot_stack_end == addr(.data) && guard == 0x80000ec0
//# check: u64(start) == boot_stack_end
    .text
    .globl start
start:
    .quad boot_stack_end
    .data
    .balign 64
    .quad 1, 2
    .bss
    .space 0x30
