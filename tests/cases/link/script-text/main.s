// ASCIZ, ASCII with and without a size, escapes, SQUAD, and LINKER_VERSION, which is off unless an
// option asks for it.
//# args: -T link.x
//# bytes: .s = 61 62 00 63 64 65 00 00 00 41 0a 09 5c 00
//# bytes: .q = ff ff ff ff ff ff ff ff 05 00 00 00 00 00 00 00
//# check: version_start == version_end
    .text
    .globl start
start: ret
