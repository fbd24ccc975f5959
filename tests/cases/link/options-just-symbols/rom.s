    .text
    .globl rom_start, rom_function
rom_start: .quad 0
rom_function: .quad rom_local
rom_local: .quad 1
