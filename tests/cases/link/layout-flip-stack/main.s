// The stack below the statics, by script alone: the region of the statics begins where the stack
// ends, both computed in MEMORY from a symbol that the command line may set. What grows over the
// stack's end leaves RAM and faults, instead of eating statics. Runs: it recurses until it has left RAM.
//# target: thumbv7m-none-eabi
//# args: --defsym=_stack_size=0x800 -T link.x --defsym=_late=_stack_top+0 --gc-sections
//# check: addr(.data) == 0x20000800 && _stack_top == 0x20000800 && _stack_limit == 0x20000000
//# check: u32(0) == _stack_top && load(.data) == addr(.rodata) + size(.rodata)
//# check: addr(.bss) == 0x20000808 && size(.bss) == 256 && _heap_end == 0x20010000 && _stack_size == 0x800
//# compare: rust-lld
//# machine: arm -M lm3s6965evb
//# run: 0
//# stdout: left RAM, data is whole
    .syntax unified
    .thumb
    .section .vectors, "a"
    .long _stack_top, start, fault, fault, fault, fault, fault
    .section .text.start, "ax"
    .globl start
    .type start, %function
    .thumb_func
start:
    ldr r0, =_data_start
    ldr r1, =_data_end
    ldr r2, =_data_load
1:  cmp r0, r1
    beq deeper
    ldr r3, [r2], #4
    str r3, [r0], #4
    b 1b
    .p2align 2
    .thumb_func
deeper:
    push {r0-r7, lr}
    ldr r0, =_stack_limit       // machines here do not fault outside of RAM
    cmp sp, r0
    blo fault
    bl deeper
    .p2align 2
    .thumb_func
fault:
    ldr r0, =_stack_top
    mov sp, r0
    ldr r1, =big
    ldr r1, =canary
    ldr r0, [r1]
    ldr r2, =0x0badcafe
    cmp r0, r2
    bne 1f
    ldr r1, =text
    movs r0, #4
    bkpt #0xab
1:  ldr r1, =ending
    movs r0, #0x20
    bkpt #0xab
    b.w .
    .section .rodata, "a"
    .p2align 2
ending: .long 0x20026, 0
text: .asciz "left RAM, data is whole\n"
    .data
canary: .long 0x0badcafe
    .section .bss.big, "aw", %nobits
big:
    .space 256
