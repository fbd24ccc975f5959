// Options mark an image for what its objects are not marked for.
//# target: x86_64-unknown-none
//# args: -z force-ibt -z shstk -z ibt
//# shows: -z force-ibt
//# shows: -z shstk
//# expect-warning: `main.o` is not marked as made for IBT (`-z force-ibt`)
//# check: u32(addr(.note.gnu.property) + 24) == 3
//# compare: rust-lld
    .globl _start
_start: ret
