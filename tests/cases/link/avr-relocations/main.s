// Every relocation of AVR that lld knows too: data addresses lose the offset of their memory, program
// addresses count words.
//# target: avr-none
//# rustc: -Ctarget-cpu=atmega2560
//# args: -T link.x
//# compare: rust-lld
//# check: u16(words) == 0x104 && u16(words + 2) == far / 2 && u32(words + 4) == 0x800104
//# check: u8(words + 8) == 0x42 && u8(words + 9) == 0x04 && u8(words + 10) == 0x01 && u8(words + 11) == 0x80
    .section .text.start, "ax"
    .globl start
start:
    breq start
    brne next
    rjmp start
    rcall far
    jmp far
    call start
next:
    ldi r24, number
    ldi r24, lo8(value)
    ldi r24, hi8(value)
    ldi r24, hh8(value)
    ldi r24, hhi8(value)
    ldi r24, lo8(-(value))
    ldi r24, hi8(-(value))
    ldi r24, hh8(-(value))
    ldi r24, hhi8(-(value))
    ldi r24, pm_lo8(far)
    ldi r24, pm_hi8(far)
    ldi r24, pm_hh8(far)
    ldi r24, pm_lo8(-(far))
    ldi r24, pm_hi8(-(far))
    ldi r24, pm_hh8(-(far))
    ldi r24, lo8_gs(far)
    ldi r24, hi8_gs(far)
    ldd r8, Y+small
    adiw r24, small
    in r1, port
    out port, r1
    sbi low_port, 1
    lds r24, value
    sts value, r24
    .section .text.far, "ax"
    .globl far
far:
    ret
    .section .data.words, "aw"
    .globl words
words:
    .word value
    .word gs(far)
    .long value
    .byte number
    .byte lo8(value)
    .byte hi8(value)
    .byte hlo8(value)
    .section .data.value, "aw"
    .globl value
value:
    .word 0
