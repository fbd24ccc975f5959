//# target: aarch64-unknown-none
//# args: -z force-bti -z pac-plt -z bti-report=none -z gcs=always
//# shows: -z force-bti
//# shows: -z gcs=always
//# shows: -z pac-plt
//# expect-warning: `main.o` is not marked as made for BTI (`-z force-bti`)
//# expect-warning: `main.o` is not marked as made for PAC (`-z pac-plt`)
//# expect-warning: `main.o` is not marked as made for GCS (`-z gcs`)
//# check: u32(addr(.note.gnu.property) + 24) == 7
//# compare: rust-lld
    .globl _start
_start: ret
