// --build-id: a note with a hash of the output (sha1: 20 bytes), found through PT_NOTE.
//# args: --build-id=sha1 -e start -T link.x
//# check: size(.note.gnu.build-id) == 36 && u32(addr(.note.gnu.build-id) + 4) == 20
//# check: u64(addr(.note.gnu.build-id) + 16) != 0
//# segments: LOAD r--, LOAD r-x, STACK rw-, NOTE r--
    .text
    .globl start
start: nop
