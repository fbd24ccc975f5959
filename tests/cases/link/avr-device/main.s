// `-mmcu` gives memories, vectors and start code where no script and no object does. The handler that
// is there takes its vector; the others restart the program.
//# target: avr-none
//# rustc: -Ctarget-cpu=atmega328p
//# args: -mmcu=atmega328p --gc-sections
//# shows: -mmcu=atmega328p
//# sections: .text .data .bss .eeprom
//# check: entry == 0 && addr(.data) == 0x800100 && load(.data) == size(.text) && addr(.eeprom) == 0x810000
//# check: u16(0) == 0x940c && u16(2) == __init / 2 && u16(13 * 4 + 2) == __vector_13 / 2
//# check: u16(4 + 2) == __vector_1 / 2 && __vector_1 == __vector_25 && u16(__vector_1) == 0x940c && u16(__vector_1 + 2) == 0
//# check: u16(__init) == 0x2411 && u16(__init + 4) == 0xefcf && u16(__init + 6) == 0xe0d8 && __stack == 0x8008ff
//# check: __data_start == value && __bss_start == cleared && __heap_start == cleared + 2 && u16(value) == 0x1234
//# absent: dead __mulsi3
    .section .text.main, "ax"
    .globl main
main:
    lds r24, value
    sts cleared, r24
    ldi r24, lo8(__heap_start)
    call __mulhi3
    ret
    .section .text.vector, "ax"
    .globl __vector_13
__vector_13:
    reti
    .section .text.dead, "ax"
    .globl dead
dead:
    ret
    .section .data.value, "aw"
    .globl value
value:
    .word 0x1234
    .section .bss.cleared, "aw", @nobits
    .globl cleared
cleared:
    .zero 2
    .section .eeprom, "aw"
    .byte 7
