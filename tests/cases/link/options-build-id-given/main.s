//# args: --build-id=0x0123456789abcdef -e start
//# shows: --build-id=0x0123456789abcdef
//# check: u64(addr(.note.gnu.build-id) + 16) == 0xefcdab8967452301
    .text
    .globl start
start: nop
