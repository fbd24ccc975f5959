// STM32H7: five RAMs. Stack and data in DTCM, hot code in ITCM at address 0 with its load image in
// flash, DMA buffers in AXI and D2 RAM that nobody loads or clears, a backup RAM whose contents
// survive, and the second bank of flash for a table.
//# target: thumbv7em-none-eabihf
//# args: -T link.x -T banks.x --gc-sections
//# check: addr(.vector_table) == 0x08000000 && u32(0x08000000) == 0x20020000
//# check: addr(.data) == 0x20000000 && addr(.itcm) == 0 && size(.itcm) == 8 && hot == 1
//# check: load(.itcm) == __sitcm_load && load(.data) == __sidata
//# check: load(.itcm) >= load(.data) + size(.data) && load(.itcm) % 4 == 0
//# check: addr(.axisram) == 0x24000000 && type(.axisram) == 8 && size(.axisram) == 0x8000
//# check: addr(.sram2) == 0x30020000 && type(.sram2) == 8 && dma_buffer % 32 == 0
//# check: addr(.backup) == 0x38800000 && type(.backup) == 8 && boots == 0x38800000
//# check: addr(.bank2) == 0x08100000 && load(.bank2) == 0x08100000 && u32(0x08100000) == 7
//# check: u32(pointers) == hot && u32(pointers + 4) == frame && u32(pointers + 8) == dma_buffer
//# check: __edata == 0x20000000 + size(.data) && _heap_start == 0x24008000
//# compare: rust-lld
    .syntax unified
    .thumb
    .section .vector_table.reset, "a"
    .long Reset
    .section .vector_table.exceptions, "a"
    .rept 14 + 150
    .long Fault
    .endr
    .section .text.Reset, "ax"
    .globl Reset
    .type Reset, %function
    .thumb_func
Reset:
    ldr r0, =pointers
    ldr r1, =state
    ldr r2, =boots
    ldr r3, [r0]
    blx r3
    b.w .
    .section .text.Fault, "ax"
    .type Fault, %function
    .thumb_func
Fault: b.w .
    .section .itcm.hot, "ax"
    .globl hot
    .type hot, %function
    .thumb_func
hot:
    ldr r3, [r0, #4]
    str r3, [r1]
    str r3, [r2]
    bx lr
    .section .rodata.pointers, "a"
    .p2align 2
    .globl pointers
pointers: .long hot, frame, dma_buffer, calibration, _heap_start
    .section .data.state, "aw"
    .p2align 2
state: .long 1, 2
    .section .axisram.frame, "aw", %nobits
    .p2align 5
    .globl frame
frame: .space 0x8000
    .section .sram2.dma, "aw", %nobits
    .p2align 5
    .globl dma_buffer
dma_buffer: .space 512
    .section .backup.boots, "aw", %nobits
    .p2align 2
    .globl boots
boots: .space 4
    .section .bank2.calibration, "a"
    .p2align 2
calibration: .long 7
