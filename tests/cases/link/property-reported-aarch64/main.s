//# target: aarch64-unknown-none
//# args: -z bti-report=warning -z gcs-report=warning
//# shows: -z bti-report=warning
//# shows: -z gcs-report=warning
//# expect-warning: `main.o` is not marked as made for BTI (`-z bti-report`)
//# expect-warning: `main.o` is not marked as made for GCS (`-z gcs-report`)
//# check: u32(addr(.note.gnu.property) + 24) == 2
//# compare: rust-lld
    .globl _start
_start: ret
    .section .note.gnu.property, "a", %note
    .p2align 3
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000000, 4, 2, 0
