// Patterns for files, EXCLUDE_FILE in both places, archives and members, several patterns.
//# args: main.o b.o c.o libx.a -T link.x -u member
//# shows: -T link.x
//# archive: libx.a = m.o
//# bytes: .first = 0b
//# bytes: .second = 0a 0d
//# bytes: .third = 0c 1a 1b
//# bytes: .fourth = 1c 1d
    .section .data.x, "aw"
    .byte 0x0a
    .section .data.y, "aw"
    .byte 0x1a
